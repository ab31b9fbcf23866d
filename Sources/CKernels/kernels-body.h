// The kernels, included once for each instruction set with NAME(x) giving each its own names.
//
// DETERMINISM: every variant does the same IEEE-754 operations in the same order. The vectors are 16 numbers wide
// everywhere; a machine with shorter registers uses several. Nothing here is contracted or reordered.

static inline __attribute__((always_inline)) v16 NAME(load)(const double *from) {
    v16 value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

static inline __attribute__((always_inline)) v16 NAME(load_part)(const double *from, size_t count) {
    v16 value = (v16)(0.0);
    __builtin_memcpy(&value, from, count * sizeof(double));
    return value;
}

// All ones in the first `count` lanes, else zeros.
static inline __attribute__((always_inline)) m16 NAME(mask)(size_t count) {
    const m16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return (m16)(lane < (long long)count);
}

// The lanes in `mask` of 16 numbers that may all be read.
static inline __attribute__((always_inline)) v16 NAME(load_masked)(const double *from, m16 mask) {
    return (v16)((m16)NAME(load)(from) & mask);
}

static inline __attribute__((always_inline)) double NAME(tree)(v16 lanes) {
    v8 eight = lanes.lo + lanes.hi;
    v4 four = eight.lo + eight.hi;
    v2 two = four.lo + four.hi;
    return two[0] + two[1];
}

static double NAME(sum)(const double *values, size_t count) {
    v16 lanes = (v16)(0.0);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) lanes += NAME(load)(values + i);
    // A lane is never -0, so that adding the padding's +0 changes nothing.
    if (i < count) lanes += NAME(load_part)(values + i, count - i);
    return NAME(tree)(lanes);
}

static inline __attribute__((always_inline)) double NAME(dot_inline)(const double *left, const double *right, size_t count) {
    v16 lanes = (v16)(0.0);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) lanes += NAME(load)(left + i) * NAME(load)(right + i);
    if (i < count) lanes += NAME(load_part)(left + i, count - i) * NAME(load_part)(right + i, count - i);
    return NAME(tree)(lanes);
}

static double NAME(dot)(const double *left, const double *right, size_t count) {
    return NAME(dot_inline)(left, right, count);
}

static double NAME(squared_deviations)(const double *values, double center, size_t count) {
    v16 lanes = (v16)(0.0);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        v16 distance = NAME(load)(values + i) - center;
        lanes += distance * distance;
    }
    // The padding would be `center` away from itself only if it were loaded as `center`.
    if (i < count) {
        v16 part = (v16)(0.0);
        for (size_t lane = 0; i + lane < count; lane++) part[lane] = values[i + lane] - center;
        lanes += part * part;
    }
    return NAME(tree)(lanes);
}

static void NAME(rows_dot)(const double *matrix, size_t rows, size_t columns, const double *vector, double *result) {
    size_t whole = columns / 16 * 16, part = columns - whole;
    // Near the end of the matrix a load of 16 numbers would leave it.
    size_t safe = rows;
    while (part != 0 && safe > 0 && (safe - 1) * columns + whole + 16 > rows * columns) safe--;
    v16 last = NAME(load_part)(vector + whole, part);
    m16 mask = NAME(mask)(part);
    for (size_t row = 0; row < safe; row++) {
        const double *from = matrix + row * columns;
        v16 lanes = (v16)(0.0);
        for (size_t i = 0; i < whole; i += 16) lanes += NAME(load)(from + i) * NAME(load)(vector + i);
        if (part) lanes += NAME(load_masked)(from + whole, mask) * last;
        result[row] = NAME(tree)(lanes);
    }
    for (size_t row = safe; row < rows; row++) result[row] = NAME(dot_inline)(matrix + row * columns, vector, columns);
}

// Four rows of `left` times one panel of 16 columns; `height` and `width` say how much of the tile is stored.
static inline __attribute__((always_inline)) void NAME(multiply_tile)(
    const double *left, size_t depth, const double *panel, size_t height, double *result, size_t stride, size_t width) {
    const double *a[4];
    for (size_t i = 0; i < 4; i++) a[i] = left + (i < height ? i : 0) * depth;
    v16 c0 = (v16)(0.0), c1 = c0, c2 = c0, c3 = c0;
    for (size_t k = 0; k < depth; k++) {
        v16 b = NAME(load)(panel + k * 16);
        c0 += b * a[0][k];
        c1 += b * a[1][k];
        c2 += b * a[2][k];
        c3 += b * a[3][k];
    }
    v16 tile[4] = {c0, c1, c2, c3};
    for (size_t i = 0; i < height; i++) __builtin_memcpy(result + i * stride, &tile[i], width * sizeof(double));
}

static void NAME(multiply)(
    const double *left, size_t rows, size_t depth, const double *right, size_t width, double *result, double *panel) {
    for (size_t column = 0; column < width; column += 16) {
        size_t part = width - column < 16 ? width - column : 16;
        for (size_t k = 0; k < depth; k++) {
            v16 b = NAME(load_part)(right + k * width + column, part);
            __builtin_memcpy(panel + k * 16, &b, sizeof b);
        }
        for (size_t row = 0; row < rows; row += 4) {
            size_t height = rows - row < 4 ? rows - row : 4;
            NAME(multiply_tile)(left + row * depth, depth, panel, height, result + row * width + column, width, part);
        }
    }
}

static inline __attribute__((always_inline)) void NAME(outer_tile)(
    const double *left, size_t left_width, const double *right, size_t right_width, size_t rows, size_t safe, size_t height,
    size_t width, double *result, size_t stride) {
    size_t i1 = height > 1 ? 1 : 0, i2 = height > 2 ? 2 : 0, i3 = height > 3 ? 3 : 0;
    v16 c0 = (v16)(0.0), c1 = c0, c2 = c0, c3 = c0;
    if (width == 16) {
        for (size_t row = 0; row < rows; row++) {
            const double *a = left + row * left_width;
            v16 b = NAME(load)(right + row * right_width);
            c0 += b * a[0];
            c1 += b * a[i1];
            c2 += b * a[i2];
            c3 += b * a[i3];
        }
    } else {
        m16 mask = NAME(mask)(width);
        for (size_t row = 0; row < rows; row++) {
            const double *a = left + row * left_width;
            const double *from = right + row * right_width;
            v16 b = row < safe ? NAME(load_masked)(from, mask) : NAME(load_part)(from, width);
            c0 += b * a[0];
            c1 += b * a[i1];
            c2 += b * a[i2];
            c3 += b * a[i3];
        }
    }
    v16 tile[4] = {c0, c1, c2, c3};
    for (size_t i = 0; i < height; i++) __builtin_memcpy(result + i * stride, &tile[i], width * sizeof(double));
}

static void NAME(outer)(
    const double *left, size_t left_width, const double *right, size_t right_width, size_t rows, int upper, double *result,
    size_t stride) {
    for (size_t column = 0; column < right_width; column += 16) {
        size_t width = right_width - column < 16 ? right_width - column : 16;
        // Rows from which 16 numbers may be read without leaving the matrix.
        size_t safe = rows;
        while (safe > 0 && (safe - 1) * right_width + column + 16 > rows * right_width) safe--;
        for (size_t i = 0; i < left_width; i += 4) {
            if (upper && column + width <= i) break;
            size_t height = left_width - i < 4 ? left_width - i : 4;
            NAME(outer_tile)(
                left + i, left_width, right + column, right_width, rows, safe, height, width,
                result + i * stride + column, stride);
        }
    }
}

#include "sparse-body.h"

static const struct kernels NAME(kernels) = {
    .sum = NAME(sum),
    .dot = NAME(dot),
    .squared_deviations = NAME(squared_deviations),
    .rows_dot = NAME(rows_dot),
    .multiply = NAME(multiply),
    .outer = NAME(outer),
    .sparse_multiply = NAME(sparse_multiply),
};
