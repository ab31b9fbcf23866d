// The kernels on Float for each instruction set, and the choice among them.

#include "CKernels.h"
#include "float-scratch.h"

#pragma STDC FP_CONTRACT OFF
// Wide vectors cross functions only where those are always inlined, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float f2 __attribute__((ext_vector_type(2)));
typedef float f4 __attribute__((ext_vector_type(4)));
typedef float f8 __attribute__((ext_vector_type(8)));
typedef float f16 __attribute__((ext_vector_type(16)));
typedef int i16 __attribute__((ext_vector_type(16)));

struct float_kernels {
    void (*multiply)(const struct ck_float_product *);
    void (*softmax)(float *, size_t, size_t, const int *, float *);
    void (*log_softmax)(float *, size_t, size_t);
    void (*column_sums)(const float *, size_t, size_t, float *);
    void (*add_bias)(float *, size_t, size_t, const float *, int);
    void (*relu)(float *, size_t);
    void (*relu_gradient)(float *, const float *, size_t);
    void (*accumulate)(float *, const float *, size_t);
    void (*adam)(const struct ck_float_adam *, float *, const float *, float *, float *, size_t);
    void (*momentum)(const struct ck_float_momentum *, float *, const float *, float *, size_t);
    void (*scattered_product)(const struct ck_float_scattered_product *);
    void (*max_pool)(const struct ck_float_pool *, const float *, float *, unsigned char *);
    void (*max_pool_gradient)(const struct ck_float_pool *, const float *, const unsigned char *, float *);
    void (*mean_pool)(const struct ck_float_pool *, const float *, float *);
    void (*mean_pool_gradient)(const struct ck_float_pool *, const float *, float *);
};

#define TILE_COLUMNS (16 * TILE_VECTORS)
#define BLOCK_COLUMNS 3072
// What a narrow product turns at once.
#define TURNED_ROWS 12
#define TURNED_COLUMNS 256

#if defined(__x86_64__)
#include "float-fused.h"
#define NAME(name) baseline_##name
#define FUSED(a, b, c) fused(a, b, c)
#define TILE_ROWS 4
#define TILE_VECTORS 1
#define TILE_UNROLL 1
#define BLOCK_ROWS 144
#define BLOCK_DEPTH 512
#include "floats-body.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(name) avx2_##name
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_UNROLL 4
#define BLOCK_ROWS 144
#define BLOCK_DEPTH 512
#include "floats-body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)
#define NAME(name) avx512_##name
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define TILE_UNROLL 4
#define BLOCK_ROWS 144
#define BLOCK_DEPTH 512
#include "floats-body.h"
#pragma clang attribute pop

static const struct float_kernels *const variants[] = {&baseline_float_kernels, &avx2_float_kernels, &avx512_float_kernels};

#else

#define NAME(name) baseline_##name
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_UNROLL 4
#define BLOCK_ROWS 144
#define BLOCK_DEPTH 512
#include "floats-body.h"

static const struct float_kernels *const variants[] = {&baseline_float_kernels};

#endif

static const struct float_kernels *current(void) {
    return variants[ck_active_variant()];
}

void ck_float_multiply(const struct ck_float_product *product) {
    current()->multiply(product);
}

void ck_float_softmax(float *x, size_t rows, size_t columns, const int *labels, float *losses) {
    current()->softmax(x, rows, columns, labels, losses);
}

void ck_float_log_softmax(float *x, size_t rows, size_t columns) {
    current()->log_softmax(x, rows, columns);
}

void ck_float_column_sums(const float *x, size_t rows, size_t columns, float *sums) {
    current()->column_sums(x, rows, columns, sums);
}

void ck_float_add_bias(float *x, size_t rows, size_t columns, const float *bias, int relu) {
    current()->add_bias(x, rows, columns, bias, relu);
}

void ck_float_relu(float *x, size_t count) {
    current()->relu(x, count);
}

void ck_float_relu_gradient(float *gradient, const float *result, size_t count) {
    current()->relu_gradient(gradient, result, count);
}

void ck_float_accumulate(float *to, const float *from, size_t count) {
    current()->accumulate(to, from, count);
}

void ck_float_adam(
    const struct ck_float_adam *by, float *weights, const float *gradient, float *first, float *second, size_t count) {
    current()->adam(by, weights, gradient, first, second, count);
}

void ck_float_momentum(
    const struct ck_float_momentum *by, float *weights, const float *gradient, float *velocity, size_t count) {
    current()->momentum(by, weights, gradient, velocity, count);
}

void ck_float_multiply_scattered(const struct ck_float_scattered_product *product) {
    current()->scattered_product(product);
}

void ck_float_max_pool(const struct ck_float_pool *pool, const float *image, float *result, unsigned char *taps) {
    current()->max_pool(pool, image, result, taps);
}

void ck_float_max_pool_gradient(
    const struct ck_float_pool *pool, const float *gradient, const unsigned char *taps, float *image) {
    current()->max_pool_gradient(pool, gradient, taps, image);
}

void ck_float_mean_pool(const struct ck_float_pool *pool, const float *image, float *result) {
    current()->mean_pool(pool, image, result);
}

void ck_float_mean_pool_gradient(const struct ck_float_pool *pool, const float *gradient, float *image) {
    current()->mean_pool_gradient(pool, gradient, image);
}
