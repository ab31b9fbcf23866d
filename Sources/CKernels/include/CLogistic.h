#ifndef MLBUILD_CLOGISTIC_H
#define MLBUILD_CLOGISTIC_H

#include <stddef.h>
#include <stdint.h>

/// The rows that are added at once.
enum { CK_LOGISTIC_ROWS = 32 };

/// The distance of two rows of `width` numbers, one of them a last 1 that is not kept: whole vectors.
size_t ck_logistic_stride(size_t width);

/// The numbers that the sums of some rows need room for, with their curvature or without.
size_t ck_logistic_room(size_t width, int curvature);

/// Begins what some rows add to a logistic loss of two classes, to its gradient and, if that is wanted, to its curvature.
///
/// `weights` is (width), the last one the intercept. `room` begins with the place for `CK_LOGISTIC_ROWS` rows, which is all zeros then.
void ck_logistic_begin(double *room, size_t width, const double *weights, int curvature);

/// Adds `rows` rows, at most `CK_LOGISTIC_ROWS`, which stand at the beginning of `room`.
///
/// `codes` is (rows), each 0 or 1; `row_weights` is (rows) or null where all count 1; `losses` gets the loss of each row. A score has
/// the shape of a reduction; each sum is one chain over the rows, from zero.
void ck_logistic_add(
    double *room, size_t rows, size_t width, int curvature, const int32_t *codes, const double *row_weights, double *losses);

/// The sums of column times residual, (width), and if they are wanted the upper half of those of (column * share) * column,
/// (width, width).
void ck_logistic_end(const double *room, size_t width, double *gradient, double *curvature);

#endif
