#include "CKernels.h"

#include <string.h>

struct tree_kernels {
    void (*histogram)(
        const uint8_t *, size_t, const int32_t *, size_t, size_t, const uint64_t *, struct ck_packing, const int64_t *, size_t,
        uint64_t *, struct ck_pair *);
    void (*pairs_add)(struct ck_pair *, const struct ck_pair *, size_t);
    void (*pairs_subtract)(struct ck_pair *, const struct ck_pair *, size_t);
    void (*bins)(const double *, size_t, const double *, uint8_t, uint8_t *);
};

#define NAME(name) baseline_##name
#include "histogram-body.h"
#undef NAME

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(name) avx2_##name
#include "histogram-body.h"
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define NAME(name) avx512_##name
#include "histogram-body.h"
#undef NAME
#pragma clang attribute pop

static const struct tree_kernels *const variants[] = {&baseline_tree_kernels, &avx2_tree_kernels, &avx512_tree_kernels};

#else

static const struct tree_kernels *const variants[] = {&baseline_tree_kernels};

#endif

static const struct tree_kernels *current(void) {
    return variants[ck_active_variant()];
}

void ck_histogram(
    const uint8_t *codes, size_t width, const int32_t *rows, size_t first, size_t count, const uint64_t *words,
    struct ck_packing packing, const int64_t *offsets, size_t features, uint64_t *packed, struct ck_pair *sums) {
    current()->histogram(codes, width, rows, first, count, words, packing, offsets, features, packed, sums);
}

void ck_pairs_add(struct ck_pair *sums, const struct ck_pair *others, size_t count) {
    current()->pairs_add(sums, others, count);
}

void ck_pairs_subtract(struct ck_pair *sums, const struct ck_pair *others, size_t count) {
    current()->pairs_subtract(sums, others, count);
}

void ck_bins(const double *values, size_t count, const double *thresholds, uint8_t missing, uint8_t *codes) {
    current()->bins(values, count, thresholds, missing, codes);
}

size_t ck_part(
    const uint8_t *column, const uint8_t *goes_left, const int32_t *rows, size_t count, int32_t *left, int32_t *right) {
    size_t lefts = 0;
    // Every row is written to both sides and one side moves on: which one cannot be guessed, so nothing branches.
    for (size_t place = 0; place < count; place++) {
        int32_t row = rows[place];
        size_t goes = goes_left[column[row]];
        right[place - lefts] = row;
        left[lefts] = row;
        lefts += goes;
    }
    return lefts;
}

void ck_interleave(const uint8_t *const *columns, size_t count, size_t width, size_t first, size_t rows, uint8_t *codes) {
    enum { BLOCK = 256 };
    for (size_t lower = first; lower < first + rows; lower += BLOCK) {
        size_t upper = lower + BLOCK < first + rows ? lower + BLOCK : first + rows;
        for (size_t part = 0; part < width; part += 8) {
            for (size_t row = lower; row < upper; row++) {
                uint64_t eight = 0;
                for (size_t column = part; column < part + 8 && column < count; column++)
                    eight |= (uint64_t)columns[column][row] << (column - part) * 8;
                memcpy(codes + row * width + part, &eight, 8);
            }
        }
    }
}

void ck_sort(double *values, double *scratch, size_t count) {
    enum { BITS = 11, PASSES = 6, SIZE = 1 << BITS };
    static const uint64_t sign = (uint64_t)1 << 63;
    uint32_t counts[PASSES][SIZE];
    if (count >> 32) return;
    memset(counts, 0, sizeof counts);
    uint64_t *from = (uint64_t *)values, *to = (uint64_t *)scratch;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, values + i, 8);
        // Negative numbers ascend as their bits descend.
        uint64_t key = bits & sign ? ~bits : bits | sign;
        memcpy(values + i, &key, 8);
        for (int pass = 0; pass < PASSES; pass++) counts[pass][key >> pass * BITS & (SIZE - 1)]++;
    }
    for (int pass = 0; pass < PASSES; pass++) {
        uint32_t *starts = counts[pass], next = 0;
        int is_one_digit = 0;
        for (int digit = 0; digit < SIZE; digit++) {
            uint32_t here = starts[digit];
            is_one_digit |= here == count;
            starts[digit] = next;
            next += here;
        }
        if (is_one_digit) continue;
        for (size_t i = 0; i < count; i++) {
            uint64_t key;
            memcpy(&key, from + i, 8);
            memcpy(to + starts[key >> pass * BITS & (SIZE - 1)]++, &key, 8);
        }
        uint64_t *other = from;
        from = to;
        to = other;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t key;
        memcpy(&key, from + i, 8);
        uint64_t bits = key & sign ? key & ~sign : ~key;
        memcpy(values + i, &bits, 8);
    }
}
