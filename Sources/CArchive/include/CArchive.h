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

/// An archive that is read member by member, forwards.
struct carchive_reader;

/// What a member is.
enum carchive_kind {
    carchive_file = 1,
    carchive_folder = 2,
    /// A symbolic link; `target` is its text.
    carchive_link = 3,
    /// A second name of a member that came before; `target` is the first.
    carchive_again = 4,
    /// A device, a fifo, a socket.
    carchive_special = 5,
};

/// The texts are valid until the next member is asked for, and may be NULL.
struct carchive_member {
    const char *path;
    const char *target;
    enum carchive_kind kind;
    int is_executable;
    int is_encrypted;
    /// As written, 0 if it is not; no promise about what comes.
    int64_t size;
};

/// Opens the file `number` from its beginning: tar plain or in one of gzip, bzip2, xz, zstd; zip; 7z. No other form is tried, no program
/// is started. NULL and a message when it is none of these.
///
/// With `is_packed`, it is one file in one of gzip, bzip2, xz and zstd instead, and nothing else: its one member has no name of its own.
///
/// Memory: the decoder's window, and a zip's or 7z's directory.
struct carchive_reader *carchive_reader_open(
    const struct carchive_library *library, int number, int is_packed, char *message, size_t capacity);

/// The next member: 1, 0 at the end, -1 and a message when the archive is damaged; whatever libarchive warns of counts as that.
int carchive_reader_next(struct carchive_reader *reader, struct carchive_member *member, char *message, size_t capacity);

/// At most `count` bytes of the member: 0 at its end, -1 and a message when the archive is damaged.
long carchive_reader_read(struct carchive_reader *reader, void *bytes, size_t count, char *message, size_t capacity);

void carchive_reader_close(struct carchive_reader *reader);

#endif
