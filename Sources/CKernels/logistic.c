#include "CKernels.h"
#include "elementary.h"

#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF
// Wide vectors cross functions only where those are always inlined, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

typedef double v2 __attribute__((ext_vector_type(2)));
typedef double v4 __attribute__((ext_vector_type(4)));
typedef double v8 __attribute__((ext_vector_type(8)));
typedef double v16 __attribute__((ext_vector_type(16)));

// Where the parts of the room begin. What is added at once stays in the nearest cache.
struct room {
    size_t padded;
    double *plain, *scaled, *weights, *slopes, *sums, *intercept, *scores, *residuals, *shares, *losses, *products;
    // The sums of the column of ones.
    double *last;
};

static inline struct room parts(double *room, size_t width) {
    struct room r;
    r.padded = ck_logistic_stride(width);
    r.plain = room;
    r.scaled = r.plain + CK_LOGISTIC_ROWS * r.padded;
    r.weights = r.scaled + CK_LOGISTIC_ROWS * r.padded;
    r.slopes = r.weights + r.padded;
    r.sums = r.slopes + r.padded;
    r.intercept = r.sums + r.padded;
    r.scores = r.intercept + 16;
    r.residuals = r.scores + CK_LOGISTIC_ROWS;
    r.shares = r.residuals + CK_LOGISTIC_ROWS;
    r.losses = r.shares + CK_LOGISTIC_ROWS;
    r.last = r.losses + CK_LOGISTIC_ROWS;
    r.products = r.last + 16;
    return r;
}

size_t ck_logistic_stride(size_t width) {
    return (width - 1 + 15) / 16 * 16;
}

size_t ck_logistic_room(size_t width, int curvature) {
    size_t padded = ck_logistic_stride(width);
    return 2 * CK_LOGISTIC_ROWS * padded + 3 * padded + 32 + 4 * CK_LOGISTIC_ROWS + (curvature ? padded * padded : 0);
}

void ck_logistic_begin(double *room, size_t width, const double *weights, int curvature) {
    struct room r = parts(room, width);
    memset(room, 0, ck_logistic_room(width, curvature) * sizeof(double));
    memcpy(r.weights, weights, (width - 1) * sizeof(double));
    r.intercept[(width - 1) % 16] = weights[width - 1];
}

void ck_logistic_end(const double *room, size_t width, double *gradient, double *curvature) {
    struct room r = parts((double *)room, width);
    const size_t columns = width - 1;
    memcpy(gradient, r.slopes, columns * sizeof(double));
    gradient[columns] = r.last[0];
    if (!curvature) return;
    for (size_t i = 0; i < columns; i++) {
        memcpy(curvature + i * width + i, r.products + i * r.padded + i, (columns - i) * sizeof(double));
        curvature[i * width + columns] = r.sums[i];
    }
    curvature[columns * width + columns] = r.last[1];
}

typedef void (*add)(double *, size_t, size_t, int, const int32_t *, const double *, double *);

// A tile of sums has TILE_ROWS times TILE_VECTORS registers of type TILE; which elements lie in one tile changes no bit.
#define NAME(name) logistic_baseline_##name
#define LANES 8
#define TILE v2
#define TILE_ROWS 4
#define TILE_VECTORS 2
#include "elementary-lanes.h"
#include "logistic-body.h"
#include "elementary-end.h"
#undef TILE
#undef TILE_ROWS
#undef TILE_VECTORS

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(name) logistic_avx2_##name
#define LANES 16
#define TILE v4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#include "elementary-lanes.h"
#include "logistic-body.h"
#include "elementary-end.h"
#undef TILE
#undef TILE_ROWS
#undef TILE_VECTORS
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define NAME(name) logistic_avx512_##name
#define LANES 32
#define TILE v8
#define TILE_ROWS 8
#define TILE_VECTORS 2
#include "elementary-lanes.h"
#include "logistic-body.h"
#include "elementary-end.h"
#undef TILE
#undef TILE_ROWS
#undef TILE_VECTORS
#pragma clang attribute pop

static const add variants[] = {logistic_baseline_add, logistic_avx2_add, logistic_avx512_add};

#else

static const add variants[] = {logistic_baseline_add};

#endif

void ck_logistic_add(
    double *room, size_t rows, size_t width, int curvature, const int32_t *codes, const double *row_weights, double *losses) {
    variants[ck_active_variant()](room, rows, width, curvature, codes, row_weights, losses);
}
