#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF
// Wide vectors cross functions only where those are always inlined, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

typedef double v8 __attribute__((ext_vector_type(8)));

typedef void (*standardise)(const struct ck_column *, size_t, size_t, size_t, double, double *, size_t);

#define NAME(name) baseline_##name
#include "design-body.h"
#undef NAME

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(name) avx2_##name
#include "design-body.h"
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define NAME(name) avx512_##name
#include "design-body.h"
#undef NAME
#pragma clang attribute pop

static const standardise variants[] = {baseline_standardise, avx2_standardise, avx512_standardise};

#else

static const standardise variants[] = {baseline_standardise};

#endif

void ck_standardise(
    const struct ck_column *columns, size_t count, size_t lower, size_t upper, double furthest, double *to, size_t stride) {
    variants[ck_active_variant()](columns, count, lower, upper, furthest, to, stride);
}
