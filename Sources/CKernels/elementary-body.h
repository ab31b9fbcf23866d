// The elementary functions over buffers, included once for each instruction set after the lanes.

INLINE V NAME(load_doubles)(const double *from, size_t count) {
    V x = ALL(0);
    __builtin_memcpy(&x, from, count * sizeof(double));
    return x;
}

INLINE void NAME(store_doubles)(double *to, V value, size_t count) {
    __builtin_memcpy(to, &value, count * sizeof(double));
}

INLINE V NAME(load_floats)(const float *from, size_t count) {
    NAME(f) x = (NAME(f))(0);
    __builtin_memcpy(&x, from, count * sizeof(float));
    return __builtin_convertvector(x, V);
}

// Rounds, so that every NaN becomes the one NaN of Float.
INLINE void NAME(store_floats)(float *to, V value, size_t count) {
    NAME(f) rounded = __builtin_convertvector(NAME(plain)(value), NAME(f));
    __builtin_memcpy(to, &rounded, count * sizeof(float));
}

// What is left over at the end is computed among zeros.
#define MAP(name, type, load, store, function)                                                                              \
    static void NAME(name)(const type *from, type *to, size_t count) {                                                      \
        size_t i = 0;                                                                                                       \
        for (; i + LANES <= count; i += LANES) store(to + i, function(load(from + i, LANES)), LANES);                       \
        if (i < count) store(to + i, function(load(from + i, count - i)), count - i);                                       \
    }

#define MAP_TWO(name, type, load, store, function)                                                                          \
    static void NAME(name)(const type *from, const type *other, type *to, size_t count) {                                   \
        size_t i = 0;                                                                                                       \
        for (; i + LANES <= count; i += LANES)                                                                              \
            store(to + i, function(load(from + i, LANES), load(other + i, LANES)), LANES);                                  \
        size_t rest = count - i;                                                                                            \
        if (rest) store(to + i, function(load(from + i, rest), load(other + i, rest)), rest);                               \
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
