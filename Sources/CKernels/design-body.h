// Columns on their way into a matrix, included once for each instruction set.

static inline __attribute__((always_inline)) v8 NAME(standard)(v8 value, double mean, double deviation, double furthest) {
    value = (value - mean) / deviation;
    value = value > furthest ? (v8)(furthest) : value;
    value = value < -furthest ? (v8)(-furthest) : value;
    return value == value ? value : (v8)(0.0);
}

// Eight vectors of eight become their transposed matrix.
static inline __attribute__((always_inline)) void NAME(transpose)(v8 x[8]) {
    v8 y[8];
    for (int i = 0; i < 8; i += 2) {
        y[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        y[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            x[i + j] = __builtin_shufflevector(y[i + j], y[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            x[i + j + 2] = __builtin_shufflevector(y[i + j], y[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int j = 0; j < 4; j++) {
        y[j] = __builtin_shufflevector(x[j], x[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        y[j + 4] = __builtin_shufflevector(x[j], x[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    __builtin_memcpy(x, y, sizeof y);
}

static void NAME(standardise)(
    const struct ck_column *columns, size_t count, size_t lower, size_t upper, double furthest, double *to, size_t stride) {
    size_t column = 0;
    for (; column + 8 <= count; column += 8) {
        const struct ck_column *own = columns + column;
        size_t row = lower;
        for (; row + 8 <= upper; row += 8) {
            v8 block[8];
            for (int i = 0; i < 8; i++) {
                __builtin_memcpy(&block[i], own[i].numbers + row, sizeof(v8));
                // So many columns at once are more than the processor fetches ahead by itself.
                __builtin_prefetch(own[i].numbers + row + 64);
                block[i] = NAME(standard)(block[i], own[i].mean, own[i].deviation, furthest);
            }
            NAME(transpose)(block);
            for (int i = 0; i < 8; i++) __builtin_memcpy(to + (row - lower + i) * stride + column, &block[i], sizeof(v8));
        }
        for (; row < upper; row++)
            for (int i = 0; i < 8; i++)
                to[(row - lower) * stride + column + i] =
                    NAME(standard)((v8)(own[i].numbers[row]), own[i].mean, own[i].deviation, furthest)[0];
    }
    for (; column < count; column++)
        for (size_t row = lower; row < upper; row++)
            to[(row - lower) * stride + column] =
                NAME(standard)((v8)(columns[column].numbers[row]), columns[column].mean, columns[column].deviation, furthest)[0];
}
