#include "sha256.h"

const uint32_t cdigest_sha256_rounds[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned count) {
    return x >> count | x << (32 - count);
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

// One round; instead of moving the eight words along, the caller names them one place further on each time.
#define ROUND(a, b, c, d, e, f, g, h, t)                                                                                   \
    do {                                                                                                                   \
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g)))                          \
            + cdigest_sha256_rounds[t] + w[(t) % 16];                                                                      \
        d += first;                                                                                                        \
        h = first + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));                            \
    } while (0)

// Eight rounds bring every name back to its place.
#define EIGHT_ROUNDS(t)                                                                                                    \
    ROUND(a, b, c, d, e, f, g, h, (t) + 0);                                                                                \
    ROUND(h, a, b, c, d, e, f, g, (t) + 1);                                                                                \
    ROUND(g, h, a, b, c, d, e, f, (t) + 2);                                                                                \
    ROUND(f, g, h, a, b, c, d, e, (t) + 3);                                                                                \
    ROUND(e, f, g, h, a, b, c, d, (t) + 4);                                                                                \
    ROUND(d, e, f, g, h, a, b, c, (t) + 5);                                                                                \
    ROUND(c, d, e, f, g, h, a, b, (t) + 6);                                                                                \
    ROUND(b, c, d, e, f, g, h, a, (t) + 7)

void cdigest_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
    // Only the last sixteen words of the message schedule are ever needed.
    uint32_t w[16];
    for (; count > 0; count--, blocks += 64) {
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (int t = 0; t < 16; t++) w[t] = big_endian(blocks + 4 * t);
        EIGHT_ROUNDS(0);
        EIGHT_ROUNDS(8);
        for (int t = 16; t < 64; t += 16) {
            #pragma unroll
            for (int i = 0; i < 16; i++) {
                uint32_t x = w[(i + 1) % 16], y = w[(i + 14) % 16];
                w[i] += (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[(i + 9) % 16] + (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
            }
            EIGHT_ROUNDS(t);
            EIGHT_ROUNDS(t + 8);
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d;
        state[4] += e, state[5] += f, state[6] += g, state[7] += h;
    }
}
