#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "signatures are written as they lie in memory");

static inline int one(int folder, const char *path, int flags, uint64_t words[5]) {
    struct stat status;
    int result = platform_stat(folder, path, flags, &status);
    if (result != 0) {
        if (result != -ENOENT && result != -ENOTDIR) return result;
        memset(words, 0, PLATFORM_SIGNATURE_BYTES);
        return 0;
    }
    words[0] = (uint64_t)status.st_dev;
    words[1] = (uint64_t)status.st_ino;
    words[2] = (uint64_t)status.st_size;
    words[3] = (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
    words[4] = (uint64_t)status.st_ctim.tv_sec * 1000000000u + (uint64_t)status.st_ctim.tv_nsec;
    return 0;
}

long platform_signatures(int folder, const char *paths, size_t bytes, int follow, unsigned char *signatures, size_t capacity) {
    if (bytes == 0) return 0;
    if (paths[bytes - 1] != 0) return -EINVAL;
    int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    const char *end = paths + bytes;
    long index = 0;
    for (const char *path = paths; path < end; path += strlen(path) + 1, index++) {
        uint64_t words[5];
        if ((size_t)(index + 1) * PLATFORM_SIGNATURE_BYTES > capacity) return -EINVAL;
        int result = one(folder, path, flags, words);
        if (result != 0) return result;
        memcpy(signatures + (size_t)index * PLATFORM_SIGNATURE_BYTES, words, PLATFORM_SIGNATURE_BYTES);
    }
    return index;
}

long platform_first_difference(
    int folder, const char *paths, size_t bytes, int follow, const unsigned char *signatures, size_t capacity) {
    if (bytes == 0) return capacity == 0 ? -1 : 0;
    if (paths[bytes - 1] != 0) return 0;
    int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    const char *end = paths + bytes;
    long index = 0;
    for (const char *path = paths; path < end; path += strlen(path) + 1, index++) {
        uint64_t words[5];
        if ((size_t)(index + 1) * PLATFORM_SIGNATURE_BYTES > capacity) return 0;
        if (one(folder, path, flags, words) != 0) return index;
        if (memcmp(signatures + (size_t)index * PLATFORM_SIGNATURE_BYTES, words, PLATFORM_SIGNATURE_BYTES) != 0) return index;
    }
    return (size_t)index * PLATFORM_SIGNATURE_BYTES == capacity ? -1 : 0;
}
