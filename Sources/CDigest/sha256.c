#include "CDigest.h"
#include "sha256.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdatomic.h>
#endif

typedef void (*compress_function)(uint32_t state[8], const uint8_t *blocks, size_t count);

#if defined(__x86_64__)
static bool processor_has_sha(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
    const unsigned ssse3 = 1u << 9, sse41 = 1u << 19;
    if ((c & ssse3) == 0 || (c & sse41) == 0) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    return (b & (1u << 29)) != 0;
}
#endif

bool cdigest_sha256_is_accelerated(void) {
#if defined(__x86_64__)
    // Asked once: under a hypervisor each cpuid costs microseconds. Threads that race store the same answer.
    static _Atomic int answer = 0;
    int known = atomic_load_explicit(&answer, memory_order_relaxed);
    if (known == 0) {
        known = processor_has_sha() ? 1 : 2;
        atomic_store_explicit(&answer, known, memory_order_relaxed);
    }
    return known == 1;
#else
    return false;
#endif
}

static compress_function compress(void) {
#if defined(__x86_64__)
    if (cdigest_sha256_is_accelerated()) return cdigest_sha256_compress_x86;
#endif
    return cdigest_sha256_compress_portable;
}

static void update_with(compress_function function, struct cdigest_sha256 *context, const uint8_t *bytes, size_t count) {
    if (count == 0) return;
    size_t held = (size_t)(context->length % 64);
    context->length += count;
    if (held > 0) {
        size_t taken = 64 - held < count ? 64 - held : count;
        memcpy(context->block + held, bytes, taken);
        if (held + taken < 64) return;
        function(context->state, context->block, 1);
        bytes += taken;
        count -= taken;
    }
    function(context->state, bytes, count / 64);
    memcpy(context->block, bytes + count / 64 * 64, count % 64);
}

static void finish_with(compress_function function, struct cdigest_sha256 *context, uint8_t *digest) {
    uint64_t bits = context->length * 8;
    size_t held = (size_t)(context->length % 64);
    context->block[held++] = 0x80;
    if (held > 56) {
        memset(context->block + held, 0, 64 - held);
        function(context->state, context->block, 1);
        held = 0;
    }
    memset(context->block + held, 0, 56 - held);
    for (int i = 0; i < 8; i++) context->block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    function(context->state, context->block, 1);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(context->state[i / 4] >> (24 - 8 * (i % 4)));
}

void cdigest_sha256_start(struct cdigest_sha256 *context) {
    static const uint32_t start[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    memset(context, 0, sizeof *context);
    memcpy(context->state, start, sizeof start);
}

void cdigest_sha256_update(struct cdigest_sha256 *context, const void *bytes, size_t count) {
    update_with(compress(), context, bytes, count);
}

void cdigest_sha256_finish(struct cdigest_sha256 *context, uint8_t *digest) {
    finish_with(compress(), context, digest);
}

void cdigest_sha256_portable(const void *bytes, size_t count, uint8_t *digest) {
    struct cdigest_sha256 context;
    cdigest_sha256_start(&context);
    update_with(cdigest_sha256_compress_portable, &context, bytes, count);
    finish_with(cdigest_sha256_compress_portable, &context, digest);
}
