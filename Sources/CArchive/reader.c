#define _GNU_SOURCE
#include "library.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

struct carchive_reader {
    const struct carchive_library *library;
    struct archive *archive;
    // Names in pax headers and zip directories are converted to the locale's: of the C locale libarchive makes NULL.
    locale_t names;
    int is_first;
    // One file in a filter, and no archive.
    int is_packed;
};

static int refuse(struct carchive_reader *r, char *message, size_t capacity) {
    carchive_say(message, capacity, r->library->archive_error_string(r->archive));
    return -1;
}

static int open_file(struct carchive_reader *r, int number) {
    const struct carchive_library *l = r->library;
    struct archive *a = r->archive;
    // A filter that is not built in would be a program that is started: libarchive warns of that.
    // Of a zip its directory counts: read forwards, what the directory does not name, or what was cut off, would pass.
    if (l->archive_read_support_filter_gzip(a) != ARCHIVE_OK || l->archive_read_support_filter_bzip2(a) != ARCHIVE_OK
        || l->archive_read_support_filter_xz(a) != ARCHIVE_OK || l->archive_read_support_filter_zstd(a) != ARCHIVE_OK)
        return 0;
    int takes = r->is_packed
        ? l->archive_read_support_format_raw(a) == ARCHIVE_OK
        : l->archive_read_support_format_tar(a) == ARCHIVE_OK && l->archive_read_support_format_zip_seekable(a) == ARCHIVE_OK
            && l->archive_read_support_format_7zip(a) == ARCHIVE_OK;
    return takes && l->archive_read_open_fd(a, number, 256 * 1024) == ARCHIVE_OK;
}

struct carchive_reader *carchive_reader_open(
    const struct carchive_library *l, int number, int is_packed, char *message, size_t capacity) {
    struct carchive_reader *r = calloc(1, sizeof *r);
    carchive_say(message, capacity, "out of memory");
    if (!r) return NULL;
    r->library = l;
    r->is_first = 1;
    r->is_packed = is_packed;
    r->archive = l->archive_read_new();
    r->names = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!r->names) carchive_say(message, capacity, "this system has no locale C.UTF-8");
    if (r->archive && r->names) {
        locale_t before = uselocale(r->names);
        int is_open = lseek(number, 0, SEEK_SET) == 0 && open_file(r, number);
        uselocale(before);
        if (is_open) return r;
        refuse(r, message, capacity);
    }
    carchive_reader_close(r);
    return NULL;
}

void carchive_reader_close(struct carchive_reader *r) {
    if (r->archive) r->library->archive_read_free(r->archive);
    if (r->names) freelocale(r->names);
    free(r);
}

static enum carchive_kind kind(const struct carchive_library *l, struct archive_entry *entry) {
    if (l->archive_entry_hardlink(entry)) return carchive_again;
    switch (l->archive_entry_filetype(entry)) {
    case AE_IFREG: return carchive_file;
    case AE_IFDIR: return carchive_folder;
    case AE_IFLNK: return carchive_link;
    default: return carchive_special;
    }
}

/// Whether it is one archive, packed once at most: zstd inside gzip, and 24 layers more, would be unpacked all the same.
static int is_plain(struct carchive_reader *r) {
    int format = r->library->archive_format(r->archive) & ARCHIVE_FORMAT_BASE_MASK;
    // The last of the filters is the file itself.
    int filters = r->library->archive_filter_count(r->archive) - 1;
    if (r->is_packed) return filters == 1 && format == ARCHIVE_FORMAT_RAW;
    return filters == 0 || (filters == 1 && format == ARCHIVE_FORMAT_TAR);
}

int carchive_reader_next(struct carchive_reader *r, struct carchive_member *member, char *message, size_t capacity) {
    const struct carchive_library *l = r->library;
    struct archive_entry *entry = NULL;
    locale_t before = uselocale(r->names);
    int status = l->archive_read_next_header(r->archive, &entry);
    if (status == ARCHIVE_OK) {
        member->path = l->archive_entry_pathname(entry);
        member->kind = kind(l, entry);
        member->target = member->kind == carchive_again ? l->archive_entry_hardlink(entry)
            : member->kind == carchive_link ? l->archive_entry_symlink(entry) : NULL;
        member->is_executable = (l->archive_entry_perm(entry) & 0100) != 0;
        member->is_encrypted = l->archive_entry_is_encrypted(entry) != 0;
        member->size = l->archive_entry_size(entry);
    }
    uselocale(before);
    if (status == ARCHIVE_EOF) return 0;
    if (status != ARCHIVE_OK) return refuse(r, message, capacity);
    if (r->is_first && !is_plain(r)) {
        int is_plain = r->is_packed && r->library->archive_filter_count(r->archive) == 1;
        carchive_say(message, capacity, is_plain ? "it is not packed" : "it is packed more than once");
        return -1;
    }
    r->is_first = 0;
    return 1;
}

long carchive_reader_read(struct carchive_reader *r, void *bytes, size_t count, char *message, size_t capacity) {
    la_ssize_t got = r->library->archive_read_data(r->archive, bytes, count);
    return got < 0 ? refuse(r, message, capacity) : (long)got;
}
