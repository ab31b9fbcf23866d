#include "CElementary.h"
#include "CKernels.h"
#include "elementary.h"

#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF
// Wide vectors cross functions only where those are always inlined, so that no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

struct elementary {
    void (*doubles[CK_FUNCTION_COUNT])(const double *, double *, size_t);
    void (*floats[CK_FUNCTION_COUNT])(const float *, float *, size_t);
    void (*pow)(const double *, const double *, double *, size_t);
    void (*float_pow)(const float *, const float *, float *, size_t);
};

// The bits of 2/pi behind 64 zeros.
static const uint64_t two_over_pi[20] = {
    0,
    0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561, 0xB7246E3A424DD2E0,
    0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484, 0xE99C7026B45F7E41, 0x3991D639835339F4,
    0x9C845F8BBDF9283B, 0x1FF897FFDE05980F, 0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7, 0x4F463F669E5FEA2D,
    0x7527BAC7EBE5F17B, 0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB,
};

// x is m 2^e with an integer m of 53 bits. Bits of 2/pi that make multiples of 4 quadrants are left out; of the next 192 the
// product with m has 2 bits before the point and 190 behind it, wrong by less than 2^-137. No double is nearer than 2^-62 to
// a multiple of pi/2 but zero, so that 75 bits of the remainder are right.
struct elementary_angle elementary_large_angle(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int negative = (int)(bits >> 63);
    uint64_t m = (bits & 0xFFFFFFFFFFFFF) | 0x10000000000000;
    unsigned first = (unsigned)((bits >> 52 & 0x7FF) - 1075 - 2 + 64);
    const uint64_t *word = two_over_pi + first / 64;
    unsigned shift = first % 64;
    uint64_t window[3];
    for (int i = 0; i < 3; i++) window[i] = shift ? word[i] << shift | word[i + 1] >> (64 - shift) : word[i];
    unsigned __int128 low = (unsigned __int128)window[2] * m;
    unsigned __int128 middle = (unsigned __int128)window[1] * m + (uint64_t)(low >> 64);
    uint64_t p[3] = {window[0] * m + (uint64_t)(middle >> 64), (uint64_t)middle, (uint64_t)low};

    long quadrant = (long)(p[0] >> 62);
    p[0] = p[0] << 2 | p[1] >> 62;
    p[1] = p[1] << 2 | p[2] >> 62;
    p[2] <<= 2;
    // To the nearest quadrant.
    if (p[0] >> 63) {
        quadrant++;
        negative ^= 1;
        p[2] = ~p[2] + 1;
        p[1] = ~p[1] + (p[2] == 0);
        p[0] = ~p[0] + (p[2] == 0 && p[1] == 0);
    }
    if (bits >> 63) quadrant = -quadrant;
    int scale = 0;
    while (p[0] == 0 && scale < 128) {
        p[0] = p[1], p[1] = p[2], p[2] = 0;
        scale += 64;
    }
    int zeros = p[0] ? __builtin_clzll(p[0]) : 0;
    if (zeros) {
        p[0] = p[0] << zeros | p[1] >> (64 - zeros);
        p[1] = p[1] << zeros | p[2] >> (64 - zeros);
    }
    scale += zeros;
    // A fraction of a quadrant in two doubles, each an integer of 53 bits times a power of two.
    uint64_t powers[2] = {(uint64_t)(1023 - 53 - scale) << 52, (uint64_t)(1023 - 106 - scale) << 52};
    double factors[2];
    memcpy(factors, powers, sizeof factors);
    double high = (double)(p[0] >> 11) * factors[0];
    double rest = (double)((p[0] & 0x7FF) << 42 | p[1] >> 22) * factors[1];

    // Times pi/2; the first product exactly, its factors split in halves of 26 bits.
    const double half_turn = 0x1.921fb54442d18p+0, half_turn_low = 0x1.1a62633145c07p-54;
    double wide = high * 0x1.0000002p+27, other = half_turn * 0x1.0000002p+27;
    double a = wide - (wide - high), b = other - (other - half_turn);
    double a_low = high - a, b_low = half_turn - b;
    double product = high * half_turn;
    double lost = (((a * b - product) + a * b_low) + a_low * b) + a_low * b_low;
    double tail = lost + (high * half_turn_low + rest * half_turn);
    double sum = product + tail;
    double low_part = (product - sum) + tail;
    if (negative) sum = -sum, low_part = -low_part;
    return (struct elementary_angle){quadrant, sum, low_part};
}

// Two lanes fill the smallest register, which is quicker than one.
#define NAME(name) single_##name
#define LANES 2
#include "elementary-lanes.h"
#include "elementary-float-lanes.h"
#include "elementary-end.h"

#define NAME(name) baseline_##name
#define LANES 8
#include "elementary-lanes.h"
#include "elementary-float-lanes.h"
#include "elementary-body.h"
#include "elementary-end.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(name) avx2_##name
#define LANES 16
#include "elementary-lanes.h"
#include "elementary-float-lanes.h"
#include "elementary-body.h"
#include "elementary-end.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define NAME(name) avx512_##name
#define LANES 32
#include "elementary-lanes.h"
#include "elementary-float-lanes.h"
#include "elementary-body.h"
#include "elementary-end.h"
#pragma clang attribute pop

static const struct elementary *const variants[] = {&baseline_elementary, &avx2_elementary, &avx512_elementary};

#else

static const struct elementary *const variants[] = {&baseline_elementary};

#endif

void ck_map(enum ck_function function, const double *from, double *to, size_t count) {
    variants[ck_active_variant()]->doubles[function](from, to, count);
}

void ck_map_float(enum ck_function function, const float *from, float *to, size_t count) {
    variants[ck_active_variant()]->floats[function](from, to, count);
}

void ck_map_pow(const double *bases, const double *exponents, double *to, size_t count) {
    variants[ck_active_variant()]->pow(bases, exponents, to, count);
}

void ck_map_float_pow(const float *bases, const float *exponents, float *to, size_t count) {
    variants[ck_active_variant()]->float_pow(bases, exponents, to, count);
}

double ck_sin(double x) {
    return single_sin(x)[0];
}

double ck_cos(double x) {
    return single_cos(x)[0];
}

double ck_pow(double x, double y) {
    return single_pow(x, y)[0];
}

#define SINGLE_FLOAT(name)                                                                                                  \
    float ck_float_##name(float x) {                                                                                        \
        return (float)single_plain(single_short_##name((double)x))[0];                                                      \
    }

SINGLE_FLOAT(exp)
SINGLE_FLOAT(expm1)
SINGLE_FLOAT(log)
SINGLE_FLOAT(log1p)
SINGLE_FLOAT(tanh)
SINGLE_FLOAT(sigmoid)
SINGLE_FLOAT(softplus)
SINGLE_FLOAT(sin)
SINGLE_FLOAT(cos)

float ck_float_pow(float x, float y) {
    return (float)single_plain(single_short_pow((double)x, (double)y))[0];
}
