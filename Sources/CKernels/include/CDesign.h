#ifndef MLBUILD_CDESIGN_H
#define MLBUILD_CDESIGN_H

#include <stddef.h>

/// A column of numbers, and what they are measured by.
struct ck_column {
    const double *numbers;
    double mean, deviation;
};

/// For the rows from `lower` to `upper`, the latter not included, `to[(row - lower) * stride + c]` is (number - mean) / deviation of
/// column c, at most `furthest` in size, and 0 where that is no number.
void ck_standardise(
    const struct ck_column *columns, size_t count, size_t lower, size_t upper, double furthest, double *to, size_t stride);

#endif
