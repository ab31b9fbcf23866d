/// SHA-256 (FIPS 180-4) over streams of bytes.
///
/// The compression function is chosen at run time: the SHA extensions of x86-64 where the processor has them, else portable C.
/// Both give the same bytes.

#ifndef CDIGEST_H
#define CDIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The state of one running SHA-256: chaining value, number of bytes taken so far, and the bytes of the unfinished block.
struct cdigest_sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};

/// Sets `context` to the state of the empty message.
void cdigest_sha256_start(struct cdigest_sha256 *_Nonnull context);

/// Takes `count` further bytes of the message; `bytes` may be null when `count` is 0.
void cdigest_sha256_update(struct cdigest_sha256 *_Nonnull context, const void *_Nullable bytes, size_t count);

/// Ends the message and writes its 32-byte digest; `context` must be started anew before it is used again.
void cdigest_sha256_finish(struct cdigest_sha256 *_Nonnull context, uint8_t *_Nonnull digest);

/// Whether the processor's SHA extensions are in use.
bool cdigest_sha256_is_accelerated(void);

/// Digest of a whole message by the portable code alone: the reference that the accelerated code is tested against.
void cdigest_sha256_portable(const void *_Nullable bytes, size_t count, uint8_t *_Nonnull digest);

#endif
