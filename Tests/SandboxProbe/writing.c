#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

// Writes where nothing may be written. A probe that works leaves one byte, a new file, or another mode behind: the tests point
// these probes at files that are theirs.

static enum verdict close_after(const char *call, int descriptor) {
    enum verdict verdict = judge(call, descriptor);
    if (descriptor >= 0) close(descriptor);
    return verdict;
}

static enum verdict write_byte(char **words) {
    int file = open(words[0], O_WRONLY | O_CLOEXEC);
    if (file < 0) return judge("open", file);
    enum verdict verdict = judge("write", write(file, "X", 1));
    close(file);
    return verdict;
}

static enum verdict append_byte(char **words) {
    int file = open(words[0], O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return judge("open", file);
    enum verdict verdict = judge("write", write(file, "X", 1));
    close(file);
    return verdict;
}

/// Opens for reading, then again for writing through the descriptor's name in /proc.
static enum verdict reopen(char **words) {
    char name[64];
    int file = open(words[0], O_RDONLY | O_CLOEXEC);
    if (file < 0) return say(MISUSED, "open '%s': %s", words[0], strerror(errno));
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    int again = open(name, O_WRONLY | O_CLOEXEC);
    enum verdict verdict = again < 0 ? judge("open", again) : judge("write", write(again, "X", 1));
    if (again >= 0) close(again);
    close(file);
    return verdict;
}

static enum verdict map_shared(char **words) {
    int file = open(words[0], O_RDWR | O_CLOEXEC);
    if (file < 0) return judge("open", file);
    char *bytes = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (bytes == MAP_FAILED) return judge("mmap", -1);
    bytes[0] = 'X';
    munmap(bytes, 1);
    return say(WORKED, "wrote through a shared mapping");
}

static enum verdict truncate_file(char **words) { return judge("truncate", truncate(words[0], 1)); }
static enum verdict open_truncating(char **words) { return close_after("open", open(words[0], O_WRONLY | O_TRUNC | O_CLOEXEC)); }
static enum verdict change_mode(char **words) { return judge("chmod", chmod(words[0], 0666)); }
static enum verdict change_owner(char **words) { return judge("chown", chown(words[0], getuid(), getgid())); }

static enum verdict change_mode_opened(char **words) {
    int file = open(words[0], O_RDONLY | O_CLOEXEC);
    if (file < 0) return say(MISUSED, "open '%s': %s", words[0], strerror(errno));
    enum verdict verdict = judge("fchmod", fchmod(file, 0666));
    close(file);
    return verdict;
}

static enum verdict change_times(char **words) {
    const struct timespec times[2] = {{1, 0}, {1, 0}};
    return judge("utimensat", utimensat(AT_FDCWD, words[0], times, 0));
}

static enum verdict set_attribute(char **words) {
    int result = setxattr(words[0], "user.probe", "X", 1, 0);
    if (result < 0 && errno == EOPNOTSUPP) return say(CANNOT, "the file system has no attributes");
    return judge("setxattr", result);
}

/// The flags that `chattr` sets, through a descriptor that was opened for reading.
static enum verdict set_flags(char **words) {
    int file = open(words[0], O_RDONLY | O_CLOEXEC), flags = 0;
    if (file < 0) return say(MISUSED, "open '%s': %s", words[0], strerror(errno));
    if (ioctl(file, FS_IOC_GETFLAGS, &flags) < 0) return say(CANNOT, "the file system has no flags: %s", strerror(errno));
    flags |= FS_NODUMP_FL;
    enum verdict verdict = judge("FS_IOC_SETFLAGS", ioctl(file, FS_IOC_SETFLAGS, &flags));
    close(file);
    return verdict;
}

static enum verdict remove_file(char **words) { return judge("unlink", unlink(words[0])); }
static enum verdict rename_file(char **words) { return judge("rename", rename(words[0], words[1])); }
static enum verdict link_file(char **words) { return judge("link", link(words[0], words[1])); }
static enum verdict make_folder(char **words) { return judge("mkdir", mkdir(words[0], 0755)); }
static enum verdict make_link(char **words) { return judge("symlink", symlink("canary", words[0])); }
static enum verdict make_fifo(char **words) { return judge("mkfifo", mkfifo(words[0], 0644)); }

static enum verdict create_file(char **words) {
    int file = open(words[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return judge("open", file);
    enum verdict verdict = judge("write", write(file, "X", 1));
    close(file);
    return verdict;
}

/// Makes a file and puts it over another in one step, as programs do that write safely.
static enum verdict replace_file(char **words) {
    char name[4096];
    snprintf(name, sizeof name, "%s.new", words[0]);
    int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return judge("open", file);
    close(file);
    return judge("rename", rename(name, words[0]));
}

/// Opens for writing, and writes nothing: for files of the kernel, where a byte would be an order.
static enum verdict open_for_writing(char **words) {
    return close_after("open", open(words[0], O_WRONLY | O_CLOEXEC | O_NOCTTY));
}

// The device is that of /dev/null, and the tests remove it.
static enum verdict make_device(char **words) { return judge("mknod", mknod(words[0], S_IFCHR | 0600, makedev(1, 3))); }
static enum verdict make_device_at(char **words) {
    return judge("mknodat", syscall(SYS_mknodat, AT_FDCWD, words[0], S_IFCHR | 0600, makedev(1, 3)));
}

/// The second word says which call is to make the setuid bit.
static enum verdict set_user_bit(char **words) {
    const char *path = words[0], *how = words[1];
    // The kernel looks at the lower bits of a mode only; a filter has to do the same.
    const unsigned long mode = S_ISUID | 0755, group = S_ISGID | 0755, high = mode | 1ul << 32 | 1ul << 16;
    long result = -1;
    unlink(path);
    if (!strcmp(how, "open")) {
        result = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, mode);
    } else if (!strcmp(how, "openat2")) {
        struct open_how arguments = {.flags = O_WRONLY | O_CREAT | O_EXCL, .mode = mode};
        result = syscall(SYS_openat2, AT_FDCWD, path, &arguments, sizeof arguments);
    } else if (!strcmp(how, "mknodat")) {
        result = syscall(SYS_mknodat, AT_FDCWD, path, S_IFREG | mode, 0);
    } else if (!strcmp(how, "temporary")) {
        int file = open(".", O_TMPFILE | O_WRONLY, (mode_t)mode);
        if (file < 0 && errno == EOPNOTSUPP) return say(CANNOT, "the file system has no files without a name");
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", file);
        result = file < 0 ? -1 : linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
    } else {
        int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
        if (file < 0) return say(MISUSED, "open '%s': %s", path, strerror(errno));
        if (!strcmp(how, "fchmod")) result = syscall(SYS_fchmod, file, mode);
        if (!strcmp(how, "fchmodat")) result = syscall(SYS_fchmodat, AT_FDCWD, path, mode);
        if (!strcmp(how, "fchmodat-group")) result = syscall(SYS_fchmodat, AT_FDCWD, path, group);
        if (!strcmp(how, "fchmodat-high")) result = syscall(SYS_fchmodat, AT_FDCWD, path, high);
        if (!strcmp(how, "fchmodat2")) result = syscall(452, AT_FDCWD, path, mode, 0);
#ifdef SYS_chmod
        if (!strcmp(how, "chmod")) result = syscall(SYS_chmod, path, mode);
#endif
        close(file);
    }
    int code = errno;
    struct stat status;
    if (stat(path, &status) == 0 && status.st_mode & (S_ISUID | S_ISGID)) return say(WORKED, "%s made mode %o", how, status.st_mode & 07777);
    if (result < 0 && code == ENOSYS) return say(CANNOT, "this kernel has no %s", how);
    return say(DENIED, "%s gave %ld: %s", how, result, result < 0 ? strerror(code) : "no bit was set");
}

const struct probe writing_probes[] = {
    {"write-byte", 1, write_byte},
    {"append-byte", 1, append_byte},
    {"reopen", 1, reopen},
    {"map-shared", 1, map_shared},
    {"truncate", 1, truncate_file},
    {"open-truncating", 1, open_truncating},
    {"change-mode", 1, change_mode},
    {"change-mode-opened", 1, change_mode_opened},
    {"change-owner", 1, change_owner},
    {"change-times", 1, change_times},
    {"set-attribute", 1, set_attribute},
    {"set-flags", 1, set_flags},
    {"remove-file", 1, remove_file},
    {"rename-file", 2, rename_file},
    {"link-file", 2, link_file},
    {"make-folder", 1, make_folder},
    {"make-link", 1, make_link},
    {"make-fifo", 1, make_fifo},
    {"create-file", 1, create_file},
    {"replace-file", 1, replace_file},
    {"open-for-writing", 1, open_for_writing},
    {"make-device", 1, make_device},
    {"make-device-at", 1, make_device_at},
    {"set-user-bit", 2, set_user_bit},
    {0},
};
