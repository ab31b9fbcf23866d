#ifndef MLBUILD_CFLOATS_H
#define MLBUILD_CFLOATS_H

#include <stddef.h>

// Kernels on Float. Like those on Double they give the same bits in every variant; Specs/determinism.md is the contract.
// A result that is not a number is the NaN 0x7FC00000.

/// One factor of a product: element (i, k) is `base[outer(i) + depth(k)]`.
///
/// An offset is taken from its table where there is one, else it is the index times the step.
struct ck_float_factor {
    const float *base;
    const ptrdiff_t *outer_offsets;
    ptrdiff_t outer_step;
    const ptrdiff_t *depth_offsets;
    ptrdiff_t depth_step;
};

/// `result` (rows, columns; `result_step` numbers from row to row) is `left` times `right`.
///
/// The outer index of `left` is the row, that of `right` the column. Each element is one chain of fused
/// multiply-adds over the depth, ascending, from +0 or, with `adding` set, from the element's old value.
struct ck_float_product {
    size_t rows, columns, depth;
    struct ck_float_factor left, right;
    float *result;
    size_t result_step;
    int adding;
};

/// Computes the product on the caller's thread.
void ck_float_multiply(const struct ck_float_product *product);

#endif
