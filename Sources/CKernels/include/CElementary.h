#ifndef MLBUILD_CELEMENTARY_H
#define MLBUILD_CELEMENTARY_H

#include <stddef.h>

/// The functions of one argument that are computed over buffers; Numerics.Elementary says what they give.
enum ck_function {
    CK_EXP = 0,
    CK_EXPM1 = 1,
    CK_LOG = 2,
    CK_LOG1P = 3,
    CK_TANH = 4,
    CK_SIGMOID = 5,
    CK_SOFTPLUS = 6,
    CK_SIN = 7,
    CK_COS = 8,
    CK_FUNCTION_COUNT = 9,
};

/// `to[i]` is the function of `from[i]`; the buffers may be one, but must not overlap otherwise.
void ck_map(enum ck_function function, const double *from, double *to, size_t count);
void ck_map_float(enum ck_function function, const float *from, float *to, size_t count);

/// `to[i]` is `bases[i]` to the power of `exponents[i]`; `to` may be one of the others, but must not overlap otherwise.
void ck_map_pow(const double *bases, const double *exponents, double *to, size_t count);
void ck_map_float_pow(const float *bases, const float *exponents, float *to, size_t count);

/// One value each, with the bits of the above.
double ck_sin(double x);
double ck_cos(double x);
double ck_pow(double x, double y);
float ck_float_exp(float x);
float ck_float_expm1(float x);
float ck_float_log(float x);
float ck_float_log1p(float x);
float ck_float_tanh(float x);
float ck_float_sigmoid(float x);
float ck_float_softplus(float x);
float ck_float_sin(float x);
float ck_float_cos(float x);
float ck_float_pow(float x, float y);

#endif
