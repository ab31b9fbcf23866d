#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Reads of what was not declared. Where a probe takes a path, it is that of a file outside that holds the word `canary`.

static enum verdict read_path(char **words) { return canary_at(words[0]); }

/// Words before the path: where the climb begins.
static enum verdict below(const char *start, const char *path) {
    char text[8192];
    snprintf(text, sizeof text, "%s%s", start, path);
    return canary_at(text);
}

#define MANY_UP "../../../../../../../../../../../../../../../../../../../../../../../.."

static enum verdict read_up(char **words) { return below(MANY_UP, words[0]); }
static enum verdict read_process_cwd(char **words) { return below("/proc/self/cwd/" MANY_UP, words[0]); }
static enum verdict read_process_root(char **words) { return below("/proc/self/root/" MANY_UP, words[0]); }
static enum verdict read_thread_root(char **words) { return below("/proc/thread-self/root/..", words[0]); }
static enum verdict read_init_root(char **words) { return below("/proc/1/root", words[0]); }
static enum verdict read_init_cwd(char **words) { return below("/proc/1/cwd/" MANY_UP, words[0]); }

static enum verdict read_parent_root(char **words) {
    char start[64];
    snprintf(start, sizeof start, "/proc/%d/root", (int)getppid());
    return below(start, words[0]);
}

/// A process of the host, and the file.
static enum verdict read_host_process_root(char **words) {
    char start[64];
    snprintf(start, sizeof start, "/proc/%s/root", words[0]);
    return below(start, words[1]);
}

static enum verdict read_link_made(char **words) {
    unlink("probe-link");
    if (symlink(words[0], "probe-link") < 0) return say(DENIED, "symlink: %s", strerror(errno));
    enum verdict verdict = canary_at("probe-link");
    unlink("probe-link");
    return verdict;
}

static enum verdict read_hard_link(char **words) {
    unlink("probe-hard");
    if (link(words[0], "probe-hard") < 0) return say(DENIED, "link '%s': %s", words[0], strerror(errno));
    enum verdict verdict = canary_at("probe-hard");
    unlink("probe-hard");
    return verdict;
}

/// Every open descriptor but the first three: is it the canary, or a folder from which the canary can be reached?
static enum verdict read_descriptors(char **words) {
    int found = 0;
    for (int descriptor = 3; descriptor < 1024; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0) continue;
        found++;
        char text[64] = {0};
        if (pread(descriptor, text, sizeof text - 1, 0) > 0 && strstr(text, "canary"))
            return say(WORKED, "descriptor %d was left open and is the canary", descriptor);
    }
    (void)words;
    return say(DENIED, "%d descriptors were left open, none is the canary", found);
}

static enum verdict climb_descriptors(char **words) {
    char text[8192];
    snprintf(text, sizeof text, MANY_UP "%s", words[0]);
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        int file = openat(descriptor, text, O_RDONLY | O_CLOEXEC);
        if (file >= 0) return canary_behind(file, text);
    }
    return say(DENIED, "no descriptor leads to '%s'", words[0]);
}

/// The same attack as the one called shocker: a file handle needs no path. The word is the handle that `make-handle` printed.
static enum verdict read_by_handle(char **words) {
    struct {
        struct file_handle handle;
        unsigned char room[128];
    } place = {0};
    int type = 0, size = 0, used = 0;
    if (sscanf(words[0], "%d:%d:%n", &type, &size, &used) < 2 || size > 128) return say(MISUSED, "no handle: '%s'", words[0]);
    place.handle.handle_type = type;
    place.handle.handle_bytes = (unsigned)size;
    for (int byte = 0; byte < size; byte++) {
        unsigned value = 0;
        sscanf(words[0] + used + 2 * byte, "%2x", &value);
        ((unsigned char *)&place.handle + sizeof place.handle)[byte] = (unsigned char)value;
    }
    int mount = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = (int)syscall(SYS_open_by_handle_at, mount, &place.handle, O_RDONLY);
    if (file < 0 && (errno == EOPNOTSUPP)) return say(CANNOT, "the file system has no handles");
    if (file < 0) return say(DENIED, "open_by_handle_at: %s", strerror(errno));
    return canary_behind(file, "a handle");
}

static enum verdict make_handle(char **words) {
    struct {
        struct file_handle handle;
        unsigned char room[128];
    } place = {0};
    int mount = 0;
    place.handle.handle_bytes = 128;
    if (name_to_handle_at(AT_FDCWD, words[0], &place.handle, &mount, 0) < 0) return say(CANNOT, "name_to_handle_at: %s", strerror(errno));
    printf("%d:%u:", place.handle.handle_type, place.handle.handle_bytes);
    for (unsigned byte = 0; byte < place.handle.handle_bytes; byte++)
        printf("%02x", ((unsigned char *)&place.handle + sizeof place.handle)[byte]);
    printf("\n");
    return fflush(stdout) == 0 ? WORKED : CANNOT;
}

/// A mount point of the host must not be among ours.
static enum verdict see_mount(char **words) {
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file) return say(DENIED, "/proc/self/mountinfo: %s", strerror(errno));
    char line[8192];
    int count = 0;
    while (fgets(line, sizeof line, file)) {
        char point[4096];
        count++;
        if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 && !strcmp(point, words[0])) {
            fclose(file);
            return say(WORKED, "'%s' is mounted", words[0]);
        }
    }
    fclose(file);
    return say(DENIED, "'%s' is not among %d mounts", words[0], count);
}

/// A folder of the host that is not empty.
static enum verdict list_folder(char **words) {
    DIR *folder = opendir(words[0]);
    if (!folder) return say(DENIED, "'%s': %s", words[0], strerror(errno));
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.') {
            enum verdict verdict = say(WORKED, "'%s' holds '%s'", words[0], entry->d_name);
            closedir(folder);
            return verdict;
        }
    closedir(folder);
    return say(DENIED, "'%s' is empty", words[0]);
}

/// Devices beyond those that give or take bytes and nothing else.
static enum verdict find_device(char **words) {
    (void)words;
    static const char *const known[] = {
        "null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr", "shm",
    };
    DIR *folder = opendir("/dev");
    if (!folder) return say(DENIED, "/dev: %s", strerror(errno));
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.') continue;
        int is_known = 0;
        for (size_t index = 0; index < sizeof known / sizeof *known; index++) is_known |= !strcmp(entry->d_name, known[index]);
        if (!is_known) {
            enum verdict verdict = say(WORKED, "there is /dev/%s", entry->d_name);
            closedir(folder);
            return verdict;
        }
    }
    closedir(folder);
    return say(DENIED, "/dev holds nothing else");
}

/// A file that every host has and that no plan of the tests declares.
static enum verdict read_system_file(char **words) {
    int file = open(words[0], O_RDONLY | O_CLOEXEC);
    if (file < 0) return say(DENIED, "open '%s': %s", words[0], strerror(errno));
    char byte;
    ssize_t count = read(file, &byte, 1);
    close(file);
    return count == 1 ? say(WORKED, "'%s' can be read", words[0]) : say(DENIED, "'%s' is empty", words[0]);
}

const struct probe reading_probes[] = {
    {"read-path", 1, read_path},
    {"read-up", 1, read_up},
    {"read-process-cwd", 1, read_process_cwd},
    {"read-process-root", 1, read_process_root},
    {"read-thread-root", 1, read_thread_root},
    {"read-init-root", 1, read_init_root},
    {"read-init-cwd", 1, read_init_cwd},
    {"read-parent-root", 1, read_parent_root},
    {"read-host-process-root", 2, read_host_process_root},
    {"read-link-made", 1, read_link_made},
    {"read-hard-link", 1, read_hard_link},
    {"read-descriptors", 0, read_descriptors},
    {"climb-descriptors", 1, climb_descriptors},
    {"read-by-handle", 1, read_by_handle},
    {"make-handle", 1, make_handle},
    {"see-mount", 1, see_mount},
    {"list-folder", 1, list_folder},
    {"find-device", 0, find_device},
    {"read-system-file", 1, read_system_file},
    {0},
};
