#include "CKernels.h"

#include <stdatomic.h>

#pragma STDC FP_CONTRACT OFF
// Wide vectors cross functions only where those are always inlined, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

typedef double v2 __attribute__((ext_vector_type(2)));
typedef double v4 __attribute__((ext_vector_type(4)));
typedef double v8 __attribute__((ext_vector_type(8)));
typedef double v16 __attribute__((ext_vector_type(16)));

typedef long long m16 __attribute__((ext_vector_type(16)));

struct kernels {
    double (*sum)(const double *, size_t);
    double (*dot)(const double *, const double *, size_t);
    double (*squared_deviations)(const double *, double, size_t);
    void (*rows_dot)(const double *, size_t, size_t, const double *, double *);
    void (*multiply)(const double *, size_t, size_t, const double *, size_t, double *, double *);
    void (*outer)(const double *, size_t, const double *, size_t, size_t, int, double *, size_t);
    void (*sparse_multiply)(
        const ptrdiff_t *, size_t, const int32_t *, const double *, const double *, size_t, double *);
};

#define NAME(name) baseline_##name
#include "kernels-body.h"
#undef NAME

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(name) avx2_##name
#include "kernels-body.h"
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define NAME(name) avx512_##name
#include "kernels-body.h"
#undef NAME
#pragma clang attribute pop

static const struct kernels *const variants[] = {&baseline_kernels, &avx2_kernels, &avx512_kernels};

int ck_best_variant(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw"))
        return CK_AVX512;
    // A processor with AVX2 alone counts as baseline: the kernels on Float need both.
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? CK_AVX2 : CK_BASELINE;
}

#else

static const struct kernels *const variants[] = {&baseline_kernels};

int ck_best_variant(void) {
    return CK_BASELINE;
}

#endif

// Not yet chosen while negative. Relaxed order is enough: whichever variant a thread sees gives the same bits.
static atomic_int active = -1;

int ck_active_variant(void) {
    int variant = atomic_load_explicit(&active, memory_order_relaxed);
    if (variant < 0) {
        variant = ck_best_variant();
        atomic_store_explicit(&active, variant, memory_order_relaxed);
    }
    return variant;
}

void ck_set_active_variant(int variant) {
    int best = ck_best_variant();
    if (variant < 0) variant = CK_BASELINE;
    atomic_store_explicit(&active, variant > best ? best : variant, memory_order_relaxed);
}

static const struct kernels *current(void) {
    return variants[ck_active_variant()];
}

double ck_sum(const double *values, size_t count) {
    return current()->sum(values, count);
}

double ck_dot(const double *left, const double *right, size_t count) {
    return current()->dot(left, right, count);
}

double ck_squared_deviations(const double *values, double center, size_t count) {
    return current()->squared_deviations(values, center, count);
}

void ck_rows_dot(const double *matrix, size_t rows, size_t columns, const double *vector, double *result) {
    current()->rows_dot(matrix, rows, columns, vector, result);
}

void ck_multiply(
    const double *left, size_t rows, size_t depth, const double *right, size_t width, double *result, double *panel) {
    current()->multiply(left, rows, depth, right, width, result, panel);
}

void ck_outer(
    const double *left, size_t left_width, const double *right, size_t right_width, size_t rows, int upper, double *result,
    size_t result_stride) {
    current()->outer(left, left_width, right, right_width, rows, upper, result, result_stride);
}

size_t ck_sparse_width(size_t width) {
    if (width > 16) return (width + 15) / 16 * 16;
    size_t wide = 1;
    while (wide < width) wide *= 2;
    return wide;
}

void ck_sparse_multiply(
    const ptrdiff_t *starts, size_t rows, const int32_t *indices, const double *values, const double *right, size_t width,
    double *result) {
    current()->sparse_multiply(starts, rows, indices, values, right, width, result);
}
