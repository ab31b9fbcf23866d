#ifndef MLBUILD_FLOAT_SCRATCH_H
#define MLBUILD_FLOAT_SCRATCH_H

#include <stddef.h>

/// At least `size` bytes at an address that is a multiple of 64, the thread's own until its next call; never NULL.
void *ck_float_scratch(size_t size);

#endif
