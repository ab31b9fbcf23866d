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

/// Room for `count` numbers, the thread's own until its next call of this; other kernels leave it alone. Never NULL.
float *ck_float_memory(size_t count);

/// Each row of `x` (rows, columns) becomes its softmax. With `labels`, the columns of the right answers, `losses[r]` is
/// the negative logarithm of the probability of row r's; without, both are NULL.
void ck_float_softmax(float *x, size_t rows, size_t columns, const int *labels, float *losses);

/// Each row of `x` (rows, columns) becomes the logarithms of its softmax.
void ck_float_log_softmax(float *x, size_t rows, size_t columns);

/// `sums[c]` is the sum of column c of `x` (rows, columns), one chain from zero over the rows; a NaN may be any.
void ck_float_column_sums(const float *x, size_t rows, size_t columns, float *sums);

/// Adds `bias` (columns) to each row of `x` (rows, columns); with `relu` set what is not above zero becomes zero.
void ck_float_add_bias(float *x, size_t rows, size_t columns, const float *bias, int relu);

/// What is not above zero becomes zero; a NaN stays.
void ck_float_relu(float *x, size_t count);

/// `gradient[i]` becomes zero where `result[i]`, that of the rectifier, is not above zero.
void ck_float_relu_gradient(float *gradient, const float *result, size_t count);

/// `to[i]` becomes `to[i] + from[i]`.
void ck_float_accumulate(float *to, const float *from, size_t count);

/// The numbers of one step of Adam; Numerics.Adam says what they are.
struct ck_float_adam {
    float keep_first, add_first, keep_second, add_second, scale_second, epsilon, step, keep_weight, penalty;
};

/// One step of Adam: weights, and the running means of the gradient and of its square.
void ck_float_adam(
    const struct ck_float_adam *by, float *weights, const float *gradient, float *first, float *second, size_t count);

/// The numbers of one step of gradient descent with momentum.
struct ck_float_momentum {
    float rate, momentum, penalty;
    int looks_ahead;
};

/// One step of gradient descent with momentum.
void ck_float_momentum(
    const struct ck_float_momentum *by, float *weights, const float *gradient, float *velocity, size_t count);

/// What the windows of images give to the pixels that they lie over: row r and tap t add to the `channels` numbers at
/// `images + places[r] + tap_places[t]` the products of row r of `gradient` (rows, filters) and of the rows of tap t in
/// `weights` (taps, channels, filters).
///
/// Tap t of row r is at no other place than any tap of another row unless the earlier row has the later tap.
struct ck_float_scattered_product {
    size_t rows, filters, taps, channels;
    const float *gradient, *weights;
    const ptrdiff_t *places, *tap_places;
    float *images;
};

/// Each product is one chain of fused multiply-adds over the filters from +0; for each pixel they are added in the order
/// of the rows. At least one filter.
void ck_float_multiply_scattered(const struct ck_float_scattered_product *product);

/// Square windows inside an image of (height, width, channels), each `stride` pixels from the next; size at most 16.
struct ck_float_pool {
    size_t height, width, channels, size, stride, output_height, output_width;
};

/// The largest value of each window and channel, and at which of the window's pixels, by rows, it stands first.
void ck_float_max_pool(const struct ck_float_pool *pool, const float *image, float *result, unsigned char *taps);

/// The gradient of the image: that of each result is added where its value came from, windows in order.
void ck_float_max_pool_gradient(
    const struct ck_float_pool *pool, const float *gradient, const unsigned char *taps, float *image);

/// The mean of each window and channel: the sum from zero in the order of the pixels, divided by their number.
void ck_float_mean_pool(const struct ck_float_pool *pool, const float *image, float *result);

/// The gradient of the image: a share of that of each result is added to all its pixels, windows in order.
void ck_float_mean_pool_gradient(const struct ck_float_pool *pool, const float *gradient, float *image);

#endif
