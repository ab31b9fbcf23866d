#include <string.h>

#include "CSandbox.h"

static uint32_t rotated(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void quarter(uint32_t *s, int a, int b, int c, int d) {
    s[a] += s[b];
    s[d] = rotated(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotated(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotated(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotated(s[b] ^ s[c], 7);
}

void sandbox_chacha_block(const uint32_t *key, uint32_t counter, const uint32_t *nonce, uint8_t *block) {
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    memcpy(start + 4, key, 32);
    start[12] = counter;
    memcpy(start + 13, nonce, 12);
    uint32_t s[16];
    memcpy(s, start, sizeof s);
    for (int round = 0; round < 10; round++) {
        quarter(s, 0, 4, 8, 12);
        quarter(s, 1, 5, 9, 13);
        quarter(s, 2, 6, 10, 14);
        quarter(s, 3, 7, 11, 15);
        quarter(s, 0, 5, 10, 15);
        quarter(s, 1, 6, 11, 12);
        quarter(s, 2, 7, 8, 13);
        quarter(s, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++) {
        uint32_t word = s[i] + start[i];
        for (int byte = 0; byte < 4; byte++) block[4 * i + byte] = (uint8_t)(word >> (8 * byte));
    }
}

void sandbox_stream(const uint8_t *key, uint64_t stream, uint64_t position, uint8_t *bytes, size_t count) {
    uint32_t words[8];
    for (int i = 0; i < 8; i++)
        words[i] = (uint32_t)key[4 * i] | (uint32_t)key[4 * i + 1] << 8 | (uint32_t)key[4 * i + 2] << 16 | (uint32_t)key[4 * i + 3] << 24;
    while (count > 0) {
        uint64_t index = position / 64;
        // SPEC: sandbox.md#entropy. A stream's blocks are counted in 64 bits: the upper half is the nonce's first word.
        const uint32_t nonce[3] = {(uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
        uint8_t block[64];
        sandbox_chacha_block(words, (uint32_t)index, nonce, block);
        size_t skipped = position % 64, part = 64 - skipped < count ? 64 - skipped : count;
        memcpy(bytes, block + skipped, part);
        bytes += part;
        position += part;
        count -= part;
    }
}
