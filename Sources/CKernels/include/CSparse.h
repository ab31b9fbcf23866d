#ifndef MLBUILD_CSPARSE_H
#define MLBUILD_CSPARSE_H

#include <stddef.h>
#include <stdint.h>

/// The width to which the rows of the right matrix are padded: a power of two up to 16, or a multiple of 16.
size_t ck_sparse_width(size_t width);

/// `result` (rows, width) is a sparse matrix times `right` (its columns, width padded by `ck_sparse_width`).
///
/// The entries of row r are `starts[r]` to `starts[r + 1]`, the latter not included. Each element is one chain over them
/// from +0; a term is the rounded product.
void ck_sparse_multiply(
    const ptrdiff_t *starts, size_t rows, const int32_t *indices, const double *values, const double *right, size_t width,
    double *result);

#endif
