// Rows of Floats, and numbers by themselves, included once for each instruction set.
//
// Loops without vectors are on elements that do not depend on each other: however the compiler groups them, each has
// the same operations.

static inline __attribute__((always_inline)) float NAME(f_plain_one)(float value) {
    return value != value ? __builtin_nanf("") : value;
}

static inline __attribute__((always_inline)) float NAME(f_tree)(f16 lanes) {
    f8 eight = lanes.lo + lanes.hi;
    f4 four = eight.lo + eight.hi;
    f2 two = four.lo + four.hi;
    return two[0] + two[1];
}

static inline __attribute__((always_inline)) float NAME(f_sum)(const float *values, size_t count) {
    f16 lanes = (f16)(0.0f);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) lanes += NAME(f_load)(values + i);
    if (i < count) lanes += NAME(f_load_part)(values + i, count - i);
    return NAME(f_tree)(lanes);
}

// The largest value, NaN left out: it shows in the sum. The order cannot show, since a zero's sign goes in the difference.
static inline __attribute__((always_inline)) float NAME(f_largest)(const float *values, size_t count) {
    float largest = -__builtin_inff();
    size_t i = 0;
    if (count >= 16) {
        f16 lanes = (f16)(largest);
        for (; i + 16 <= count; i += 16) {
            f16 next = NAME(f_load)(values + i);
            lanes = next > lanes ? next : lanes;
        }
        for (size_t lane = 0; lane < 16; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
    }
    for (; i < count; i++) largest = values[i] > largest ? values[i] : largest;
    return largest;
}

static void NAME(float_softmax)(float *x, size_t rows, size_t columns, const int *labels, float *losses) {
    // So many rows at a time stay in the first cache.
    size_t step = columns < 2048 ? 2048 / (columns ? columns : 1) : 1;
    for (size_t first = 0; first < rows; first += step) {
        size_t count = rows - first < step ? rows - first : step;
        float *block = x + first * columns;
        for (size_t row = 0; row < count; row++) {
            float *values = block + row * columns, largest = NAME(f_largest)(values, columns);
            for (size_t i = 0; i < columns; i++) values[i] -= largest;
            if (labels) losses[first + row] = values[labels[first + row]];
        }
        ck_map_float(CK_EXP, block, block, count * columns);
        for (size_t row = 0; row < count; row++) {
            float *values = block + row * columns, sum = NAME(f_sum)(values, columns);
            for (size_t i = 0; i < columns; i++) values[i] = NAME(f_plain_one)(values[i] / sum);
            if (labels) losses[first + row] = NAME(f_plain_one)(ck_float_log(sum) - losses[first + row]);
        }
    }
}

static void NAME(float_log_softmax)(float *x, size_t rows, size_t columns) {
    float *powers = ck_float_scratch(columns * sizeof(float) + 64);
    for (size_t row = 0; row < rows; row++) {
        float *values = x + row * columns, largest = NAME(f_largest)(values, columns);
        for (size_t i = 0; i < columns; i++) values[i] -= largest;
        ck_map_float(CK_EXP, values, powers, columns);
        float logarithm = ck_float_log(NAME(f_sum)(powers, columns));
        for (size_t i = 0; i < columns; i++) values[i] = NAME(f_plain_one)(values[i] - logarithm);
    }
}

static void NAME(float_column_sums)(const float *x, size_t rows, size_t columns, float *sums) {
    size_t column = 0;
    for (; column + 64 <= columns; column += 64) {
        f16 s0 = (f16)(0.0f), s1 = s0, s2 = s0, s3 = s0;
        for (size_t row = 0; row < rows; row++) {
            const float *from = x + row * columns + column;
            s0 += NAME(f_load)(from);
            s1 += NAME(f_load)(from + 16);
            s2 += NAME(f_load)(from + 32);
            s3 += NAME(f_load)(from + 48);
        }
        f16 all[4] = {s0, s1, s2, s3};
        __builtin_memcpy(sums + column, all, sizeof all);
    }
    for (; column + 16 <= columns; column += 16) {
        f16 sum = (f16)(0.0f);
        for (size_t row = 0; row < rows; row++) sum += NAME(f_load)(x + row * columns + column);
        __builtin_memcpy(sums + column, &sum, sizeof sum);
    }
    if (column == columns) return;
    for (size_t i = column; i < columns; i++) sums[i] = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = column; i < columns; i++) sums[i] += x[row * columns + i];
    }
}

static void NAME(float_add_bias)(float *x, size_t rows, size_t columns, const float *bias, int relu) {
    for (size_t row = 0; row < rows; row++) {
        float *values = x + row * columns;
        if (relu) {
            for (size_t i = 0; i < columns; i++) {
                float value = NAME(f_plain_one)(values[i] + bias[i]);
                values[i] = value <= 0 ? 0 : value;
            }
        } else {
            for (size_t i = 0; i < columns; i++) values[i] = NAME(f_plain_one)(values[i] + bias[i]);
        }
    }
}

static void NAME(float_relu)(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float value = NAME(f_plain_one)(x[i]);
        x[i] = value <= 0 ? 0 : value;
    }
}

static void NAME(float_relu_gradient)(float *gradient, const float *result, size_t count) {
    for (size_t i = 0; i < count; i++) gradient[i] = result[i] > 0 ? NAME(f_plain_one)(gradient[i]) : 0;
}

static void NAME(float_accumulate)(float *to, const float *from, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = NAME(f_plain_one)(to[i] + from[i]);
}

static inline __attribute__((always_inline)) void NAME(f_store)(float *to, f16 value, size_t count) {
    value = NAME(f_plain)(value);
    if (count == 16) __builtin_memcpy(to, &value, sizeof value);
    else __builtin_memcpy(to, &value, count * sizeof(float));
}

static inline __attribute__((always_inline)) f16 NAME(f_load_some)(const float *from, size_t count) {
    return count == 16 ? NAME(f_load)(from) : NAME(f_load_part)(from, count);
}

static void NAME(float_adam)(
    const struct ck_float_adam *by, float *weights, const float *gradient, float *first, float *second, size_t count) {
    for (size_t i = 0; i < count; i += 16) {
        size_t part = count - i < 16 ? count - i : 16;
        f16 weight = NAME(f_load_some)(weights + i, part);
        f16 slope = NAME(f_load_some)(gradient + i, part) + by->penalty * weight;
        f16 mean = by->keep_first * NAME(f_load_some)(first + i, part) + by->add_first * slope;
        f16 square = by->keep_second * NAME(f_load_some)(second + i, part) + by->add_second * (slope * slope);
        f16 size = __builtin_elementwise_sqrt(square) * by->scale_second + by->epsilon;
        NAME(f_store)(first + i, mean, part);
        NAME(f_store)(second + i, square, part);
        NAME(f_store)(weights + i, by->keep_weight * weight - by->step * (mean / size), part);
    }
}

static void NAME(float_momentum)(
    const struct ck_float_momentum *by, float *weights, const float *gradient, float *velocity, size_t count) {
    for (size_t i = 0; i < count; i += 16) {
        size_t part = count - i < 16 ? count - i : 16;
        f16 weight = NAME(f_load_some)(weights + i, part);
        f16 slope = NAME(f_load_some)(gradient + i, part) + by->penalty * weight;
        f16 speed = by->momentum * NAME(f_load_some)(velocity + i, part) + slope;
        f16 direction = by->looks_ahead ? slope + by->momentum * speed : speed;
        NAME(f_store)(velocity + i, speed, part);
        NAME(f_store)(weights + i, weight - by->rate * direction, part);
    }
}
