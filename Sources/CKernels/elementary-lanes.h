// The elementary functions on several Doubles at once, included once for each instruction set: NAME(x) gives each its own
// names, LANES is how many numbers are computed together.
//
// DETERMINISM: each lane does the same IEEE-754 operations in the same order with any number of lanes; where Elementary.swift
// branches, both ways are computed and one is chosen. The polynomials are explained there. Nothing is contracted.

typedef double NAME(v) __attribute__((ext_vector_type(LANES)));
typedef long NAME(m) __attribute__((ext_vector_type(LANES)));

#define INLINE static inline __attribute__((always_inline, unused))
#define V NAME(v)
#define M NAME(m)
#define ALL(x) ((V)(x))

INLINE V NAME(magnitude)(V x) {
    return (V)((M)x & 0x7FFFFFFFFFFFFFFF);
}

// Every NaN becomes the one NaN.
INLINE V NAME(plain)(V x) {
    return x == x ? x : ALL(ELEMENTARY_NAN);
}

// 2 to the power of `exponent`, which is from -1,022 to 1,023.
INLINE V NAME(power_of_two)(M exponent) {
    return (V)((exponent + 1023) << 52);
}

// x - k ln 2 = high + low for the integer k nearest to x / ln 2.
struct NAME(reduced) {
    M exponent;
    V k, high, low;
};

INLINE struct NAME(reduced) NAME(reduce)(V x) {
    struct NAME(reduced) r;
    // The low bits of the sum hold the integer.
    V shifted = x * 0x1.71547652b82fep+0 + 0x1.8p+52;
    r.exponent = (M)shifted - (M)ALL(0x1.8p+52);
    r.k = shifted - 0x1.8p+52;
    r.high = x - r.k * ELEMENTARY_LN2_HIGH;
    r.low = -(r.k * ELEMENTARY_LN2_LOW);
    return r;
}

// exp(r) - 1 - r
INLINE V NAME(tail)(V r) {
    V square = r * r;
    V fourth = square * square;
    V low = (0.5 + r * 0x1.5555555555557p-3) + square * (0x1.5555555555556p-5 + r * 0x1.11111111100bep-7);
    V middle = (0x1.6c16c16c162c3p-10 + r * 0x1.a01a01abf85abp-13) + square * (0x1.a01a01a6e1e2ap-16 + r * 0x1.71de01fdbf9cap-19);
    V high = (0x1.27e4db46cddd1p-22 + r * 0x1.af4e554377204p-26) + square * 0x1.1f7340dbc337ep-29;
    return square * (low + fourth * (middle + fourth * high));
}

// `value` times 2^k in two steps where one factor would not be a normal number.
INLINE V NAME(scaled)(V value, struct NAME(reduced) r) {
    M over = r.k >= 1024, under = r.k <= -1022;
    V factor = over ? ALL(2) : under ? ALL(0x1p-64) : ALL(1);
    return value * NAME(power_of_two)(r.exponent - ((over & 1) + (under & -64))) * factor;
}

INLINE V NAME(exp)(V x) {
    struct NAME(reduced) r = NAME(reduce)(x);
    V value = NAME(scaled)(1 + (r.high + (r.low + NAME(tail)(r.high + r.low))), r);
    value = x >= ELEMENTARY_OVERFLOW ? ALL(__builtin_inf()) : x <= -746 ? ALL(0) : value;
    return NAME(plain)(value);
}

INLINE V NAME(expm1)(V x) {
    struct NAME(reduced) r = NAME(reduce)(x);
    M small = NAME(magnitude)(x) < 0.34;
    V p = NAME(tail)(small ? x : r.high + r.low);
    V one = r.k >= 64 ? ALL(1) : 1 - NAME(power_of_two)(-r.exponent);
    V sum = one + r.high;
    V rest = NAME(magnitude)(one) >= NAME(magnitude)(r.high) ? r.high - (sum - one) : one - (sum - r.high);
    V value = NAME(scaled)(sum + (rest + (r.low + p)), r);
    value = small ? x + p : value;
    value = NAME(magnitude)(x) < 0x1p-54 ? x : value;
    value = x >= ELEMENTARY_OVERFLOW ? ALL(__builtin_inf()) : x <= -40 ? ALL(-1) : value;
    return NAME(plain)(value);
}

// k ln 2 + log(1 + f) + correction for f from -0.293 to 0.415
INLINE V NAME(logarithm)(V f, V k, V correction) {
    V s = f / (2 + f);
    V z = s * s;
    V w = z * z;
    V even = 0x1.5555555555555p-1 + w * (0x1.2492492476a1ap-2 + w * (0x1.745cf8e4bba1bp-3 + w * 0x1.0fbde0f4ad17bp-3));
    V odd = 0x1.9999999999a39p-2 + w * (0x1.c71c7201a55d7p-3 + w * (0x1.3b1c3c1c81c8fp-3 + w * 0x1.0c0aff044a970p-3));
    V remainder = z * (even + z * odd);
    V half = 0.5 * f * f;
    return k * ELEMENTARY_LN2_HIGH - ((half - (s * (half + remainder) + (k * ELEMENTARY_LN2_LOW + correction))) - f);
}

// x = 2^k (1 + f) with 1 + f around 1, for positive finite x.
struct NAME(split) {
    V f, k;
};

INLINE struct NAME(split) NAME(split)(V x) {
    struct NAME(split) parts;
    M subnormal = x < 0x1p-1022;
    M bits = (M)(subnormal ? x * 0x1p+54 : x);
    M moved = bits + (0x3FF0000000000000 - 0x3FE6A09E00000000);
    M exponent = ((moved >> 52) - 1023) + (subnormal & -54);
    parts.f = (V)((moved & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000) - 1;
    // An integer of few bits, added to the bits of 1.5 * 2^52, is added to its value.
    parts.k = (V)(exponent + (M)ALL(0x1.8p+52)) - 0x1.8p+52;
    return parts;
}

// The logarithm at zero, at infinity and where there is none.
INLINE V NAME(logarithm_ends)(V value, V x) {
    value = x < __builtin_inf() ? value : ALL(__builtin_inf());
    return x > 0 ? value : x == 0 ? ALL(-__builtin_inf()) : ALL(ELEMENTARY_NAN);
}

INLINE V NAME(log)(V x) {
    struct NAME(split) parts = NAME(split)(x);
    return NAME(logarithm_ends)(NAME(logarithm)(parts.f, parts.k, ALL(0)), x);
}

INLINE V NAME(log1p)(V x) {
    V sum = 1 + x;
    V lost = x > 1 ? 1 - (sum - x) : x - (sum - 1);
    struct NAME(split) parts = NAME(split)(sum);
    M near = (x > -0.29) & (x < 0.41);
    V value = NAME(logarithm)(near ? x : parts.f, near ? ALL(0) : parts.k, near ? ALL(0) : lost / sum);
    value = NAME(magnitude)(x) < 0x1p-54 ? x : value;
    // The sum keeps infinity, and is zero only at -1.
    return NAME(logarithm_ends)(value, sum);
}

INLINE V NAME(tanh)(V x) {
    V size = NAME(magnitude)(x);
    M large = size >= 1;
    V power = NAME(expm1)(large ? 2 * size : -2 * size);
    V quotient = (large ? ALL(2) : -power) / (power + 2);
    V value = large ? 1 - quotient : quotient;
    value = size < 22 ? value : ALL(1);
    value = x < 0 ? -value : value;
    value = size < 0x1p-28 ? x : value;
    return x == x ? value : ALL(ELEMENTARY_NAN);
}

INLINE V NAME(sigmoid)(V x) {
    V power = NAME(exp)(-NAME(magnitude)(x));
    return NAME(plain)((x >= 0 ? ALL(1) : power) / (1 + power));
}

INLINE V NAME(softplus)(V x) {
    V ramp = NAME(log1p)(NAME(exp)(-NAME(magnitude)(x)));
    return NAME(plain)(x > 0 ? x + ramp : ramp);
}

// A sum of two numbers that no single one could hold.
struct NAME(pair) {
    V high, low;
};

// The exact sum.
INLINE struct NAME(pair) NAME(sum_pair)(V a, V b) {
    V high = a + b;
    V part = high - a;
    return (struct NAME(pair)){high, (a - (high - part)) + (b - part)};
}

// The exact product, for factors below 2^996 whose product is not subnormal: each factor is split in halves of 26 bits.
INLINE struct NAME(pair) NAME(product_pair)(V a, V b) {
    V wide = a * 0x1.0000002p+27, other = b * 0x1.0000002p+27;
    V a_high = wide - (wide - a), b_high = other - (other - b);
    V a_low = a - a_high, b_low = b - b_high;
    V high = a * b;
    return (struct NAME(pair)){high, (((a_high * b_high - high) + a_high * b_low) + a_low * b_high) + a_low * b_low};
}

// `pair` times a number that is `factor + factor_low`.
INLINE struct NAME(pair) NAME(scaled_pair)(struct NAME(pair) pair, V factor, V factor_low) {
    struct NAME(pair) product = NAME(product_pair)(pair.high, factor);
    product.low += pair.high * factor_low + pair.low * factor;
    return product;
}

// log(x) for positive finite x with a relative error of about 2^-67.
//
// log(1 + f) is 2 s + 2/3 s³ + 2/5 s⁵ + s⁷ Q(s²); the first three terms are computed in pairs.
INLINE struct NAME(pair) NAME(logarithm_pair)(V x) {
    struct NAME(split) parts = NAME(split)(x);
    V f = parts.f;
    V below = 2 + f;
    V below_low = f - (below - 2);
    V s = f / below;
    struct NAME(pair) back = NAME(product_pair)(s, below);
    V s_low = (((f - back.high) - back.low) - s * below_low) / below;
    struct NAME(pair) one = {s, s_low};
    struct NAME(pair) square = NAME(scaled_pair)(one, s, s_low);
    struct NAME(pair) cube = NAME(scaled_pair)(one, square.high, square.low);
    struct NAME(pair) third = NAME(scaled_pair)(cube, ALL(0x1.5555555555555p-1), ALL(0x1.5555555555555p-55));
    struct NAME(pair) power = NAME(scaled_pair)(cube, square.high, square.low);
    struct NAME(pair) fifth = NAME(scaled_pair)(power, ALL(0x1.999999999999ap-2), ALL(-0x1.999999999999ap-56));
    V z = square.high;
    V w = z * z;
    V low = (0x1.2492492492497p-2 + z * 0x1.c71c71c71522ep-3) + w * (0x1.745d175543a12p-3 + z * 0x1.3b13a50183191p-3);
    V high = (0x1.1115aa09d39cep-3 + z * 0x1.e01d414af6c6fp-4) + w * 0x1.d9e5471cf9b3ep-4;
    V seventh = power.high * z * (low + w * w * high);
    struct NAME(pair) first = NAME(sum_pair)(parts.k * ELEMENTARY_LN2_HIGH, 2 * s);
    struct NAME(pair) second = NAME(sum_pair)(first.high, third.high);
    struct NAME(pair) lead = NAME(sum_pair)(second.high, fifth.high);
    V rest = ((lead.low + second.low) + first.low)
        + (((2 * s_low + third.low) + (fifth.low + seventh)) + parts.k * ELEMENTARY_LN2_LOW);
    V sum = lead.high + rest;
    return (struct NAME(pair)){sum, (lead.high - sum) + rest};
}

INLINE M NAME(is_integer)(V magnitude) {
    return (magnitude >= 0x1p52) | ((magnitude + 0x1p52) - 0x1p52 == magnitude);
}

// Where |x|^y is not the exponential of a finite number, and the sign: the cases of IEEE-754's pow.
INLINE V NAME(power_ends)(V value, V x, V y) {
    V base = NAME(magnitude)(x), size = NAME(magnitude)(y);
    const V infinity = ALL(__builtin_inf());
    V end = y > 0 ? ALL(0) : infinity;
    value = base == 0 ? end : value;
    value = base == infinity ? (y > 0 ? infinity : ALL(0)) : value;
    value = size == infinity ? ((base > 1) == (y > 0) ? infinity : ALL(0)) : value;
    value = ((size == infinity) & (base == 1)) ? ALL(1) : value;
    M integer = NAME(is_integer)(size);
    M odd = integer & ~NAME(is_integer)(size * 0.5);
    M negative = (M)x < 0;
    value = (negative & (base != 0) & (base != infinity) & ~integer) ? ALL(ELEMENTARY_NAN) : value;
    value = (negative & odd) ? -value : value;
    value = ((x == x) & (y == y)) ? value : ALL(ELEMENTARY_NAN);
    return NAME(plain)(((x == 1) | (y == 0)) ? ALL(1) : value);
}

INLINE V NAME(pow)(V x, V y) {
    struct NAME(pair) logarithm = NAME(logarithm_pair)(NAME(magnitude)(x));
    // Beyond, every power but that of one is infinite or zero; the bound keeps the product exact.
    V limited = y > 0x1p+65 ? ALL(0x1p+65) : y < -0x1p+65 ? ALL(-0x1p+65) : y;
    struct NAME(pair) product = NAME(product_pair)(limited, logarithm.high);
    V low = product.low + limited * logarithm.low;
    struct NAME(reduced) r = NAME(reduce)(product.high);
    r.low += low;
    V value = NAME(scaled)(1 + (r.high + (r.low + NAME(tail)(r.high + r.low))), r);
    value = product.high >= 710 ? ALL(__builtin_inf()) : product.high <= -746 ? ALL(0) : value;
    return NAME(power_ends)(value, x, y);
}

// x = quadrant * pi/2 + high + low, the remainder at most pi/4 (by an ULP more) in size.
struct NAME(angle) {
    M quadrant;
    V high, low;
};

// For |x| up to 2^20: pi/2 in three parts of 33 bits, whose products with the quadrant are exact, and a fourth.
// Other lanes go one by one through the bits of 2/pi.
INLINE struct NAME(angle) NAME(angle)(V x) {
    struct NAME(angle) a;
    V shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p+52;
    a.quadrant = (M)shifted;
    V n = shifted - 0x1.8p+52;
    struct NAME(pair) second = NAME(sum_pair)(x - n * 0x1.921fb54400000p+0, n * -0x1.0b4611a600000p-34);
    struct NAME(pair) third = NAME(sum_pair)(second.high, n * -0x1.3198a2e000000p-69);
    V rest = (second.low + third.low) - n * 0x1.b839a252049c1p-104;
    a.high = third.high + rest;
    a.low = (third.high - a.high) + rest;
    M large = (NAME(magnitude)(x) > 0x1p+20) & (NAME(magnitude)(x) < __builtin_inf());
    if (__builtin_expect(__builtin_reduce_or(large) != 0, 0)) {
#pragma clang loop unroll(disable)
        for (int lane = 0; lane < LANES; lane++) {
            if (!large[lane]) continue;
            struct elementary_angle one = elementary_large_angle(x[lane]);
            a.quadrant[lane] = one.quadrant;
            a.high[lane] = one.high;
            a.low[lane] = one.low;
        }
    }
    return a;
}

// sin(high + low) and cos(high + low) up to pi/4, the one that `quadrant` asks for, with its sign.
INLINE V NAME(wave)(struct NAME(angle) a) {
    V x = a.high, y = a.low;
    V z = x * x;
    V w = z * z;
    V cube = z * x;
    V s = (0x1.1111111110babp-7 + z * (-0x1.a01a019e820aep-13 + z * 0x1.71de37946ed6dp-19))
        + z * w * (-0x1.ae6008d114485p-26 + z * 0x1.5e0a4fc16be59p-33);
    V sine = x - ((z * (0.5 * y - cube * s) - y) - cube * -0x1.5555555555555p-3);
    V c = z * (0x1.5555555555555p-5 + z * (-0x1.6c16c16c16963p-10 + z * 0x1.a01a019f4ddfdp-16))
        + w * w * (-0x1.27e4fa16cc2d1p-22 + z * (0x1.1eeb67d026ec6p-29 + z * -0x1.907cd8ff5ede7p-37));
    V half = 0.5 * z;
    V one = 1 - half;
    V cosine = one + (((1 - one) - half) + (z * c - x * y));
    V value = (a.quadrant & 1) != 0 ? cosine : sine;
    return (V)((M)value ^ ((a.quadrant & 2) << 62));
}

INLINE V NAME(sin)(V x) {
    V value = NAME(wave)(NAME(angle)(x));
    // Keeps the sign of zero.
    value = x == 0 ? x : value;
    return NAME(magnitude)(x) < __builtin_inf() ? value : ALL(ELEMENTARY_NAN);
}

INLINE V NAME(cos)(V x) {
    struct NAME(angle) a = NAME(angle)(x);
    a.quadrant += 1;
    return NAME(magnitude)(x) < __builtin_inf() ? NAME(wave)(a) : ALL(ELEMENTARY_NAN);
}
