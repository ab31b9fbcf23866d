#ifndef MLBUILD_ELEMENTARY_H
#define MLBUILD_ELEMENTARY_H

// What the lanes of elementary-lanes.h share; a file that includes that one includes this first.

#pragma STDC FP_CONTRACT OFF

// The largest x whose exponential is finite, and the next number.
#define ELEMENTARY_OVERFLOW 0x1.62e42fefa39f0p+9
// ln 2 in two parts; the high one has 41 fractional bits, so that its product with an exponent is exact.
#define ELEMENTARY_LN2_HIGH 0x1.62e42fefa3000p-1
#define ELEMENTARY_LN2_LOW 0x1.3de6af278ece6p-42
// 0x7FF8000000000000
#define ELEMENTARY_NAN __builtin_nan("")

/// An angle without its whole turns: `quadrant` times pi/2, plus `high + low`, which is at most pi/4.
struct elementary_angle {
    long quadrant;
    double high, low;
};

/// The angle of a finite number of at least 2^20 in size, by integers; the remainder's relative error is below 2^-70.
struct elementary_angle elementary_large_angle(double x);

#endif
