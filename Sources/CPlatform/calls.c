#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What is to happen at which counted call. Threads that work for one another share a plan, so the count is atomic.
struct platform_plan {
    _Atomic int64_t count;
    uint32_t operations;
    int fault;
    int64_t at;
    int error;
};

static _Thread_local struct platform_plan *current_plan;

struct platform_plan *platform_plan_create(uint32_t operations, int fault, int64_t at, int error) {
    struct platform_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return NULL;
    plan->operations = operations;
    plan->fault = fault;
    plan->at = at;
    plan->error = error;
    return plan;
}

void platform_plan_free(struct platform_plan *plan) { free(plan); }

int64_t platform_plan_count(const struct platform_plan *plan) { return atomic_load(&plan->count); }

struct platform_plan *platform_plan_set(struct platform_plan *plan) {
    struct platform_plan *before = current_plan;
    current_plan = plan;
    return before;
}

/// What `consult` found: go on, fail with an error, go on and die afterwards, or move one byte only.
enum { GO_ON = 0, DIE_AFTER = 1, SHORT = 2 };

static int consult(struct platform_plan *plan, uint32_t operation) {
    if ((plan->operations & operation) == 0) return GO_ON;
    int64_t number = atomic_fetch_add(&plan->count, 1) + 1;
    if (plan->at == 0 || number < plan->at) return GO_ON;
    if (plan->fault == PLATFORM_FAIL_EVER) return -plan->error;
    if (number != plan->at) return GO_ON;
    switch (plan->fault) {
        case PLATFORM_FAIL_ONCE: return -plan->error;
        case PLATFORM_KILL_BEFORE: kill(getpid(), SIGKILL); return -EINTR;
        case PLATFORM_KILL_AFTER: return DIE_AFTER;
        case PLATFORM_SHORTEN: return SHORT;
        default: return GO_ON;
    }
}

static inline int enter(uint32_t operation) {
    struct platform_plan *plan = current_plan;
    return __builtin_expect(plan == NULL, 1) ? GO_ON : consult(plan, operation);
}

// The one way in: asks the plan, repeats the call while signals interrupt it, turns errno into a result.
#define CALL(operation, expression)                                        \
    ({                                                                     \
        long result_ = enter(operation);                                   \
        if (result_ >= 0) {                                                \
            long verdict_ = result_;                                       \
            do result_ = (expression);                                     \
            while (result_ == -1 && errno == EINTR);                       \
            if (result_ == -1) result_ = -errno;                           \
            if (verdict_ == DIE_AFTER) kill(getpid(), SIGKILL);            \
        }                                                                  \
        result_;                                                           \
    })

// As CALL, for transfers: `verdict_` SHORT cuts `count` to one byte.
#define TRANSFER(operation, count, expression)                             \
    ({                                                                     \
        long result_ = enter(operation);                                   \
        if (result_ >= 0) {                                                \
            long verdict_ = result_;                                       \
            if (verdict_ == SHORT && count > 1) count = 1;                 \
            do result_ = (expression);                                     \
            while (result_ == -1 && errno == EINTR);                       \
            if (result_ == -1) result_ = -errno;                           \
            if (verdict_ == DIE_AFTER) kill(getpid(), SIGKILL);            \
        }                                                                  \
        result_;                                                           \
    })

int platform_open(int folder, const char *path, int flags, uint32_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    return (int)CALL(writes ? PLATFORM_OPEN : PLATFORM_OPEN_READ, openat(folder, path, flags | O_CLOEXEC, (mode_t)mode));
}

// The kernel moves at most 0x7ffff000 bytes in one call; larger requests are cut there by it.
long platform_read(int file, void *bytes, size_t count) { return TRANSFER(PLATFORM_READ, count, read(file, bytes, count)); }

long platform_write(int file, const void *bytes, size_t count) {
    return TRANSFER(PLATFORM_WRITE, count, write(file, bytes, count));
}

int platform_clone(int to, int from) { return (int)CALL(PLATFORM_WRITE, ioctl(to, FICLONE, from)); }

long platform_copy_range(int from, int to, size_t count) {
    return TRANSFER(PLATFORM_WRITE, count, copy_file_range(from, NULL, to, NULL, count, 0));
}

int platform_fsync(int file) { return (int)CALL(PLATFORM_SYNC, fsync(file)); }

int platform_syncfs(int file) { return (int)CALL(PLATFORM_SYNC, syncfs(file)); }

int platform_rename(const char *from, const char *to, uint32_t flags) {
    return (int)CALL(PLATFORM_RENAME, syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

int platform_move_out(int folder, const char *from, const char *to) {
    enum { NO_REPLACE = 1 };
    return (int)CALL(PLATFORM_RENAME, syscall(SYS_renameat2, folder, from, AT_FDCWD, to, NO_REPLACE));
}

int platform_link(const char *from, const char *to) { return (int)CALL(PLATFORM_LINK, linkat(AT_FDCWD, from, AT_FDCWD, to, 0)); }

int platform_symlink(const char *target, const char *path) { return (int)CALL(PLATFORM_LINK, symlink(target, path)); }

int platform_remove(int folder, const char *path, int flags) { return (int)CALL(PLATFORM_REMOVE, unlinkat(folder, path, flags)); }

int platform_mkdir(const char *path, uint32_t mode) { return (int)CALL(PLATFORM_MKDIR, mkdir(path, (mode_t)mode)); }

int platform_fchmod(int file, uint32_t mode) { return (int)CALL(PLATFORM_CHMOD, fchmod(file, (mode_t)mode)); }

int platform_chmod(const char *path, uint32_t mode) { return (int)CALL(PLATFORM_CHMOD, chmod(path, (mode_t)mode)); }

int platform_set_times(int folder, const char *path, int64_t seconds) {
    const struct timespec times[2] = {{.tv_sec = (time_t)seconds}, {.tv_sec = (time_t)seconds}};
    return (int)CALL(PLATFORM_CHMOD, path == NULL ? futimens(folder, times) : utimensat(folder, path, times, AT_SYMLINK_NOFOLLOW));
}

// Where the kernel has no openat2: one component at a time.
static int walk_beneath(int folder, const char *path, int flags) {
    enum { LONGEST_NAME = 255 };
    int current = folder;
    while (1) {
        const char *slash = strchr(path, '/');
        size_t length = slash == NULL ? strlen(path) : (size_t)(slash - path);
        char name[LONGEST_NAME + 1];
        int next = -1;
        int error = length > LONGEST_NAME ? ENAMETOOLONG : EXDEV;
        if (length <= LONGEST_NAME) {
            memcpy(name, path, length);
            name[length] = 0;
            if (length > 0 && strcmp(name, "..") != 0) {
                next = openat(current, name, slash == NULL ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                error = errno;
            }
            struct stat status;
            // A link in a folder's place is ENOTDIR here, and ELOOP with openat2.
            if (next == -1 && error == ENOTDIR && fstatat(current, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
                error = ELOOP;
        }
        if (current != folder) close(current);
        if (next == -1) errno = error;
        if (next == -1 || slash == NULL) return next;
        current = next;
        path = slash + 1;
    }
}

static int open_beneath(int folder, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int file = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (file != -1 || (errno != ENOSYS && errno != EPERM)) return file;
    return walk_beneath(folder, path, flags);
}

int platform_open_beneath(int folder, const char *path, int flags) {
    return (int)CALL(PLATFORM_OPEN_READ, open_beneath(folder, path, flags | O_CLOEXEC));
}

long platform_read_link(int file, char *text, size_t capacity) {
    ssize_t count = readlinkat(file, "", text, capacity);
    return count == -1 ? -errno : count;
}

int platform_ftruncate(int file, int64_t size) { return (int)CALL(PLATFORM_TRUNCATE, ftruncate(file, size)); }

int platform_flock(int file, int operation) { return (int)CALL(PLATFORM_LOCK, flock(file, operation)); }

void platform_unlock(int file) { flock(file, LOCK_UN); }

void platform_start_writeback(int file) { sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE); }

void platform_close(int file) { close(file); }

int platform_stat(int folder, const char *path, int flags, struct stat *status) {
    return fstatat(folder, path, status, flags) == -1 ? -errno : 0;
}

int platform_fstat(int file, struct stat *status) { return fstat(file, status) == -1 ? -errno : 0; }

const char *platform_error_text(int error) { return strerrordesc_np(error); }

int platform_duplicate(int file) {
    int copy = fcntl(file, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}
