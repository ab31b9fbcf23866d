// Computes golden vectors with the kernels alone, so that they can be compiled for another processor and run in an emulator.
//
// Reads lines of the block `golden` of Specs/determinism.md without their results, and writes for each the result, or `?`
// for a line that is computed in Swift. Numbers come from Philox as that page says.

#include "CKernels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

static uint64_t fnv(const void *bytes, size_t count) {
    uint64_t state = 0xCBF29CE484222325;
    for (size_t i = 0; i < count; i++) state = (state ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3;
    return state;
}

// The stream of `seed` and the purpose `golden`.
static uint64_t random_bits(int64_t seed, uint64_t index) {
    uint64_t purpose = fnv("golden", 6);
    uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)purpose, (uint32_t)(purpose >> 32)};
    uint32_t k[2] = {(uint32_t)seed, (uint32_t)((uint64_t)seed >> 32)};
    for (int round = 0; round < 10; round++) {
        uint64_t first = (uint64_t)0xD2511F53 * c[0], second = (uint64_t)0xCD9E8D57 * c[2];
        uint32_t next[4] = {
            (uint32_t)(second >> 32) ^ c[1] ^ k[0], (uint32_t)second, (uint32_t)(first >> 32) ^ c[3] ^ k[1], (uint32_t)first,
        };
        memcpy(c, next, sizeof c);
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    return (uint64_t)c[1] << 32 | c[0];
}

static double number(int64_t seed, uint64_t i) {
    double uniform = (double)(random_bits(seed, i) >> 11) * 0x1p-53;
    uint64_t below = (uint64_t)((unsigned __int128)random_bits(seed, i + (1ULL << 32)) * 16 >> 64);
    uint64_t power = (1023 + below - 8) << 52;
    double factor;
    memcpy(&factor, &power, sizeof factor);
    return (2 * uniform - 1) * factor;
}

static void *room(size_t bytes) {
    void *space = calloc(1, bytes + 64);
    if (!space) exit(2);
    return space;
}

static double *numbers(size_t count, int64_t seed) {
    double *result = room(count * sizeof *result);
    for (size_t i = 0; i < count; i++) result[i] = number(seed, i);
    return result;
}

static double *any_doubles(size_t count, int64_t seed) {
    double *result = numbers(count, seed);
    for (size_t i = 0; i < count; i += 2) {
        uint64_t bits = random_bits(seed, i);
        memcpy(result + i, &bits, sizeof bits);
    }
    return result;
}

static float *any_floats(size_t count, int64_t seed) {
    float *result = room(count * sizeof *result);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)(random_bits(seed, i) >> 32);
        if (i % 2) result[i] = (float)number(seed, i);
        else memcpy(result + i, &bits, sizeof bits);
    }
    return result;
}

// DETERMINISM: as Numerics does after a kernel.
static void plain(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (values[i] != values[i]) values[i] = __builtin_nan("");
    }
}

static void show(double value) {
    uint64_t bits;
    plain(&value, 1);
    memcpy(&bits, &value, sizeof bits);
    printf("%016" PRIx64 "\n", bits);
}

static void show_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf("%08" PRIx32 "\n", bits);
}

static void show_hash(double *values, size_t count) {
    plain(values, count);
    printf("%016" PRIx64 "\n", fnv(values, count * sizeof *values));
}

// In the order of enum ck_function.
static const char *const functions[CK_FUNCTION_COUNT] = {"exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus", "sin", "cos"};

// The function of this name; CK_FUNCTION_COUNT for pow, -1 for none.
static int function_named(const char *name) {
    for (int i = 0; i < CK_FUNCTION_COUNT; i++) {
        if (!strcmp(functions[i], name)) return i;
    }
    return strcmp(name, "pow") ? -1 : CK_FUNCTION_COUNT;
}

// `exp 3ff0000000000000`, `pow`, and the same on Float.
static int elementary(const char *name, const char *first, const char *second) {
    int is_float = !strncmp(name, "float-", 6);
    int function = function_named(name + (is_float ? 6 : 0));
    if (function < 0) return 0;
    uint64_t bits[2] = {strtoull(first, 0, 16), strtoull(second, 0, 16)};
    if (is_float) {
        uint32_t halves[2] = {(uint32_t)bits[0], (uint32_t)bits[1]};
        float x[2], result;
        memcpy(x, halves, sizeof x);
        if (function == CK_FUNCTION_COUNT) ck_map_float_pow(x, x + 1, &result, 1);
        else ck_map_float((enum ck_function)function, x, &result, 1);
        show_float(result);
    } else {
        double x[2], result;
        memcpy(x, bits, sizeof x);
        if (function == CK_FUNCTION_COUNT) ck_map_pow(x, x + 1, &result, 1);
        else ck_map((enum ck_function)function, x, &result, 1);
        show(result);
    }
    return 1;
}

static int elementwise(const char *name, size_t count) {
    int is_float = !strncmp(name, "float-", 6);
    int function = function_named(name + (is_float ? 6 : 0));
    if (function < 0) return 0;
    if (is_float) {
        float *x = any_floats(count, 1), *y = any_floats(count, 2);
        if (function == CK_FUNCTION_COUNT) ck_map_float_pow(x, y, x, count);
        else ck_map_float((enum ck_function)function, x, x, count);
        printf("%016" PRIx64 "\n", fnv(x, count * sizeof *x));
        free(x), free(y);
    } else {
        double *x = any_doubles(count, 1), *y = any_doubles(count, 2);
        if (function == CK_FUNCTION_COUNT) ck_map_pow(x, y, x, count);
        else ck_map((enum ck_function)function, x, x, count);
        show_hash(x, count);
        free(x), free(y);
    }
    return 1;
}

// Columns standardised, and what their rows add to a logistic loss, as the page's text on the line says.
static int logistic_sums(size_t rows, size_t width) {
    const size_t columns = width - 1, block = 1024, size = width + width * width;
    double *x = numbers(rows * columns, 1), *weights = numbers(width, 2), *counts = numbers(rows, 3), *losses = room(rows * sizeof *losses);
    double *total = room((1 + size) * sizeof *total), *part = room(size * sizeof *part);
    double *space = room(ck_logistic_room(width, 1) * sizeof *space);
    struct ck_column *own = room(width * sizeof *own);
    int32_t *codes = room(rows * sizeof *codes);
    for (size_t i = 0; i < rows * columns; i += 11) x[i] = __builtin_nan("");
    for (size_t i = 0; i < columns; i++) own[i] = (struct ck_column){x + i * rows, 0.25, 3};
    for (size_t i = 0; i < width; i++) weights[i] /= 256;
    for (size_t i = 0; i < rows; i++) counts[i] *= counts[i], codes[i] = i % 3 == 0;
    for (size_t lower = 0; lower < rows; lower += block) {
        const size_t end = rows - lower < block ? rows : lower + block;
        ck_logistic_begin(space, width, weights, 1);
        for (size_t row = lower; row < end; row += CK_LOGISTIC_ROWS) {
            const size_t upper = end - row < CK_LOGISTIC_ROWS ? end : row + CK_LOGISTIC_ROWS;
            ck_standardise(own, columns, row, upper, 64, space, ck_logistic_stride(width));
            ck_logistic_add(space, upper - row, width, 1, codes + row, counts + row, losses + row);
        }
        memset(part, 0, size * sizeof *part);
        ck_logistic_end(space, width, part, part + width);
        for (size_t i = 0; i < size; i++) total[1 + i] += part[i];
    }
    total[0] = ck_sum(losses, rows);
    double *curvature = total + 1 + width;
    for (size_t i = 0; i < width * width; i++) {
        if (i % width < i / width) curvature[i] = curvature[i % width * width + i / width];
    }
    show_hash(total, 1 + size);
    free(x), free(weights), free(counts), free(losses), free(total), free(part), free(space), free(own), free(codes);
    return 1;
}

static int reduction(const char *name, size_t count) {
    double *left = numbers(count, 1), *right = numbers(count, 2);
    int known = 1;
    if (!strcmp(name, "sum")) show(ck_sum(left, count));
    else if (!strcmp(name, "dot")) show(ck_dot(left, right, count));
    else if (!strcmp(name, "squared-deviations")) show(ck_squared_deviations(left, 0.25, count));
    else known = 0;
    free(left), free(right);
    return known;
}

static int matrices(const char *name, size_t rows, size_t depth, size_t width) {
    if (!strcmp(name, "multiply")) {
        double *left = numbers(rows * depth, 1), *right = numbers(depth * width, 2);
        double *result = room(rows * width * sizeof *result), *panel = room(depth * 16 * sizeof *panel);
        ck_multiply(left, rows, depth, right, width, result, panel);
        show_hash(result, rows * width);
        free(left), free(right), free(result), free(panel);
        return 1;
    }
    if (!strcmp(name, "rows-dot")) {
        double *left = numbers(rows * depth, 1), *right = numbers(depth, 2), *result = room(rows * sizeof *result);
        ck_rows_dot(left, rows, depth, right, result);
        show_hash(result, rows);
        free(left), free(right), free(result);
        return 1;
    }
    if (strcmp(name, "transposed-multiply")) return 0;
    size_t count = depth * width;
    double *left = numbers(rows * depth, 1), *right = numbers(rows * width, 2);
    double *block = room(count * sizeof *block), *result = room(count * sizeof *result);
    for (size_t row = 0; row < rows; row += 1024) {
        size_t height = rows - row < 1024 ? rows - row : 1024;
        ck_outer(left + row * depth, depth, right + row * width, width, height, 0, block, width);
        for (size_t i = 0; i < count; i++) result[i] += block[i];
    }
    show_hash(result, count);
    free(left), free(right), free(block), free(result);
    return 1;
}

static int gram(size_t rows, size_t columns) {
    double *x = numbers(rows * columns, 1), *weights = numbers(rows, 2), *scaled = room(rows * columns * sizeof *scaled);
    double *block = room(columns * columns * sizeof *block), *result = room(columns * columns * sizeof *result);
    for (size_t i = 0; i < rows * columns; i++) scaled[i] = x[i] * weights[i / columns];
    for (size_t row = 0; row < rows; row += 1024) {
        size_t height = rows - row < 1024 ? rows - row : 1024;
        ck_outer(scaled + row * columns, columns, x + row * columns, columns, height, 1, block, columns);
        for (size_t i = 0; i < columns * columns; i++) result[i] += block[i];
    }
    for (size_t i = 0; i < columns * columns; i++) {
        if (i % columns < i / columns) result[i] = result[i % columns * columns + i / columns];
    }
    show_hash(result, columns * columns);
    free(x), free(weights), free(scaled), free(block), free(result);
    return 1;
}

static float *floats(size_t count, int64_t seed) {
    float *result = room(count * sizeof *result);
    for (size_t i = 0; i < count; i++) result[i] = (float)number(seed, i);
    return result;
}

static int rows_of_floats(const char *name, size_t rows, size_t columns) {
    float *x = floats(rows * columns, 1), *rest = room((rows + columns) * sizeof *rest);
    int known = 1;
    if (!strcmp(name, "float-softmax")) {
        int *labels = room(rows * sizeof *labels);
        for (size_t row = 0; row < rows; row++) labels[row] = (int)(row % columns);
        float *both = room((rows * columns + rows) * sizeof *both);
        ck_float_softmax(x, rows, columns, labels, rest);
        memcpy(both, x, rows * columns * sizeof *x);
        memcpy(both + rows * columns, rest, rows * sizeof *x);
        printf("%016" PRIx64 "\n", fnv(both, (rows * columns + rows) * sizeof *both));
        free(both), free(labels);
    } else if (!strcmp(name, "float-log-softmax")) {
        ck_float_log_softmax(x, rows, columns);
        printf("%016" PRIx64 "\n", fnv(x, rows * columns * sizeof *x));
    } else if (!strcmp(name, "float-column-sums")) {
        float *block = room(columns * sizeof *block);
        for (size_t row = 0; row < rows; row += 1024) {
            ck_float_column_sums(x + row * columns, rows - row < 1024 ? rows - row : 1024, columns, block);
            ck_float_accumulate(rest, block, columns);
        }
        printf("%016" PRIx64 "\n", fnv(rest, columns * sizeof *rest));
        free(block);
    } else {
        known = 0;
    }
    free(x), free(rest);
    return known;
}

static int product_of_floats(size_t rows, size_t depth, size_t columns) {
    float *left = floats(rows * depth, 1), *right = floats(depth * columns, 2), *result = room(rows * columns * sizeof *result);
    struct ck_float_product product = {
        .rows = rows, .columns = columns, .depth = depth, .result = result, .result_step = columns,
        .left = {.base = left, .outer_step = (ptrdiff_t)depth, .depth_step = 1},
        .right = {.base = right, .outer_step = 1, .depth_step = (ptrdiff_t)columns}};
    ck_float_multiply(&product);
    printf("%016" PRIx64 "\n", fnv(result, rows * columns * sizeof *result));
    free(left), free(right), free(result);
    return 1;
}

// `float-max-pool` and `float-mean-pool` with their six sizes: results, then gradients of the images.
static int pool_of_floats(const char *line) {
    char name[64];
    size_t count, size;
    struct ck_float_pool p;
    if (sscanf(line, "%63s %zu %zu %zu %zu %zu %zu", name, &count, &p.height, &p.width, &p.channels, &size, &p.stride) != 7) return 0;
    p.size = size, p.output_height = (p.height - size) / p.stride + 1, p.output_width = (p.width - size) / p.stride + 1;
    size_t input = p.height * p.width * p.channels, output = p.output_height * p.output_width * p.channels;
    float *images = floats(count * input, 1), *gradient = floats(count * output, 2);
    float *results = room(count * (output + input) * sizeof *results), *back = results + count * output;
    unsigned char *taps = room(output);
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(name, "float-max-pool")) {
            ck_float_max_pool(&p, images + i * input, results + i * output, taps);
            ck_float_max_pool_gradient(&p, gradient + i * output, taps, back + i * input);
        } else {
            ck_float_mean_pool(&p, images + i * input, results + i * output);
            ck_float_mean_pool_gradient(&p, gradient + i * output, back + i * input);
        }
    }
    printf("%016" PRIx64 "\n", fnv(results, count * (output + input) * sizeof *results));
    free(images), free(gradient), free(results), free(taps);
    return 1;
}

// `float-convolution` with its eight sizes: results, gradients of the weights, gradients of the images.
static int convolution_of_floats(const char *line) {
    enum { BLOCK = 8 };
    size_t n[8];
    int found = sscanf(line, "%*s %zu %zu %zu %zu %zu %zu %zu %zu", n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7);
    if (found != 8) return 0;
    size_t count = n[0], height = n[1], width = n[2], channels = n[3], filters = n[4], size = n[5], stride = n[6], padding = n[7];
    size_t row = (width + 2 * padding) * channels, padded = (height + 2 * padding) * row;
    size_t down = (height + 2 * padding - size) / stride + 1, across = (width + 2 * padding - size) / stride + 1;
    size_t pixels = down * across, taps = size * size, depth = taps * channels;
    size_t input = count * height * width * channels, output = count * pixels * filters;
    float *images = floats(input, 1), *weights = floats(depth * filters, 2), *gradient = floats(output, 3);
    float *results = room((output + depth * filters + input) * sizeof *results), *of_weights = results + output;
    float *of_images = of_weights + depth * filters, *block = room(depth * filters * sizeof *block);
    float *wide = room(count * padded * sizeof *wide), *wide_back = room(count * padded * sizeof *wide_back);
    ptrdiff_t *windows = room(count * pixels * sizeof *windows), *elements = room(depth * sizeof *elements);
    ptrdiff_t *places = room(taps * sizeof *places);
    for (size_t i = 0; i < count * pixels; i++)
        windows[i] = (ptrdiff_t)(i / pixels * padded + i % pixels / across * stride * row + i % across * stride * channels);
    for (size_t i = 0; i < depth; i++) elements[i] = (ptrdiff_t)(i / (size * channels) * row + i % (size * channels));
    for (size_t i = 0; i < taps; i++) places[i] = (ptrdiff_t)(i / size * row + i % size * channels);
    for (size_t i = 0; i < count * height; i++) {
        size_t to = i / height * padded + (i % height + padding) * row + padding * channels;
        memcpy(wide + to, images + i * width * channels, width * channels * sizeof *wide);
    }
    struct ck_float_product product = {
        .rows = count * pixels, .columns = filters, .depth = depth, .result = results, .result_step = filters,
        .left = {.base = wide, .outer_offsets = windows, .depth_offsets = elements},
        .right = {.base = weights, .outer_step = 1, .depth_step = (ptrdiff_t)filters}};
    ck_float_multiply(&product);
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t some = count - first < BLOCK ? count - first : BLOCK;
        struct ck_float_product back = {
            .rows = depth, .columns = filters, .depth = some * pixels, .result = block, .result_step = filters,
            .left = {.base = wide + first * padded, .outer_offsets = elements, .depth_offsets = windows},
            .right = {.base = gradient + first * pixels * filters, .outer_step = 1, .depth_step = (ptrdiff_t)filters}};
        ck_float_multiply(&back);
        ck_float_accumulate(of_weights, block, depth * filters);
    }
    struct ck_float_scattered_product scattered = {
        .rows = count * pixels, .filters = filters, .taps = taps, .channels = channels, .gradient = gradient, .weights = weights,
        .places = windows, .tap_places = places, .images = wide_back};
    ck_float_multiply_scattered(&scattered);
    for (size_t i = 0; i < count * height; i++) {
        size_t from = i / height * padded + (i % height + padding) * row + padding * channels;
        memcpy(of_images + i * width * channels, wide_back + from, width * channels * sizeof *wide);
    }
    printf("%016" PRIx64 "\n", fnv(results, (output + depth * filters + input) * sizeof *results));
    free(images), free(weights), free(gradient), free(results), free(block), free(wide), free(wide_back);
    free(windows), free(elements), free(places);
    return 1;
}

// `float-adam` and `float-momentum`: the weights after some steps.
static int update_of_floats(const char *name, size_t count, size_t steps) {
    int is_adam = !strcmp(name, "float-adam");
    if (!is_adam && strcmp(name, "float-momentum")) return 0;
    float *weights = floats(count, 1), *first = room(count * sizeof *first), *second = room(count * sizeof *second);
    double power1 = 1, power2 = 1;
    for (size_t step = 0; step < steps; step++) {
        float *gradient = floats(count, (int64_t)step + 2);
        power1 *= 0.9f, power2 *= 0.999f;
        struct ck_float_adam adam = {
            .keep_first = 0.9f, .add_first = 1 - 0.9f, .keep_second = 0.999f, .add_second = 1 - 0.999f,
            .scale_second = (float)(1 / __builtin_sqrt(1 - power2)), .epsilon = 1e-8f, .step = (float)((double)0.01f / (1 - power1)),
            .keep_weight = (float)(1 - (double)0.01f * (double)0.02f), .penalty = 0.125f};
        struct ck_float_momentum momentum = {.rate = 0.01f, .momentum = 0.9f, .penalty = 0.125f, .looks_ahead = 1};
        if (is_adam) ck_float_adam(&adam, weights, gradient, first, second, count);
        else ck_float_momentum(&momentum, weights, gradient, first, count);
        free(gradient);
    }
    printf("%016" PRIx64 "\n", fnv(weights, count * sizeof *weights));
    free(weights), free(first), free(second);
    return 1;
}

static int sparse_product(size_t rows, size_t columns, size_t width) {
    double *values = numbers(rows * columns, 1), *dense = numbers(columns * width, 2), *result = room(rows * width * sizeof *result);
    size_t wide = ck_sparse_width(width), count = 0;
    double *right = room(columns * wide * sizeof *right);
    for (size_t row = 0; row < columns; row++) memcpy(right + row * wide, dense + row * width, width * sizeof *right);
    ptrdiff_t *starts = room((rows + 1) * sizeof *starts);
    int32_t *indices = room(rows * columns * sizeof *indices);
    for (size_t i = 0; i < rows * columns; i++) {
        if ((unsigned __int128)random_bits(1, i + (1ULL << 33)) * 4 >> 64 == 0) {
            indices[count] = (int32_t)(i % columns);
            values[count++] = values[i];
        }
        if ((i + 1) % columns == 0) starts[(i + 1) / columns] = (ptrdiff_t)count;
    }
    ck_sparse_multiply(starts, rows, indices, values, right, width, result);
    show_hash(result, rows * width);
    free(values), free(dense), free(right), free(starts), free(indices), free(result);
    return 1;
}

static uint64_t below(uint64_t bound, uint64_t index) {
    return (uint64_t)((unsigned __int128)random_bits(1, index) * bound >> 64);
}

static uint8_t *bins_of_column(size_t rows, size_t column) {
    uint8_t *result = room(rows);
    for (size_t row = 0; row < rows; row++) result[row] = (uint8_t)below(256, row * 32 + column + (1ULL << 33));
    return result;
}

// Sums of two thirds of the rows, then those of all rows less them, then both together.
static int bin_sums(size_t rows, size_t features) {
    size_t width = (features + 7) / 8 * 8, count = features * 256, some = 0;
    const uint8_t *columns[32];
    if (width > 32 || width == 0) return 0;
    for (size_t column = 0; column < features; column++) columns[column] = bins_of_column(rows, column);
    uint8_t *codes = room(rows * width);
    ck_interleave(columns, features, width, 0, rows, codes);
    uint64_t *words = room(rows * sizeof *words), *packed = room(width * 256 * sizeof *packed);
    int32_t *chosen = room(rows * sizeof *chosen);
    for (size_t row = 0; row < rows; row++) {
        uint64_t gradient = below(65535, row + (1ULL << 34)) - 32767, second = below(4097, row + (1ULL << 35));
        words[row] = (gradient << 36) + (second << 12) + 1;
        if (row % 3 != 1) chosen[some++] = (int32_t)row;
    }
    int64_t offsets[33];
    for (size_t feature = 0; feature <= features; feature++) offsets[feature] = (int64_t)feature * 256;
    struct ck_packing packing = {.gradient_shift = 36, .count_bits = 12, .total_count_bits = 20};
    struct ck_pair *sums = room(3 * count * sizeof *sums), *others = sums + count, *both = others + count;
    ck_histogram(codes, width, chosen, 0, some, words, packing, offsets, features, packed, sums);
    ck_histogram(codes, width, NULL, 0, rows, words, packing, offsets, features, packed, others);
    ck_pairs_subtract(others, sums, count);
    memcpy(both, sums, count * sizeof *both);
    ck_pairs_add(both, others, count);
    printf("%016" PRIx64 "\n", fnv(sums, 3 * count * sizeof *sums));
    for (size_t column = 0; column < features; column++) free((void *)columns[column]);
    free(codes), free(words), free(packed), free(chosen), free(sums);
    return 1;
}

static int trees(const char *name, size_t first, size_t second) {
    if (!strcmp(name, "bin-sums")) return bin_sums(first, second);
    if (!strcmp(name, "bins")) {
        if (second > 255) return 0;
        double *values = numbers(first, 1), *drawn = numbers(second, 2), thresholds[255], scratch[255];
        for (size_t i = 0; i < first; i += 7) values[i] = __builtin_nan("");
        memcpy(thresholds, drawn, second * sizeof *drawn);
        ck_sort(thresholds, scratch, second);
        for (size_t i = second; i < 255; i++) thresholds[i] = __builtin_inf();
        uint8_t *codes = room(first);
        ck_bins(values, first, thresholds, 255, codes);
        printf("%016" PRIx64 "\n", fnv(codes, first));
        free(values), free(drawn), free(codes);
        return 1;
    }
    if (!strcmp(name, "parted-rows")) {
        uint8_t *column = bins_of_column(first, 0), goes_left[256];
        int32_t *rows = room(2 * first * sizeof *rows), *right = rows + first;
        for (size_t row = 0; row < first; row++) rows[row] = (int32_t)row;
        for (int bin = 0; bin < 256; bin++) goes_left[bin] = bin % 3 == 0;
        size_t lefts = ck_part(column, goes_left, rows, first, rows, right);
        memmove(rows + lefts, right, (first - lefts) * sizeof *rows);
        printf("%016" PRIx64 "\n", fnv(rows, first * sizeof *rows));
        free(column), free(rows);
        return 1;
    }
    if (strcmp(name, "sorted")) return 0;
    double *values = numbers(first, 1), *scratch = room(first * sizeof *scratch);
    ck_sort(values, scratch, first);
    printf("%016" PRIx64 "\n", fnv(values, first * sizeof *values));
    free(values), free(scratch);
    return 1;
}

int main(void) {
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        char words[4][64] = {"", "", "", ""};
        int count = sscanf(line, "%63s %63s %63s %63s", words[0], words[1], words[2], words[3]);
        size_t sizes[3];
        for (int i = 0; i < 3; i++) sizes[i] = (size_t)strtoull(words[i + 1], 0, 10);
        int known = 0;
        if (!strcmp(words[0], "elementwise")) known = elementwise(words[1], sizes[1]);
        else if (count >= 2 && elementary(words[0], words[1], words[2])) known = 1;
        else if (!strcmp(words[0], "float-multiply")) known = product_of_floats(sizes[0], sizes[1], sizes[2]);
        else if (!strcmp(words[0], "gram")) known = gram(sizes[0], sizes[1]);
        else if (!strcmp(words[0], "logistic-sums")) known = logistic_sums(sizes[0], sizes[1]);
        else if (!strcmp(words[0], "sparse-multiply")) known = sparse_product(sizes[0], sizes[1], sizes[2]);
        else if (!strcmp(words[0], "float-convolution")) known = convolution_of_floats(line);
        else if (strstr(words[0], "-pool")) known = pool_of_floats(line);
        else if (trees(words[0], sizes[0], sizes[1])) known = 1;
        else if (count == 3 && update_of_floats(words[0], sizes[0], sizes[1])) known = 1;
        else if (count == 3 && rows_of_floats(words[0], sizes[0], sizes[1])) known = 1;
        else if (count == 2) known = reduction(words[0], sizes[0]);
        else if (count >= 3) known = matrices(words[0], sizes[0], sizes[1], sizes[2]);
        if (!known) puts("?");
    }
    return 0;
}
