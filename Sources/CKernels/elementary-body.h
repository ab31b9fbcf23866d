// The elementary functions over buffers, included once for each instruction set after the lanes.

INLINE V NAME(load_doubles)(const double *from) {
    V x;
    __builtin_memcpy(&x, from, sizeof x);
    return x;
}

INLINE void NAME(store_doubles)(double *to, V value) {
    __builtin_memcpy(to, &value, sizeof value);
}

INLINE V NAME(load_floats)(const float *from) {
    NAME(f) x;
    __builtin_memcpy(&x, from, sizeof x);
    return __builtin_convertvector(x, V);
}

// Rounds, so that every NaN becomes the one NaN of Float.
INLINE void NAME(store_floats)(float *to, V value) {
    NAME(f) rounded = __builtin_convertvector(NAME(plain)(value), NAME(f));
    __builtin_memcpy(to, &rounded, sizeof rounded);
}

// What is left over at the end is computed among ones, by a second call so that the function's text is here once.
#define MAP(name, type, load, store, function)                                                                              \
    static void NAME(name)(const type *from, type *to, size_t count) {                                                      \
        size_t i = 0;                                                                                                       \
        for (; i + LANES <= count; i += LANES) store(to + i, function(load(from + i)));                                     \
        if (i == count) return;                                                                                             \
        type block[LANES];                                                                                                  \
        for (size_t lane = 0; lane < LANES; lane++) block[lane] = i + lane < count ? from[i + lane] : 1;                    \
        NAME(name)(block, block, LANES);                                                                                    \
        __builtin_memcpy(to + i, block, (count - i) * sizeof(type));                                                        \
    }

#define MAP_TWO(name, type, load, store, function)                                                                          \
    static void NAME(name)(const type *from, const type *other, type *to, size_t count) {                                   \
        size_t i = 0;                                                                                                       \
        for (; i + LANES <= count; i += LANES) store(to + i, function(load(from + i), load(other + i)));                    \
        if (i == count) return;                                                                                             \
        type block[LANES], second[LANES];                                                                                   \
        for (size_t lane = 0; lane < LANES; lane++) {                                                                       \
            block[lane] = i + lane < count ? from[i + lane] : 1;                                                            \
            second[lane] = i + lane < count ? other[i + lane] : 1;                                                          \
        }                                                                                                                   \
        NAME(name)(block, second, block, LANES);                                                                            \
        __builtin_memcpy(to + i, block, (count - i) * sizeof(type));                                                        \
    }

#define DOUBLES(name) MAP(map_##name, double, NAME(load_doubles), NAME(store_doubles), NAME(name))
#define FLOATS(name) MAP(map_float_##name, float, NAME(load_floats), NAME(store_floats), NAME(short_##name))

DOUBLES(exp)
DOUBLES(expm1)
DOUBLES(log)
DOUBLES(log1p)
DOUBLES(tanh)
DOUBLES(sigmoid)
DOUBLES(softplus)
DOUBLES(sin)
DOUBLES(cos)
MAP_TWO(map_pow, double, NAME(load_doubles), NAME(store_doubles), NAME(pow))

FLOATS(exp)
FLOATS(expm1)
FLOATS(log)
FLOATS(log1p)
FLOATS(tanh)
FLOATS(sigmoid)
FLOATS(softplus)
FLOATS(sin)
FLOATS(cos)
MAP_TWO(map_float_pow, float, NAME(load_floats), NAME(store_floats), NAME(short_pow))

#undef MAP
#undef MAP_TWO
#undef DOUBLES
#undef FLOATS

// In the order of enum ck_function.
static const struct elementary NAME(elementary) = {
    .doubles = {NAME(map_exp), NAME(map_expm1), NAME(map_log), NAME(map_log1p), NAME(map_tanh), NAME(map_sigmoid),
                NAME(map_softplus), NAME(map_sin), NAME(map_cos)},
    .floats = {NAME(map_float_exp), NAME(map_float_expm1), NAME(map_float_log), NAME(map_float_log1p), NAME(map_float_tanh),
               NAME(map_float_sigmoid), NAME(map_float_softplus), NAME(map_float_sin), NAME(map_float_cos)},
    .pow = NAME(map_pow),
    .float_pow = NAME(map_float_pow),
};
