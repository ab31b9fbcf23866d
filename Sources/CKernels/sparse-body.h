// Products of a sparse matrix of Double, included once for each instruction set.

#define SPARSE_ROWS(name, type, step)                                                                                      \
    static inline __attribute__((always_inline)) void NAME(name)(                                                          \
        const ptrdiff_t *starts, size_t rows, const int32_t *indices, const double *values, const double *right, size_t width, \
        double *result) {                                                                                                  \
        for (size_t row = 0; row < rows; row++) {                                                                          \
            type sum = (type)(0.0);                                                                                        \
            for (ptrdiff_t entry = starts[row]; entry < starts[row + 1]; entry++) {                                        \
                type term;                                                                                                 \
                __builtin_memcpy(&term, right + (size_t)indices[entry] * step, sizeof term);                               \
                sum += term * values[entry];                                                                               \
            }                                                                                                              \
            if (width == sizeof sum / sizeof(double)) __builtin_memcpy(result + row * width, &sum, sizeof sum);            \
            else __builtin_memcpy(result + row * width, &sum, width * sizeof(double));                                     \
        }                                                                                                                  \
    }

SPARSE_ROWS(sparse_rows_1, double, 1)
SPARSE_ROWS(sparse_rows_2, v2, 2)
SPARSE_ROWS(sparse_rows_4, v4, 4)
SPARSE_ROWS(sparse_rows_8, v8, 8)
#undef SPARSE_ROWS

static void NAME(sparse_multiply)(
    const ptrdiff_t *starts, size_t rows, const int32_t *indices, const double *values, const double *right, size_t width,
    double *result) {
    size_t step = ck_sparse_width(width);
    switch (step) {
        case 1: NAME(sparse_rows_1)(starts, rows, indices, values, right, width, result); return;
        case 2: NAME(sparse_rows_2)(starts, rows, indices, values, right, width, result); return;
        case 4: NAME(sparse_rows_4)(starts, rows, indices, values, right, width, result); return;
        case 8: NAME(sparse_rows_8)(starts, rows, indices, values, right, width, result); return;
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < width; column += 16) {
            v16 sum = (v16)(0.0);
            for (ptrdiff_t entry = starts[row]; entry < starts[row + 1]; entry++)
                sum += NAME(load)(right + (size_t)indices[entry] * step + column) * values[entry];
            size_t part = width - column < 16 ? width - column : 16;
            __builtin_memcpy(result + row * width + column, &sum, part * sizeof(double));
        }
    }
}
