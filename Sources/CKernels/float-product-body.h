// Products of matrices of Float, included once for each instruction set.
//
// Blocks of both factors are packed so that the inner loop reads memory in order, then tiles of the result are kept
// in registers over a block of the depth (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication",
// 2008).
//
// DETERMINISM: an element is one chain over the depth however the blocks fall, since between blocks of the depth it is
// stored and loaded without loss.

static inline __attribute__((always_inline)) f16 NAME(f_load)(const float *from) {
    f16 value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

// Fewer than 16 numbers: copies of fixed sizes are single instructions, one of any size is a call.
static inline __attribute__((always_inline)) void NAME(f_copy_part)(const float *from, float *to, size_t count) {
    if (count & 8) {
        __builtin_memcpy(to, from, 8 * sizeof(float));
        to += 8;
        from += 8;
    }
    if (count & 4) {
        __builtin_memcpy(to, from, 4 * sizeof(float));
        to += 4;
        from += 4;
    }
    if (count & 2) {
        __builtin_memcpy(to, from, 2 * sizeof(float));
        to += 2;
        from += 2;
    }
    if (count & 1) *to = *from;
}

static inline __attribute__((always_inline)) f16 NAME(f_load_part)(const float *from, size_t count) {
    f16 value = (f16)(0.0f);
    NAME(f_copy_part)(from, (float *)&value, count);
    return value;
}

static inline __attribute__((always_inline)) void NAME(f_store_part)(float *to, f16 value, size_t count) {
    if (count & 8) {
        f8 part = value.lo;
        __builtin_memcpy(to, &part, sizeof part);
        value.lo = value.hi;
        to += 8;
    }
    if (count & 4) {
        f4 part = value.lo.lo;
        __builtin_memcpy(to, &part, sizeof part);
        value.lo.lo = value.lo.hi;
        to += 4;
    }
    if (count & 2) {
        f2 part = value.lo.lo.lo;
        __builtin_memcpy(to, &part, sizeof part);
        value.lo.lo.lo = value.lo.lo.hi;
        to += 2;
    }
    if (count & 1) *to = value[0];
}

static inline __attribute__((always_inline)) f4 NAME(f_load_four)(const float *from) {
    f4 value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

// The one NaN in place of any.
static inline __attribute__((always_inline)) f16 NAME(f_plain)(f16 value) {
    i16 wrong = value != value;
    return (f16)(((i16)value & ~wrong) | (wrong & 0x7FC00000));
}

// Turns four rows of 16 numbers into 16 columns of four, `width` numbers apart.
static inline __attribute__((always_inline)) void NAME(pack_block)(
    const float *r0, const float *r1, const float *r2, const float *r3, size_t width, float *to) {
    f16 a = NAME(f_load)(r0), b = NAME(f_load)(r1), c = NAME(f_load)(r2), d = NAME(f_load)(r3);
    f16 ab = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    f16 cd = __builtin_shufflevector(c, d, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    f16 ab2 = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    f16 cd2 = __builtin_shufflevector(c, d, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    // Columns 0, 4, 8 and 12, then those behind each.
    f16 columns[4] = {
        __builtin_shufflevector(ab, cd, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
        __builtin_shufflevector(ab, cd, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31),
        __builtin_shufflevector(ab2, cd2, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
        __builtin_shufflevector(ab2, cd2, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31),
    };
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
        f4 parts[4] = {columns[i].lo.lo, columns[i].lo.hi, columns[i].hi.lo, columns[i].hi.hi};
#pragma clang loop unroll(full)
        for (size_t j = 0; j < 4; j++) __builtin_memcpy(to + (j * 4 + i) * width, &parts[j], sizeof parts[j]);
    }
}

// For each offset how many from it on are each one more than the one before.
static void NAME(count_runs)(const ptrdiff_t *offsets, size_t count, ptrdiff_t *runs) {
    ptrdiff_t run = 0;
    for (size_t k = count; k-- > 0;) {
        run = k + 1 < count && offsets[k + 1] - offsets[k] == 1 ? run + 1 : 1;
        runs[k] = run;
    }
}

// Writes `count` elements at each of the depth's offsets: to[k * width + i] = from[outer[i] + depth[k]], zeros above.
static void NAME(pack)(
    const float *from, const ptrdiff_t *outer, size_t count, size_t width, const ptrdiff_t *depth, const ptrdiff_t *runs,
    size_t length, float *to) {
    size_t i = 0;
    int is_contiguous = 1;
    for (size_t j = 1; j < count; j++) is_contiguous &= outer[j] - outer[j - 1] == 1;
    if (is_contiguous && count > 1) {
        if (count == TILE_COLUMNS && width == TILE_COLUMNS) {
            for (size_t k = 0; k < length; k++) {
                const float *row = from + outer[0] + depth[k];
                for (size_t v = 0; v < TILE_VECTORS; v++) {
                    f16 value = NAME(f_load)(row + v * 16);
                    __builtin_memcpy(to + k * width + v * 16, &value, sizeof value);
                }
            }
        } else if (count == TILE_ROWS && width == TILE_ROWS) {
            for (size_t k = 0; k < length; k++) {
                __builtin_memcpy(to + k * TILE_ROWS, from + outer[0] + depth[k], TILE_ROWS * sizeof(float));
            }
        } else {
            for (size_t k = 0; k < length; k++) {
                const float *row = from + outer[0] + depth[k];
                float *place = to + k * width;
                size_t j = 0;
                for (; j + 16 <= count; j += 16) __builtin_memcpy(place + j, row + j, 16 * sizeof(float));
                NAME(f_copy_part)(row + j, place + j, count - j);
                for (j = count; j < width; j++) place[j] = 0;
            }
        }
        return;
    }
    for (size_t k = 0; count < width && k < length; k++) {
        for (size_t j = count; j < width; j++) to[k * width + j] = 0;
    }
    for (; i + 4 <= count; i += 4) {
        const float *r0 = from + outer[i], *r1 = from + outer[i + 1], *r2 = from + outer[i + 2], *r3 = from + outer[i + 3];
        for (size_t k = 0; k < length;) {
            float *place = to + k * width + i;
            if (runs[k] >= 16) {
                NAME(pack_block)(r0 + depth[k], r1 + depth[k], r2 + depth[k], r3 + depth[k], width, place);
                k += 16;
            } else if (runs[k] >= 4) {
                f4 a = NAME(f_load_four)(r0 + depth[k]), b = NAME(f_load_four)(r1 + depth[k]);
                f4 c = NAME(f_load_four)(r2 + depth[k]), d = NAME(f_load_four)(r3 + depth[k]);
                f4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
                f4 ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
                f4 columns[4] = {
                    __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                    __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5), __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7)};
                for (size_t j = 0; j < 4; j++) __builtin_memcpy(place + j * width, &columns[j], sizeof columns[j]);
                k += 4;
            } else {
                place[0] = r0[depth[k]];
                place[1] = r1[depth[k]];
                place[2] = r2[depth[k]];
                place[3] = r3[depth[k]];
                k++;
            }
        }
    }
    for (; i < count; i++) {
        const float *row = from + outer[i];
        for (size_t k = 0; k < length; k++) to[k * width + i] = row[depth[k]];
    }
}

// `height` rows times `vectors` times 16 columns, both constants; `width` says how many columns are stored. Element k of
// the depth has its columns at `right + k * right_step`. Row i of the result is at `result + places[i]` and gets the chains
// added where `is_scattered`, also a constant, is set; else it is at `result + i * step`, and the chains may begin with it.
static inline __attribute__((always_inline)) void NAME(tile)(
    const size_t height, const size_t vectors, const int is_scattered, size_t depth, const float *left, const float *right, size_t right_step,
    float *result, size_t step, const ptrdiff_t *places, size_t stored, size_t width, int adding) {
    f16 sums[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < height; i++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            if (is_scattered || !adding || i >= stored || width <= v * 16) {
                sums[i][v] = (f16)(0.0f);
            } else if (width >= v * 16 + 16) {
                sums[i][v] = NAME(f_load)(result + i * step + v * 16);
            } else {
                sums[i][v] = NAME(f_load_part)(result + i * step + v * 16, width - v * 16);
            }
        }
    }
#pragma clang loop unroll_count(TILE_UNROLL)
    for (size_t k = 0; k < depth; k++) {
        f16 b[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) b[v] = NAME(f_load)(right + k * right_step + v * 16);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < height; i++) {
            f16 a = (f16)(left[k * TILE_ROWS + i]);
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v++) sums[i][v] = FUSED(a, b[v], sums[i][v]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < height; i++) {
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            if (i >= stored || width <= v * 16) {
                // Computed only to fill the tile.
                continue;
            }
            float *place = result + v * 16 + (is_scattered ? (size_t)places[i] : i * step);
            size_t count = width - v * 16 < 16 ? width - v * 16 : 16;
            f16 value = sums[i][v];
            if (is_scattered) value += count == 16 ? NAME(f_load)(place) : NAME(f_load_part)(place, count);
            value = NAME(f_plain)(value);
            if (count == 16) __builtin_memcpy(place, &value, sizeof value);
            else NAME(f_store_part)(place, value, count);
        }
    }
}

#define TILE_CASE(height, is_scattered)                                                                                   \
    case height:                                                                                                          \
        if (vectors == 1)                                                                                                 \
            NAME(tile)(                                                                                                   \
                height, 1, is_scattered, depth, left, right, right_step, result, step, places, stored, width, adding);    \
        else                                                                                                              \
            NAME(tile)(                                                                                                   \
                height, TILE_VECTORS, is_scattered, depth, left, right, right_step, result, step, places, stored, width,  \
                adding);                                                                                                  \
        break;
#if TILE_ROWS >= 12
#define TILE_CASES(is_scattered)                                                                    \
    TILE_CASE(1, is_scattered) TILE_CASE(2, is_scattered) TILE_CASE(4, is_scattered)                \
    TILE_CASE(6, is_scattered) TILE_CASE(8, is_scattered) TILE_CASE(10, is_scattered) TILE_CASE(12, is_scattered)
#elif TILE_ROWS >= 6
#define TILE_CASES(is_scattered) \
    TILE_CASE(1, is_scattered) TILE_CASE(2, is_scattered) TILE_CASE(4, is_scattered) TILE_CASE(6, is_scattered)
#else
#define TILE_CASES(is_scattered) TILE_CASE(1, is_scattered) TILE_CASE(2, is_scattered) TILE_CASE(4, is_scattered)
#endif

// A tile of at most TILE_ROWS rows; a lower one costs less.
static void NAME(any_tile)(
    size_t vectors, size_t depth, const float *left, const float *right, size_t right_step, float *result, size_t step,
    size_t stored, size_t width, int adding) {
    const ptrdiff_t *places = NULL;
    switch (stored < 2 ? stored : (stored + 1) / 2 * 2) { TILE_CASES(0) }
}

static void NAME(any_scattered_tile)(
    size_t vectors, size_t depth, const float *left, const float *right, float *result, const ptrdiff_t *places, size_t stored,
    size_t width) {
    size_t right_step = vectors * 16, step = 0;
    int adding = 0;
    switch (stored < 2 ? stored : (stored + 1) / 2 * 2) { TILE_CASES(1) }
}
#undef TILE_CASE
#undef TILE_CASES

static void NAME(offsets)(const ptrdiff_t *table, ptrdiff_t step, size_t first, size_t count, ptrdiff_t *to) {
    if (table) {
        __builtin_memcpy(to, table + first, count * sizeof *to);
    } else {
        for (size_t i = 0; i < count; i++) to[i] = (ptrdiff_t)(first + i) * step;
    }
}

// The size of even parts, a multiple of `unit`, of which at most `most` lie in one block.
static inline size_t NAME(part)(size_t whole, size_t most, size_t unit) {
    size_t parts = (whole + most - 1) / most;
    size_t part = (whole + parts - 1) / parts;
    return (part + unit - 1) / unit * unit;
}

static void NAME(product)(const struct ck_float_product *p) {
    if (p->rows == 0 || p->columns == 0) return;
    if (p->depth == 0) {
        for (size_t i = 0; i < p->rows; i++) {
            for (size_t j = 0; j < p->columns; j++) {
                float *place = p->result + i * p->result_step + j;
                if (!p->adding) *place = 0;
                else if (*place != *place) *place = __builtin_nanf("");
            }
        }
        return;
    }
    size_t rows_part = NAME(part)(p->rows, BLOCK_ROWS, TILE_ROWS);
    size_t depth_part = NAME(part)(p->depth, BLOCK_DEPTH, 1);
    size_t columns_part = NAME(part)(p->columns, BLOCK_COLUMNS, TILE_COLUMNS);
    size_t offsets = (rows_part + depth_part * 4 + columns_part + 15) / 16 * 16 * sizeof(ptrdiff_t);
    float *left = ck_float_scratch(offsets + (rows_part + columns_part) * depth_part * sizeof(float) + 64);
    ptrdiff_t *row_offsets = (ptrdiff_t *)left, *column_offsets = row_offsets + rows_part;
    ptrdiff_t *left_depth = column_offsets + columns_part, *right_depth = left_depth + depth_part;
    ptrdiff_t *left_runs = right_depth + depth_part, *right_runs = left_runs + depth_part;
    float *right = (float *)((char *)left + offsets);
    left = right + columns_part * depth_part;

    for (size_t column = 0; column < p->columns; column += columns_part) {
        size_t columns = p->columns - column < columns_part ? p->columns - column : columns_part;
        NAME(offsets)(p->right.outer_offsets, p->right.outer_step, column, columns, column_offsets);
        for (size_t k = 0; k < p->depth; k += depth_part) {
            size_t depth = p->depth - k < depth_part ? p->depth - k : depth_part;
            int adding = p->adding || k > 0;
            NAME(offsets)(p->left.depth_offsets, p->left.depth_step, k, depth, left_depth);
            NAME(offsets)(p->right.depth_offsets, p->right.depth_step, k, depth, right_depth);
            NAME(count_runs)(left_depth, depth, left_runs);
            NAME(count_runs)(right_depth, depth, right_runs);
            // What is read once is not worth packing, if it lies well; a last panel that is not full is packed.
            size_t in_place = 0;
            if (p->rows <= TILE_ROWS && !p->right.outer_offsets && p->right.outer_step == 1 && !p->right.depth_offsets)
                in_place = columns / TILE_COLUMNS * TILE_COLUMNS;
            for (size_t j = in_place; j < columns; j += TILE_COLUMNS) {
                size_t width = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
                NAME(pack)(
                    p->right.base, column_offsets + j, width, width <= 16 ? 16 : TILE_COLUMNS, right_depth, right_runs, depth,
                    right + j * depth);
            }
            for (size_t row = 0; row < p->rows; row += rows_part) {
                size_t rows = p->rows - row < rows_part ? p->rows - row : rows_part;
                NAME(offsets)(p->left.outer_offsets, p->left.outer_step, row, rows, row_offsets);
                for (size_t i = 0; i < rows; i += TILE_ROWS) {
                    size_t height = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
                    NAME(pack)(
                        p->left.base, row_offsets + i, height, TILE_ROWS, left_depth, left_runs, depth, left + i * depth);
                }
                for (size_t j = 0; j < columns; j += TILE_COLUMNS) {
                    size_t width = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
                    for (size_t i = 0; i < rows; i += TILE_ROWS) {
                        size_t height = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
                        size_t vectors = width <= 16 ? 1 : TILE_VECTORS;
                        int is_packed = j >= in_place;
                        NAME(any_tile)(
                            vectors, depth, left + i * depth,
                            is_packed ? right + j * depth : p->right.base + column_offsets[j] + right_depth[0],
                            is_packed ? vectors * 16 : (size_t)p->right.depth_step,
                            p->result + (row + i) * p->result_step + column + j, p->result_step, height, width, adding);
                    }
                }
            }
        }
    }
}

// A product with fewer columns than a vector has lanes, made as its transposed one, whose rows are the columns.
static void NAME(narrow_product)(const struct ck_float_product *p) {
    float turned[TURNED_ROWS * TURNED_COLUMNS];
    for (size_t row = 0; row < p->rows; row += TURNED_COLUMNS) {
        size_t rows = p->rows - row < TURNED_COLUMNS ? p->rows - row : TURNED_COLUMNS;
        struct ck_float_product part = {
            .rows = p->columns, .columns = rows, .depth = p->depth, .left = p->right, .right = p->left, .result = turned,
            .result_step = TURNED_COLUMNS, .adding = p->adding};
        if (part.right.outer_offsets) part.right.outer_offsets += row;
        else part.right.base += (ptrdiff_t)row * part.right.outer_step;
        float *result = p->result + row * p->result_step;
        for (size_t i = 0; p->adding && i < rows; i++) {
            for (size_t j = 0; j < p->columns; j++) turned[j * TURNED_COLUMNS + i] = result[i * p->result_step + j];
        }
        NAME(product)(&part);
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j < p->columns; j++) result[i * p->result_step + j] = turned[j * TURNED_COLUMNS + i];
        }
    }
}

static void NAME(float_multiply)(const struct ck_float_product *p) {
    if (p->columns <= TURNED_ROWS && p->rows >= 2 * TURNED_ROWS) NAME(narrow_product)(p);
    else NAME(product)(p);
}

// Chains are added tap by tap, the last tap first: so each pixel gets them in the order of its windows.
static void NAME(float_scattered_product)(const struct ck_float_scattered_product *p) {
    size_t rows_part = NAME(part)(p->rows, BLOCK_ROWS, TILE_ROWS);
    size_t panels = (p->channels + TILE_COLUMNS - 1) / TILE_COLUMNS, depth = p->filters;
    size_t tap_size = panels * TILE_COLUMNS * depth;
    size_t offsets = (rows_part + depth * 2 + TILE_COLUMNS + 15) / 16 * 16 * sizeof(ptrdiff_t);
    ptrdiff_t *row_offsets = ck_float_scratch(offsets + (p->taps * tap_size + rows_part * depth) * sizeof(float) + 64);
    ptrdiff_t *depth_offsets = row_offsets + rows_part, *runs = depth_offsets + depth, *column_offsets = runs + depth;
    float *right = (float *)((char *)row_offsets + offsets), *left = right + p->taps * tap_size;
    NAME(offsets)(NULL, 1, 0, depth, depth_offsets);
    NAME(count_runs)(depth_offsets, depth, runs);
    for (size_t tap = 0; tap < p->taps; tap++) {
        for (size_t j = 0; j < p->channels; j += TILE_COLUMNS) {
            size_t width = p->channels - j < TILE_COLUMNS ? p->channels - j : TILE_COLUMNS;
            NAME(offsets)(NULL, (ptrdiff_t)depth, tap * p->channels + j, width, column_offsets);
            NAME(pack)(
                p->weights, column_offsets, width, width <= 16 ? 16 : TILE_COLUMNS, depth_offsets, runs, depth,
                right + tap * tap_size + j * depth);
        }
    }
    for (size_t row = 0; row < p->rows; row += rows_part) {
        size_t rows = p->rows - row < rows_part ? p->rows - row : rows_part;
        NAME(offsets)(NULL, (ptrdiff_t)depth, row, rows, row_offsets);
        for (size_t i = 0; i < rows; i += TILE_ROWS) {
            size_t height = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
            NAME(pack)(p->gradient, row_offsets + i, height, TILE_ROWS, depth_offsets, runs, depth, left + i * depth);
        }
        for (size_t tap = p->taps; tap-- > 0;) {
            for (size_t j = 0; j < p->channels; j += TILE_COLUMNS) {
                size_t width = p->channels - j < TILE_COLUMNS ? p->channels - j : TILE_COLUMNS;
                for (size_t i = 0; i < rows; i += TILE_ROWS) {
                    size_t height = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
                    NAME(any_scattered_tile)(
                        width <= 16 ? 1 : TILE_VECTORS, depth, left + i * depth, right + tap * tap_size + j * depth,
                        p->images + p->tap_places[tap] + j, p->places + row + i, height, width);
                }
            }
        }
    }
}
