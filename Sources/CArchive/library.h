/// The table of libarchive's entry points, for the sources of this target.
#ifndef CARCHIVE_LIBRARY_H
#define CARCHIVE_LIBRARY_H

#include "CArchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>

// Linking libarchive would cost every command 1 ms at its start, so it is opened on first use. The types of the
// entry points come from libarchive's own header: one that changes its signature no longer compiles here.
#define ENTRY_POINTS(X) \
    X(archive_version_string) \
    X(archive_error_string) \
    X(archive_filter_code) \
    X(archive_filter_count) \
    X(archive_entry_new) \
    X(archive_entry_free) \
    X(archive_entry_set_filetype) \
    X(archive_write_new) \
    X(archive_write_free) \
    X(archive_write_add_filter_zstd) \
    X(archive_write_set_filter_option) \
    X(archive_write_set_format_raw) \
    X(archive_write_set_bytes_per_block) \
    X(archive_write_set_bytes_in_last_block) \
    X(archive_write_open) \
    X(archive_write_header) \
    X(archive_write_data) \
    X(archive_write_close) \
    X(archive_read_new) \
    X(archive_read_free) \
    X(archive_read_append_filter) \
    X(archive_read_support_format_raw) \
    X(archive_read_open_memory) \
    X(archive_read_next_header) \
    X(archive_read_data) \
    X(archive_read_support_filter_gzip) \
    X(archive_read_support_filter_bzip2) \
    X(archive_read_support_filter_xz) \
    X(archive_read_support_filter_zstd) \
    X(archive_read_support_format_tar) \
    X(archive_read_support_format_zip_seekable) \
    X(archive_read_support_format_7zip) \
    X(archive_read_open_fd) \
    X(archive_format) \
    X(archive_entry_pathname) \
    X(archive_entry_filetype) \
    X(archive_entry_perm) \
    X(archive_entry_symlink) \
    X(archive_entry_hardlink) \
    X(archive_entry_size) \
    X(archive_entry_is_encrypted)

struct carchive_library {
#define FIELD(name) __typeof__(&name) name;
    ENTRY_POINTS(FIELD)
#undef FIELD
};

static inline void carchive_say(char *message, size_t capacity, const char *text) {
    snprintf(message, capacity, "%s", text ? text : "no reason given");
}

#endif
