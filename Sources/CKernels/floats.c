// The kernels on Float for each instruction set, and the choice among them.

#include "CKernels.h"
#include "float-scratch.h"

#pragma STDC FP_CONTRACT OFF
// Wide vectors cross functions only where those are always inlined, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float f4 __attribute__((ext_vector_type(4)));
typedef float f16 __attribute__((ext_vector_type(16)));
typedef int i16 __attribute__((ext_vector_type(16)));

struct float_kernels {
    void (*multiply)(const struct ck_float_product *);
};

#define TILE_COLUMNS (16 * TILE_VECTORS)
#define BLOCK_COLUMNS 3072

#if defined(__x86_64__)
#include "float-fused.h"
#define NAME(name) baseline_##name
#define FUSED(a, b, c) fused(a, b, c)
#define TILE_ROWS 4
#define TILE_VECTORS 1
#define TILE_UNROLL 1
#define BLOCK_ROWS 240
#define BLOCK_DEPTH 384
#include "floats-body.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(name) avx2_##name
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_UNROLL 4
#define BLOCK_ROWS 240
#define BLOCK_DEPTH 384
#include "floats-body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)
#define NAME(name) avx512_##name
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TILE_ROWS 12
#define TILE_VECTORS 2
#define TILE_UNROLL 4
#define BLOCK_ROWS 240
#define BLOCK_DEPTH 384
#include "floats-body.h"
#pragma clang attribute pop

static const struct float_kernels *const variants[] = {&baseline_float_kernels, &avx2_float_kernels, &avx512_float_kernels};

#else

#define NAME(name) baseline_##name
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define TILE_UNROLL 4
#define BLOCK_ROWS 240
#define BLOCK_DEPTH 384
#include "floats-body.h"

static const struct float_kernels *const variants[] = {&baseline_float_kernels};

#endif

static const struct float_kernels *current(void) {
    return variants[ck_active_variant()];
}

void ck_float_multiply(const struct ck_float_product *product) {
    current()->multiply(product);
}
