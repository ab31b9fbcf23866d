#ifndef MLBUILD_CKERNELS_H
#define MLBUILD_CKERNELS_H

#include <stddef.h>

#include "CDesign.h"
#include "CElementary.h"
#include "CFloats.h"
#include "CHistogram.h"
#include "CLogistic.h"
#include "CSparse.h"

// The two things that Swift cannot say: one source compiled for several instruction sets, and threads that wait
// for work. Numerics documents what each call means; Specs/determinism.md is the contract on its bits.

/// The instruction sets that the kernels are compiled for. A higher one is never slower and gives the same bits.
enum ck_variant {
    CK_BASELINE = 0,
    CK_AVX2 = 1,
    CK_AVX512 = 2,
};

/// The highest variant that this processor runs.
int ck_best_variant(void);

/// The variant in use; at first the best one.
int ck_active_variant(void);

/// Puts a variant into use, at most the best one. All give the same bits, so this may happen at any time.
void ck_set_active_variant(int variant);

/// Sum of `count` numbers: 16 lanes, then a fixed tree.
double ck_sum(const double *values, size_t count);

/// Sum of the products of two vectors of `count` numbers; each product is rounded.
double ck_dot(const double *left, const double *right, size_t count);

/// Sum of the squares of `values[i] - center`.
double ck_squared_deviations(const double *values, double center, size_t count);

/// `result[r]` is the dot product of row `r` of `matrix` (rows, columns) with `vector` (columns).
void ck_rows_dot(const double *matrix, size_t rows, size_t columns, const double *vector, double *result);

/// `result` (rows, width) is `left` (rows, depth) times `right` (depth, width); each element is one chain over depth.
/// The leading dimension of every matrix is its width. `panel` has room for `depth * 16` numbers.
void ck_multiply(
    const double *left, size_t rows, size_t depth, const double *right, size_t width, double *result, double *panel);

/// `result[i * result_stride + j]` is the sum over rows of `left[r, i] * right[r, j]`, one chain over rows, from zero.
///
/// `left` is (rows, left_width), `right` is (rows, right_width). With `upper` set only elements whose tile touches
/// j >= i are computed.
void ck_outer(
    const double *left, size_t left_width, const double *right, size_t right_width, size_t rows, int upper,
    double *result, size_t result_stride);

/// A part of a loop: the body for the indices from `lower` to `upper`, the latter not included.
typedef void (*ck_loop_body)(const void *context, size_t lower, size_t upper);

/// Runs `body` over 0..<count in chunks on up to `threads` threads, the caller's among them, and waits for all.
///
/// Safe from any number of threads at once; a call from inside a body runs on its own thread alone.
void ck_parallel(size_t count, size_t chunk, size_t threads, ck_loop_body body, const void *context);

#endif
