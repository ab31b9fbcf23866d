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

/// What is to happen at which counted call, and who watches. Threads that work for one another share a plan, so the count is atomic.
struct platform_plan {
    _Atomic int64_t count;
    uint32_t operations;
    int fault;
    int64_t at;
    int error;
    platform_twin *twin;
    void *context;
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

void platform_plan_watch(struct platform_plan *plan, platform_twin *twin, void *context) {
    plan->twin = twin;
    plan->context = context;
}

int64_t platform_plan_count(const struct platform_plan *plan) { return atomic_load(&plan->count); }

struct platform_plan *platform_plan_set(struct platform_plan *plan) {
    struct platform_plan *before = current_plan;
    current_plan = plan;
    return before;
}

/// What `consult` found: make the call, leave it out since its result is known, or make it and die or move a part only.
enum verdict { GO_ON, ANSWERED, DIE_AFTER, SHORT, TORN };

static enum verdict count_call(struct platform_plan *plan, struct platform_call *call) {
    if ((plan->operations & call->operation) == 0) return GO_ON;
    int64_t number = atomic_fetch_add(&plan->count, 1) + 1;
    if (plan->at == 0 || number < plan->at) return GO_ON;
    if (plan->fault == PLATFORM_FAIL_EVER || (number == plan->at && plan->fault == PLATFORM_FAIL_ONCE)) {
        call->result = -plan->error;
        return ANSWERED;
    }
    if (number != plan->at) return GO_ON;
    switch (plan->fault) {
        case PLATFORM_KILL_BEFORE:
            kill(getpid(), SIGKILL);
            call->result = -EINTR;
            return ANSWERED;
        case PLATFORM_KILL_AFTER: return DIE_AFTER;
        case PLATFORM_SHORTEN: return SHORT;
        case PLATFORM_TEAR: return TORN;
        default: return GO_ON;
    }
}

static __attribute__((noinline)) enum verdict consult(struct platform_plan *plan, struct platform_call *call) {
    enum verdict verdict = count_call(plan, call);
    if (verdict == ANSWERED || plan->twin == NULL) return verdict;
    return plan->twin(plan->context, call, 0) ? ANSWERED : verdict;
}

static __attribute__((noinline)) void report(struct platform_plan *plan, struct platform_call *call, enum verdict verdict) {
    if (plan->twin != NULL) plan->twin(plan->context, call, 1);
    if (verdict == DIE_AFTER || verdict == TORN) kill(getpid(), SIGKILL);
}

// The one way in: asks the plan, repeats the call while signals interrupt it, turns errno into a result. `call` says what the
// expression does and takes its result; a verdict may have changed it before.
#define CALL(call, expression)                                                              \
    ({                                                                                      \
        struct platform_plan *plan_ = current_plan;                                         \
        enum verdict verdict_ = __builtin_expect(plan_ == NULL, 1) ? GO_ON : consult(plan_, &call); \
        if (verdict_ != ANSWERED) {                                                         \
            if (verdict_ == SHORT && call.count > 1) call.count = 1;                        \
            if (verdict_ == TORN) call.count /= 2;                                          \
            do call.result = (expression);                                                  \
            while (call.result == -1 && errno == EINTR);                                    \
            if (call.result == -1) call.result = -errno;                                    \
            if (__builtin_expect(plan_ != NULL, 0)) report(plan_, &call, verdict_);         \
        }                                                                                   \
        call.result;                                                                        \
    })

int platform_open(int folder, const char *path, int flags, uint32_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    struct platform_call call = {
        .operation = writes ? PLATFORM_OPEN : PLATFORM_OPEN_READ, .folder = folder, .path = path, .flags = flags, .mode = mode};
    return (int)CALL(call, openat(folder, path, call.flags | O_CLOEXEC, (mode_t)call.mode));
}

// The kernel moves at most 0x7ffff000 bytes in one call; larger requests are cut there by it.
long platform_read(int file, void *bytes, size_t count) {
    struct platform_call call = {.operation = PLATFORM_READ, .file = file, .count = count};
    return CALL(call, read(file, bytes, call.count));
}

long platform_write(int file, const void *bytes, size_t count) {
    struct platform_call call = {.operation = PLATFORM_WRITE, .file = file, .bytes = bytes, .count = count};
    return CALL(call, write(file, bytes, call.count));
}

long platform_write_at(int file, const void *bytes, size_t count, int64_t offset) {
    struct platform_call call = {
        .operation = PLATFORM_WRITE, .file = file, .bytes = bytes, .count = count, .is_placed = 1, .offset = offset};
    return CALL(call, pwrite(file, bytes, call.count, offset));
}

int platform_clone(int to, int from) {
    struct platform_call call = {.operation = PLATFORM_WRITE, .file = to, .from = from};
    return (int)CALL(call, ioctl(to, FICLONE, from));
}

long platform_copy_range(int from, int to, size_t count) {
    struct platform_call call = {.operation = PLATFORM_WRITE, .file = to, .from = from, .count = count};
    return CALL(call, copy_file_range(from, NULL, to, NULL, call.count, 0));
}

int platform_fsync(int file) {
    struct platform_call call = {.operation = PLATFORM_SYNC, .file = file};
    return (int)CALL(call, fsync(file));
}

int platform_syncfs(int file) {
    struct platform_call call = {.operation = PLATFORM_SYNC, .file = file, .is_whole = 1};
    return (int)CALL(call, syncfs(file));
}

int platform_rename(const char *from, const char *to, uint32_t flags) {
    struct platform_call call = {.operation = PLATFORM_RENAME, .folder = AT_FDCWD, .path = from, .target = to, .flags = (int)flags};
    return (int)CALL(call, syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, (unsigned)call.flags));
}

int platform_move_out(int folder, const char *from, const char *to) {
    enum { NO_REPLACE = 1 };
    struct platform_call call = {.operation = PLATFORM_RENAME, .folder = folder, .path = from, .target = to, .flags = NO_REPLACE};
    return (int)CALL(call, syscall(SYS_renameat2, folder, from, AT_FDCWD, to, (unsigned)call.flags));
}

int platform_link(const char *from, const char *to) {
    struct platform_call call = {.operation = PLATFORM_LINK, .folder = AT_FDCWD, .path = from, .target = to};
    return (int)CALL(call, linkat(AT_FDCWD, from, AT_FDCWD, to, 0));
}

int platform_symlink(const char *text, const char *path) {
    struct platform_call call = {.operation = PLATFORM_LINK, .bytes = text, .count = strlen(text), .folder = AT_FDCWD, .path = path};
    return (int)CALL(call, symlink(text, path));
}

int platform_remove(int folder, const char *path, int flags) {
    struct platform_call call = {.operation = PLATFORM_REMOVE, .folder = folder, .path = path, .flags = flags};
    return (int)CALL(call, unlinkat(folder, path, flags));
}

int platform_mkdir(const char *path, uint32_t mode) {
    struct platform_call call = {.operation = PLATFORM_MKDIR, .folder = AT_FDCWD, .path = path, .mode = mode};
    return (int)CALL(call, mkdir(path, (mode_t)call.mode));
}

int platform_fchmod(int file, uint32_t mode) {
    struct platform_call call = {.operation = PLATFORM_CHMOD, .file = file, .mode = mode};
    return (int)CALL(call, fchmod(file, (mode_t)call.mode));
}

int platform_chmod(const char *path, uint32_t mode) {
    struct platform_call call = {.operation = PLATFORM_CHMOD, .folder = AT_FDCWD, .path = path, .mode = mode};
    return (int)CALL(call, chmod(path, (mode_t)call.mode));
}

int platform_set_times(int folder, const char *path, int64_t seconds) {
    const struct timespec times[2] = {{.tv_sec = (time_t)seconds}, {.tv_sec = (time_t)seconds}};
    struct platform_call call = {.operation = PLATFORM_CHMOD, .folder = folder, .path = path, .is_times = 1};
    return (int)CALL(call, path == NULL ? futimens(folder, times) : utimensat(folder, path, times, AT_SYMLINK_NOFOLLOW));
}

int platform_touch(const char *path) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
    struct platform_call call = {.operation = PLATFORM_CHMOD, .folder = AT_FDCWD, .path = path, .is_times = 1};
    return (int)CALL(call, utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
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
    struct platform_call call = {.operation = PLATFORM_OPEN_READ, .folder = folder, .path = path, .flags = flags};
    return (int)CALL(call, open_beneath(folder, path, call.flags | O_CLOEXEC));
}

long platform_read_link(int file, char *text, size_t capacity) {
    ssize_t count = readlinkat(file, "", text, capacity);
    return count == -1 ? -errno : count;
}

int platform_ftruncate(int file, int64_t size) {
    struct platform_call call = {.operation = PLATFORM_TRUNCATE, .file = file, .count = (size_t)size};
    return (int)CALL(call, ftruncate(file, size));
}

int platform_flock(int file, int operation) {
    struct platform_call call = {.operation = PLATFORM_LOCK, .file = file, .flags = operation};
    return (int)CALL(call, flock(file, call.flags));
}

void platform_unlock(int file) { flock(file, LOCK_UN); }

void platform_start_writeback(int file) { sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE); }

void platform_close(int file) { close(file); }

int platform_stat(int folder, const char *path, int flags, struct stat *status) {
    struct platform_call call = {.operation = PLATFORM_LOOK, .folder = folder, .path = path, .flags = flags, .status = status};
    return (int)CALL(call, fstatat(folder, path, status, call.flags));
}

int platform_fstat(int file, struct stat *status) {
    struct platform_call call = {.operation = PLATFORM_LOOK, .file = file, .status = status};
    return (int)CALL(call, fstat(file, status));
}

// A lease for reading is refused while anybody has the file open for writing, or mapped so. Who opens it for writing while we hold the lease waits for us;
// we would be sent SIGIO, which ends a process, so it is to be a signal that does nothing.
static int ask_for_writers(int file) {
    if (fcntl(file, F_SETSIG, SIGURG) == -1) return -1;
    if (fcntl(file, F_SETLEASE, F_RDLCK) == 0) return fcntl(file, F_SETLEASE, F_UNLCK);
    return errno == EAGAIN ? 1 : -1;
}

int platform_has_writers(int file) {
    struct platform_call call = {.operation = PLATFORM_LOOK, .file = file};
    return (int)CALL(call, ask_for_writers(file));
}

const char *platform_error_text(int error) { return strerrordesc_np(error); }

int platform_duplicate(int file) {
    int copy = fcntl(file, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}
