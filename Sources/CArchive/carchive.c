#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int look_up(void *handle, const char *name, void *slot, const char *file, char *message, size_t capacity) {
    void *address = dlsym(handle, name);
    if (!address) {
        snprintf(message, capacity, "%s has no function '%s'", file, name);
        return 0;
    }
    *(void **)slot = address;
    return 1;
}

const struct carchive_library *carchive_open(const char *const *names, char *message, size_t capacity) {
    void *handle = NULL;
    carchive_say(message, capacity, NULL);
    for (; *names; names++) {
        handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
        if (handle) break;
        carchive_say(message, capacity, dlerror());
    }
    if (!handle) return NULL;
    struct carchive_library *library = malloc(sizeof *library);
    if (!library) {
        carchive_say(message, capacity, "out of memory");
        return NULL;
    }
#define LOOK_UP(name) \
    if (!look_up(handle, #name, &library->name, *names, message, capacity)) { free(library); return NULL; }
    ENTRY_POINTS(LOOK_UP)
#undef LOOK_UP
    message[0] = 0;
    return library;
}

const char *carchive_version(const struct carchive_library *library) {
    return library->archive_version_string();
}

struct receiver {
    carchive_sink sink;
    void *context;
};

static la_ssize_t forward(struct archive *archive, void *data, const void *bytes, size_t count) {
    (void)archive;
    const struct receiver *receiver = data;
    receiver->sink(receiver->context, bytes, count);
    return (la_ssize_t)count;
}

// A warning is a refusal too: without its own zstd, libarchive warns and would start a program called zstd.
static int fails(const struct carchive_library *l, struct archive *a, int status, char *message, size_t capacity) {
    if (status == ARCHIVE_OK) return 0;
    carchive_say(message, capacity, l->archive_error_string(a));
    return 1;
}

static int write_all(
    const struct carchive_library *l, struct archive *a, struct archive_entry *entry, const char *bytes, size_t count,
    int level, struct receiver *receiver, char *message, size_t capacity) {
    char number[16];
    snprintf(number, sizeof number, "%d", level);
    // No `threads`: the bytes of one libzstd would then differ between none and some, and none needs no thread.
    if (fails(l, a, l->archive_write_add_filter_zstd(a), message, capacity)
        || fails(l, a, l->archive_write_set_filter_option(a, "zstd", "compression-level", number), message, capacity)
        || fails(l, a, l->archive_write_set_format_raw(a), message, capacity)
        || fails(l, a, l->archive_write_set_bytes_per_block(a, 65536), message, capacity)
        // Without this the last block is filled up with zeros, which is not zstd.
        || fails(l, a, l->archive_write_set_bytes_in_last_block(a, 1), message, capacity)
        || fails(l, a, l->archive_write_open(a, receiver, NULL, forward, NULL), message, capacity)
        || fails(l, a, l->archive_write_header(a, entry), message, capacity))
        return 0;
    while (count > 0) {
        size_t part = count < (1 << 20) ? count : (1 << 20);
        la_ssize_t written = l->archive_write_data(a, bytes, part);
        if (written <= 0) {
            carchive_say(message, capacity, l->archive_error_string(a));
            return 0;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return !fails(l, a, l->archive_write_close(a), message, capacity);
}

enum carchive_outcome carchive_compress(
    const struct carchive_library *l, const void *bytes, size_t count, int level,
    carchive_sink sink, void *context, char *message, size_t capacity) {
    struct archive *a = l->archive_write_new();
    struct archive_entry *entry = l->archive_entry_new();
    struct receiver receiver = { sink, context };
    int done = 0;
    if (a && entry) {
        l->archive_entry_set_filetype(entry, AE_IFREG);
        done = write_all(l, a, entry, bytes, count, level, &receiver, message, capacity);
    } else {
        carchive_say(message, capacity, "out of memory");
    }
    if (entry) l->archive_entry_free(entry);
    if (a) l->archive_write_free(a);
    return done ? carchive_done : carchive_refused;
}

static enum carchive_outcome read_all(
    const struct carchive_library *l, struct archive *a, int filter, const void *bytes, size_t count, uint64_t limit,
    char *buffer, size_t room, carchive_sink sink, void *context, char *message, size_t capacity) {
    struct archive_entry *entry = NULL;
    // An appended filter switches libarchive's guessing off: it would unpack zstd inside zstd, and 20 other forms.
    if (fails(l, a, l->archive_read_append_filter(a, filter), message, capacity)
        || fails(l, a, l->archive_read_support_format_raw(a), message, capacity)
        || fails(l, a, l->archive_read_open_memory(a, bytes, count), message, capacity))
        return carchive_refused;
    int status = l->archive_read_next_header(a, &entry);
    // The raw format says so of an empty stream.
    if (status == ARCHIVE_EOF) return carchive_done;
    if (fails(l, a, status, message, capacity)) return carchive_refused;
    if (l->archive_filter_count(a) != 2 || l->archive_filter_code(a, 0) != filter) {
        carchive_say(message, capacity, "libarchive did not read this with one filter alone");
        return carchive_refused;
    }
    for (;;) {
        la_ssize_t got = l->archive_read_data(a, buffer, room);
        if (got == 0) return carchive_done;
        if (got < 0) {
            carchive_say(message, capacity, l->archive_error_string(a));
            return carchive_refused;
        }
        if ((uint64_t)got > limit) return carchive_too_long;
        limit -= (uint64_t)got;
        sink(context, buffer, (size_t)got);
    }
}

static enum carchive_outcome expand(
    const struct carchive_library *l, int filter, const void *bytes, size_t count, uint64_t limit,
    carchive_sink sink, void *context, char *message, size_t capacity) {
    const size_t room = 256 * 1024;
    struct archive *a = l->archive_read_new();
    char *buffer = malloc(room);
    enum carchive_outcome outcome = carchive_refused;
    if (a && buffer) {
        outcome = read_all(l, a, filter, bytes, count, limit, buffer, room, sink, context, message, capacity);
    } else {
        carchive_say(message, capacity, "out of memory");
    }
    free(buffer);
    if (a) l->archive_read_free(a);
    return outcome;
}

enum carchive_outcome carchive_decompress(
    const struct carchive_library *l, const void *bytes, size_t count, uint64_t limit,
    carchive_sink sink, void *context, char *message, size_t capacity) {
    return expand(l, ARCHIVE_FILTER_ZSTD, bytes, count, limit, sink, context, message, capacity);
}

enum carchive_outcome carchive_gunzip(
    const struct carchive_library *l, const void *bytes, size_t count, uint64_t limit,
    carchive_sink sink, void *context, char *message, size_t capacity) {
    return expand(l, ARCHIVE_FILTER_GZIP, bytes, count, limit, sink, context, message, capacity);
}
