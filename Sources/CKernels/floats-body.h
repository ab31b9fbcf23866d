// Everything on Float for one instruction set: NAME(x) gives it its names, FUSED(a, b, c) is a fused multiply-add of 16
// numbers, and the sizes of tiles and blocks are what suits the registers and caches. They never change a bit.

#include "float-product-body.h"

static const struct float_kernels NAME(float_kernels) = {
    .multiply = NAME(float_multiply),
};

#undef NAME
#undef FUSED
#undef TILE_ROWS
#undef TILE_VECTORS
#undef TILE_UNROLL
#undef BLOCK_ROWS
#undef BLOCK_DEPTH
