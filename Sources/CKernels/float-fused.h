// A fused multiply-add for processors of x86-64 that have none.
//
// The product of two Floats is exact in Double. Its sum with the third is rounded to 53 bits, and then to 24; this
// differs from one rounding only if the first rounded onto the middle between two Floats, or if the result is
// subnormal, where Float has fewer bits. Those lanes are computed again with the sum rounded to odd (Boldo and
// Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).

typedef double fd16 __attribute__((ext_vector_type(16)));
typedef int fi32 __attribute__((ext_vector_type(32)));

static float fused_one(float a, float b, float c) {
    double product = (double)a * (double)b, addend = c;
    double sum = product + addend;
    // With infinity or NaN in play there is no error to speak of.
    if (__builtin_isfinite(sum)) {
        double back = sum - product;
        double error = (product - (sum - back)) + (addend - back);
        long long bits;
        __builtin_memcpy(&bits, &sum, sizeof bits);
        if (error != 0 && (bits & 1) == 0) {
            bits += (error > 0) == (sum > 0) ? 1 : -1;
            __builtin_memcpy(&sum, &bits, sizeof bits);
        }
    }
    return (float)sum;
}

static __attribute__((noinline)) void fused_again(const float *a, const float *b, const float *c, float *result) {
    for (int lane = 0; lane < 16; lane++) result[lane] = fused_one(a[lane], b[lane], c[lane]);
}

static inline __attribute__((always_inline)) f16 fused(f16 a, f16 b, f16 c) {
    fd16 sum = __builtin_convertvector(a, fd16) * __builtin_convertvector(b, fd16) + __builtin_convertvector(c, fd16);
    // Each Double is its low and its high word.
    fi32 words = (fi32)sum;
    i16 low = __builtin_shufflevector(words, words, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    i16 high = __builtin_shufflevector(words, words, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31) & 0x7FFFFFFF;
    i16 doubtful = ((low & 0x1FFFFFFF) == 0x10000000) | ((high > 0) & (high < 0x38100000));
    f16 result = __builtin_convertvector(sum, f16);
    if (__builtin_expect(__builtin_reduce_or(doubtful) != 0, 0)) {
        float x[16], y[16], z[16], again[16];
        __builtin_memcpy(x, &a, sizeof x);
        __builtin_memcpy(y, &b, sizeof y);
        __builtin_memcpy(z, &c, sizeof z);
        fused_again(x, y, z, again);
        __builtin_memcpy(&result, again, sizeof again);
    }
    return result;
}
