#ifndef CARCHIVE_H
#define CARCHIVE_H

#include <stddef.h>
#include <stdint.h>

/// libarchive, opened at run time: a table of its entry points. Immutable once made, so any thread may use it.
struct carchive_library;

/// How a call ended. Everything but `carchive_done` comes with a message, except `carchive_too_long`.
enum carchive_outcome {
    /// All bytes went to the sink.
    carchive_done = 0,
    /// libarchive refused; the message is its own.
    carchive_refused = 1,
    /// The output would be longer than the limit. The sink has got at most `limit` bytes.
    carchive_too_long = 2,
};

/// Takes the next part of an output. The bytes are valid during the call only.
typedef void (*carchive_sink)(void *context, const void *bytes, size_t count);

/// Opens the first of `names` (ended by NULL) that the dynamic loader finds, and looks up every entry point in it.
///
/// Gives NULL and a message if none can be opened or one lacks an entry point. The library stays open for the life of the process.
/// `message` holds at least `capacity` bytes, `capacity` at least 1; it is always ended by a zero byte.
const struct carchive_library *carchive_open(const char *const *names, char *message, size_t capacity);

/// The version of the opened library as it names itself, such as "libarchive 3.6.2".
const char *carchive_version(const struct carchive_library *library);

/// Compresses `count` bytes to one zstd frame at `level`, in the calling thread.
enum carchive_outcome carchive_compress(
    const struct carchive_library *library, const void *bytes, size_t count, int level,
    carchive_sink sink, void *context, char *message, size_t capacity);

/// Decompresses `count` bytes as zstd and as nothing else: no other filter is tried, and none is stacked on it.
///
/// Memory: one buffer of 256 KiB and zstd's window, however long the output is.
enum carchive_outcome carchive_decompress(
    const struct carchive_library *library, const void *bytes, size_t count, uint64_t limit,
    carchive_sink sink, void *context, char *message, size_t capacity);

/// Decompresses `count` bytes as gzip and as nothing else. The checksum at the end is not looked at: compare it yourself.
///
/// Memory: one buffer of 256 KiB and zlib's window, however long the output is.
enum carchive_outcome carchive_gunzip(
    const struct carchive_library *library, const void *bytes, size_t count, uint64_t limit,
    carchive_sink sink, void *context, char *message, size_t capacity);

#endif
