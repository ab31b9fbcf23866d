#ifndef MLBUILD_CHISTOGRAM_H
#define MLBUILD_CHISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

// What growing trees over binned rows spends its time on. All of it is integers, so no order can change a bit.

/// How the derivatives of a row lie in a word of 64 bits: the first one (signed) from bit `gradient_shift` on, the second from
/// `count_bits` on, below it a 1 that counts the row. The sum of up to `2^count_bits - 1` words overflows no part.
struct ck_packing {
    unsigned gradient_shift;
    unsigned count_bits;
    /// In sums of all rows the second derivative begins here.
    unsigned total_count_bits;
};

/// Sums of rows: `gradient`, and the second derivatives above the number of rows.
struct ck_pair {
    int64_t gradient;
    int64_t second;
};

/// Sums words of rows by bin, for the features of a group.
///
/// `codes` is (rows of the table, width), the bins of each row; width is 8, 16, 24 or 32. The rows are those in `rows`, or, where
/// it is null, the `count` rows from `first` on; `words` has one for each row of the table. Feature f of the `features` has the bins
/// from `offsets[f]` to `offsets[f + 1]` of `sums`, which are overwritten. `packed` is room for width * 256 words, all zero
/// before and after.
void ck_histogram(
    const uint8_t *codes, size_t width, const int32_t *rows, size_t first, size_t count, const uint64_t *words,
    struct ck_packing packing, const int64_t *offsets, size_t features, uint64_t *packed, struct ck_pair *sums);

/// Adds `count` pairs to others, or takes them away.
void ck_pairs_add(struct ck_pair *sums, const struct ck_pair *others, size_t count);
void ck_pairs_subtract(struct ck_pair *sums, const struct ck_pair *others, size_t count);

/// Parts rows by their bins in a column: those with `goes_left[bin]` of 1 to `left`, others to `right`, each in their order.
///
/// `left` may be `rows`. Both have room for `count` numbers. Gives the number of rows that went left.
size_t ck_part(
    const uint8_t *column, const uint8_t *goes_left, const int32_t *rows, size_t count, int32_t *left, int32_t *right);

/// The bin of each number: how many of 255 ascending `thresholds` are below it, or `missing` for NaN.
void ck_bins(const double *values, size_t count, const double *thresholds, uint8_t missing, uint8_t *codes);

/// Puts the `count` columns of a group side by side: `codes` becomes (rows, width), zero where there is no column.
void ck_interleave(const uint8_t *const *columns, size_t count, size_t width, size_t first, size_t rows, uint8_t *codes);

/// Sorts numbers, none of them NaN; -0 comes before 0. `scratch` has room for as many.
void ck_sort(double *values, double *scratch, size_t count);

#endif
