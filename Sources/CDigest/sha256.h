/// What the files of this target share: the compression functions.

#ifndef CDIGEST_SHA256_INTERNAL_H
#define CDIGEST_SHA256_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/// The 64 round constants of FIPS 180-4, section 4.2.2.
extern const uint32_t cdigest_sha256_rounds[64];

/// Folds `count` blocks of 64 bytes into `state`.
void cdigest_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count);

#if defined(__x86_64__)
/// As the portable function, with the SHA extensions; only for processors that have SHA, SSE4.1 and SSSE3.
void cdigest_sha256_compress_x86(uint32_t state[8], const uint8_t *blocks, size_t count);
#endif

#endif
