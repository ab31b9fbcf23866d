#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "supervisor.h"

enum {
    /// Identifiers of threads are smaller than this.
    THREADS = 1 << 22,
    CHUNK = 64 << 10,
    /// The most that one call gives, as the kernel's own.
    MOST_BYTES = 32 << 20,
    PIPE_BYTES = 1 << 20,
    RANDOM_FLAGS = 7,
    SEEN = 4096,
};

/// The stream of `/dev/urandom`; those of threads are smaller.
static const uint64_t device_stream = 1ULL << 32;

static uint64_t draws, drawn_bytes;
/// How far each thread's stream has been read, by its identifier from the command's on; pages appear when they are touched.
static uint64_t *positions;

static struct {
    const uint8_t *key;
    _Atomic uint64_t written;
    _Atomic int is_writing;
    _Atomic int kept;
} feeder = {.kept = -1};
static char feeder_stack[16 << 10] __attribute__((aligned(64)));

// MARK: /dev/urandom

/// A thread of the init: gives bytes to whoever reads, from the first opening on, as one stream without end.
static int feed(void *argument) {
    (void)argument;
    // Nobody may write into it, so it takes this to be the one who does.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.permitted = 1 << CAP_DAC_OVERRIDE, .effective = 1 << CAP_DAC_OVERRIDE}};
    CALL2(SYS_capset, &header, data);
    long pipe = CALL4(SYS_openat, AT_FDCWD, "/dev/urandom", O_WRONLY | O_CLOEXEC, 0);
    if (pipe < 0) return 0;
    // Kept open, so that what is in it waits for the next reader instead of being lost at some moment.
    long kept = CALL4(SYS_openat, AT_FDCWD, "/dev/urandom", O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    uint8_t *bytes = mmap(NULL, PIPE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (kept < 0 || bytes == MAP_FAILED) return 0;
    CALL3(SYS_fcntl, pipe, F_SETFL, O_NONBLOCK);
    // As large as it gets: a reader of whole blocks finds whole blocks. Where this is refused it is smaller.
    CALL3(SYS_fcntl, pipe, F_SETPIPE_SZ, PIPE_BYTES);
    feeder.kept = (int)kept;
    size_t ready = 0;
    for (;;) {
        sandbox_stream(feeder.key, device_stream, feeder.written + ready, bytes + ready, PIPE_BYTES - ready);
        feeder.is_writing = 1;
        long count = CALL3(SYS_write, pipe, bytes, PIPE_BYTES);
        if (count > 0) feeder.written += (uint64_t)count;
        feeder.is_writing = 0;
        if (count < 0 && count != -EAGAIN && count != -EINTR) return 0;
        size_t gone = count > 0 ? (size_t)count : 0;
        ready = PIPE_BYTES - gone;
        memmove(bytes, bytes + gone, ready);
        struct pollfd waiting = {(int)pipe, POLLOUT, 0};
        CALL5(SYS_ppoll, &waiting, 1, NULL, NULL, 8);
    }
}

void sandbox_start_feeder(const struct sandbox *box) {
    feeder.key = box->request->key;
    positions = mmap(NULL, THREADS * sizeof *positions, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (positions == MAP_FAILED) sandbox_fail(box, SANDBOX_NOT_SET_UP, "hold the random streams", NULL, -ENOMEM);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    if (clone(feed, feeder_stack + sizeof feeder_stack, flags, NULL) < 0)
        sandbox_fail(box, SANDBOX_NOT_SET_UP, "start the source of random bytes", NULL, -errno);
}

void sandbox_count_draws(uint64_t *count, uint64_t *bytes) {
    *count = draws;
    *bytes = drawn_bytes;
    if (feeder.kept < 0) return;
    // Nobody reads any more, but the last reader's gap may be being filled right now.
    for (;;) {
        uint64_t written = feeder.written;
        int waiting = 0;
        if (feeder.is_writing == 0 && CALL3(SYS_ioctl, feeder.kept, FIONREAD, &waiting) >= 0 && feeder.is_writing == 0
            && written == feeder.written) {
            uint64_t read = written - (uint64_t)waiting;
            *count += read > 0;
            *bytes += read;
            return;
        }
        CALL0(SYS_sched_yield);
    }
}

// MARK: getrandom

static bool is_waiting(int listener, uint64_t identifier) {
    return CALL3(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &identifier) >= 0;
}

/// Gives random bytes to a thread; the call's result.
static int64_t draw(const struct sandbox *box, int listener, int command, const struct seccomp_notif *request) {
    static uint8_t chunk[CHUNK];
    uint64_t address = request->data.args[0], wanted = request->data.args[1];
    uint32_t flags = (uint32_t)request->data.args[2];
    if ((flags & ~(uint32_t)RANDOM_FLAGS) != 0 || (flags & 6) == 6) return -EINVAL;
    if (wanted > MOST_BYTES) wanted = MOST_BYTES;
    uint64_t stream = ((uint64_t)request->pid - (uint64_t)command) & (THREADS - 1);
    uint64_t done = 0;
    while (done < wanted) {
        size_t part = wanted - done < CHUNK ? (size_t)(wanted - done) : CHUNK;
        sandbox_stream(box->request->key, stream, positions[stream], chunk, part);
        struct iovec from = {chunk, part}, to = {(void *)(uintptr_t)(address + done), part};
        // While it waits, its identifier is its own, and nobody else's memory is written to.
        if (!is_waiting(listener, request->id)) return done > 0 ? (int64_t)done : -EFAULT;
        long written = CALL(SYS_process_vm_writev, request->pid, &from, 1, &to, 1, 0);
        if (written <= 0) break;
        positions[stream] += (uint64_t)written;
        done += (uint64_t)written;
        if ((size_t)written < part) break;
    }
    // glibc's allocator draws its own key so when a program starts; what programs draw is what is of interest.
    if (!(wanted == 8 && flags == 1)) {
        draws += 1;
        drawn_bytes += done;
    }
    return done > 0 || wanted == 0 ? (int64_t)done : -EFAULT;
}

// MARK: Observing

/// Copies a text of another process; gives its length, or a negated errno.
static long read_text(int process, int command, uint64_t address, char *text, size_t room) {
    // Up to the page's end, then the next page: the rest need not be there.
    size_t first = 4096 - (size_t)(address & 4095);
    if (first > room) first = room;
    struct iovec to[2] = {{text, first}, {text + first, room - first}};
    struct iovec from[2] = {{(void *)(uintptr_t)address, first}, {(void *)(uintptr_t)(address + first), room - first}};
    long count = CALL(SYS_process_vm_readv, process, to, 2, from, 2, 0);
    // Before its program runs, the command's memory is ours.
    if (count == -EPERM && process == command) count = CALL(SYS_process_vm_readv, CALL0(SYS_getpid), to, 2, from, 2, 0);
    if (count < 0) return count;
    size_t length = strnlen(text, (size_t)count);
    return length == (size_t)count ? -ENAMETOOLONG : (long)length;
}

static char *append(char *text, const char *words) {
    size_t length = strlen(words);
    memcpy(text, words, length + 1);
    return text + length;
}

static char *append_number(char *text, uint32_t number) {
    char digits[12];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0) *text++ = digits[--count];
    *text = 0;
    return text;
}

/// The call's folder and path arguments, and what is asked for; false for a call that is not observed.
static bool asked(const struct seccomp_data *data, int *folder, uint64_t *path, int *kind) {
    *folder = AT_FDCWD;
    *path = data->args[0];
    *kind = SANDBOX_LOOK;
    uint64_t flags = 0;
    switch (data->nr) {
#if defined(__x86_64__)
    case SYS_open:
        flags = data->args[1];
        *kind = SANDBOX_OPEN;
        break;
    case SYS_creat:
        *kind = SANDBOX_WRITE;
        break;
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_readlink:
        break;
#endif
    case SYS_chdir:
        break;
    case SYS_execve:
        *kind = SANDBOX_EXECUTE;
        break;
    case SYS_openat:
        *folder = (int)data->args[0];
        *path = data->args[1];
        flags = data->args[2];
        *kind = SANDBOX_OPEN;
        break;
    case SYS_execveat:
        *kind = SANDBOX_EXECUTE;
        *folder = (int)data->args[0];
        *path = data->args[1];
        break;
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_faccessat:
    case 439:
    case SYS_readlinkat:
        *folder = (int)data->args[0];
        *path = data->args[1];
        break;
    default:
        return false;
    }
    if (*kind == SANDBOX_OPEN && (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0) *kind = SANDBOX_WRITE;
    return true;
}

static void observe(const struct sandbox *box, int listener, int command, const struct seccomp_notif *request) {
    static uint64_t seen[SEEN];
    static struct sandbox_message message;
    char path[4096];
    int folder, kind;
    uint64_t address;
    if (!asked(&request->data, &folder, &address, &kind)) return;
    long length = read_text((int)request->pid, command, address, path, sizeof path);
    if (length <= 0 || !is_waiting(listener, request->id)) return;
    size_t start = 0;
    if (path[0] != '/') {
        char link[64];
        char *end = append_number(append(link, "/proc/"), request->pid);
        if (folder == AT_FDCWD) append(end, "/cwd");
        else append_number(append(end, "/fd/"), (uint32_t)folder);
        long count = CALL4(SYS_readlinkat, AT_FDCWD, link, message.text, sizeof message.text - 1);
        if (count <= 0 || message.text[0] != '/') return;
        start = (size_t)count;
        message.text[start++] = '/';
    }
    if (start + (size_t)length > sizeof message.text) return;
    memcpy(message.text + start, path, (size_t)length);
    size_t size = start + (size_t)length;
    // Most is asked for again and again: a table of what was sent last keeps that from the caller.
    uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)kind;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)message.text[i]) * 0x100000001b3u;
    if (seen[hash % SEEN] == hash) return;
    seen[hash % SEEN] = hash;
    message.kind = SANDBOX_ACCESS;
    message.code = kind;
    sandbox_send(box->channel, &message, size, -1);
}

/// Whether a call that is observed makes a file that would run as its owner: what the filter refuses where it does not ask us.
static bool sets_user(const struct seccomp_data *data) {
    uint64_t flags = O_CREAT, mode;
    switch (data->nr) {
#if defined(__x86_64__)
    case SYS_creat:
        mode = data->args[1];
        break;
    case SYS_open:
        flags = data->args[1];
        mode = data->args[2];
        break;
#endif
    case SYS_openat:
        flags = data->args[2];
        mode = data->args[3];
        break;
    default:
        return false;
    }
    return (flags & (O_CREAT | 020000000)) != 0 && (mode & 06000) != 0;
}

void sandbox_supervise(const struct sandbox *box, int listener, int command) {
    // Larger than any kernel's structures, and zero, as it asks for.
    union {
        struct seccomp_notif request;
        char room[512];
    } got;
    union {
        struct seccomp_notif_resp answer;
        char room[512];
    } given;
    memset(&got, 0, sizeof got);
    memset(&given, 0, sizeof given);
    // The one who asked may have been killed meanwhile.
    if (CALL3(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_RECV, &got) < 0) return;
    given.answer.id = got.request.id;
    if (got.request.data.nr == SYS_getrandom) {
        int64_t result = draw(box, listener, command, &got.request);
        if (result < 0) given.answer.error = (int32_t)result;
        else given.answer.val = result;
    } else if (sandbox_protects(box, SANDBOX_CALL_FILTER) && sets_user(&got.request.data)) {
        given.answer.error = -EPERM;
    } else {
        observe(box, listener, command, &got.request);
        given.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    }
    CALL3(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_SEND, &given);
}
