// Everything on Float for one instruction set: NAME(x) gives it its names, FUSED(a, b, c) is a fused multiply-add of 16
// numbers, and the sizes of tiles and blocks are what suits the registers and caches. They never change a bit.

#include "float-product-body.h"
#include "float-rows-body.h"
#include "float-image-body.h"

static const struct float_kernels NAME(float_kernels) = {
    .multiply = NAME(float_multiply),
    .softmax = NAME(float_softmax),
    .log_softmax = NAME(float_log_softmax),
    .column_sums = NAME(float_column_sums),
    .add_bias = NAME(float_add_bias),
    .relu = NAME(float_relu),
    .relu_gradient = NAME(float_relu_gradient),
    .accumulate = NAME(float_accumulate),
    .adam = NAME(float_adam),
    .momentum = NAME(float_momentum),
    .scattered_product = NAME(float_scattered_product),
    .max_pool = NAME(float_max_pool),
    .max_pool_gradient = NAME(float_max_pool_gradient),
    .mean_pool = NAME(float_mean_pool),
    .mean_pool_gradient = NAME(float_mean_pool_gradient),
};

#undef NAME
#undef FUSED
#undef TILE_ROWS
#undef TILE_VECTORS
#undef TILE_UNROLL
#undef BLOCK_ROWS
#undef BLOCK_DEPTH
