// The elementary functions on several Floats at once, continuing elementary-lanes.h.
//
// They are computed in Double and rounded once at the end. The polynomials have a relative error of about 2^-43, so that
// nearly all results are the Float nearest to the true value. Arguments are Floats that have become Doubles.

typedef float NAME(f) __attribute__((ext_vector_type(LANES)));

// exp(r) - 1 - r for |r| at most 0.35
INLINE V NAME(short_tail)(V r) {
    V square = r * r;
    V low = (0x1.fffffffffddd2p-2 + r * 0x1.5555555554f1fp-3) + square * (0x1.55555566c560cp-5 + r * 0x1.1111111767e64p-7);
    V high = (0x1.6c166877ea6c2p-10 + r * 0x1.a019c0f2c6d58p-13) + square * (0x1.a13c5a6dda902p-16 + r * 0x1.72b159083cf8bp-19);
    return square * (low + square * square * high);
}

// Beyond, the exponential is infinite or zero as a Float, and far from that as a Double.
INLINE V NAME(short_limited)(V x) {
    x = x > 160 ? ALL(160) : x;
    return x < -160 ? ALL(-160) : x;
}

// exp(x) for |x| up to 500
INLINE V NAME(short_exponential)(V x) {
    struct NAME(reduced) r = NAME(reduce)(x);
    V rest = r.high + r.low;
    return (1 + (rest + NAME(short_tail)(rest))) * NAME(power_of_two)(r.exponent);
}

// exp(x) - 1 for |x| up to 500
INLINE V NAME(short_exponential_minus_one)(V x) {
    struct NAME(reduced) r = NAME(reduce)(x);
    M small = NAME(magnitude)(x) < 0.34;
    V rest = small ? x : r.high + r.low;
    V value = rest + NAME(short_tail)(rest);
    return small ? value : (1 + value) * NAME(power_of_two)(r.exponent) - 1;
}

// k ln 2 + log(1 + f) for f from -0.293 to 0.415
INLINE V NAME(short_logarithm)(V f, V k) {
    V s = f / (2 + f);
    V z = s * s;
    V r = (0x1.5555555565296p-1 + z * 0x1.999998c854095p-2)
        + z * z * ((0x1.2493260242957p-2 + z * 0x1.c679cde0812dcp-3) + z * z * 0x1.8ca063628a3a9p-3);
    return k * 0x1.62e42fefa39efp-1 + s * (2 + z * r);
}

INLINE V NAME(short_exp)(V x) {
    return NAME(short_exponential)(NAME(short_limited)(x));
}

INLINE V NAME(short_expm1)(V x) {
    V value = NAME(short_exponential_minus_one)(NAME(short_limited)(x));
    // Keeps the sign of zero.
    return x == 0 ? x : value;
}

INLINE V NAME(short_log)(V x) {
    M moved = (M)x + (0x3FF0000000000000 - 0x3FE6A09E00000000);
    V f = (V)((moved & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000) - 1;
    V k = (V)(((moved >> 52) - 1023) + (M)ALL(0x1.8p+52)) - 0x1.8p+52;
    return NAME(logarithm_ends)(NAME(short_logarithm)(f, k), x);
}

INLINE V NAME(short_log1p)(V x) {
    // The sum is exact where it is used.
    V value = NAME(short_log)(1 + x);
    return NAME(magnitude)(x) < 0x1p-29 ? x : value;
}

INLINE V NAME(short_tanh)(V x) {
    V size = NAME(magnitude)(x);
    V power = NAME(short_exponential_minus_one)(2 * (size > 20 ? ALL(20) : size));
    V value = power / (power + 2);
    return (V)((M)value | ((M)x & (M)ALL(-0.0)));
}

INLINE V NAME(short_sigmoid)(V x) {
    return 1 / (1 + NAME(short_exponential)(-NAME(short_limited)(x)));
}

INLINE V NAME(short_softplus)(V x) {
    V power = NAME(short_exponential)(-NAME(magnitude)(NAME(short_limited)(x)));
    // 1 + power beyond the square root of 2 is twice 1 + (power - 1) / 2.
    M upper = power > 0.414;
    V ramp = NAME(short_logarithm)(upper ? (power - 1) * 0.5 : power, upper ? ALL(1) : ALL(0));
    return x > 0 ? x + ramp : ramp;
}

INLINE V NAME(short_pow)(V x, V y) {
    V product = y * NAME(short_log)(NAME(magnitude)(x));
    return NAME(power_ends)(NAME(short_exponential)(NAME(short_limited)(product)), x, y);
}

INLINE V NAME(short_wave)(struct NAME(angle) a) {
    V x = a.high;
    V z = x * x;
    V w = z * z;
    V s = (-0x1.5555555555166p-3 + z * 0x1.1111110fd28f7p-7)
        + w * ((-0x1.a019fd9820cb8p-13 + z * 0x1.71d9a79f7c8bfp-19) + w * -0x1.aa27435ae36f6p-26);
    V c = (0x1.5555555555435p-5 + z * -0x1.6c16c16b60960p-10)
        + w * ((0x1.a019ff51e32bfp-16 + z * -0x1.27e25df660197p-22) + w * 0x1.1c812551ce4e2p-29);
    V value = (a.quadrant & 1) != 0 ? (1 - 0.5 * z) + w * c : x + x * z * s;
    return (V)((M)value ^ ((a.quadrant & 2) << 62));
}

INLINE V NAME(short_sin)(V x) {
    V value = NAME(short_wave)(NAME(angle)(x));
    value = x == 0 ? x : value;
    return NAME(magnitude)(x) < __builtin_inf() ? value : ALL(ELEMENTARY_NAN);
}

INLINE V NAME(short_cos)(V x) {
    struct NAME(angle) a = NAME(angle)(x);
    a.quadrant += 1;
    return NAME(magnitude)(x) < __builtin_inf() ? NAME(short_wave)(a) : ALL(ELEMENTARY_NAN);
}
