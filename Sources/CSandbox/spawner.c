#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

const int32_t sandbox_policy_version = 1;

enum { PACKET_BYTES = 128 << 10, PACKET_FILES = 3 };

// The spawner's own memory: it is a process of its own with one thread.
static union {
    struct sandbox_request request;
    char bytes[PACKET_BYTES];
} packet;
static int files[PACKET_FILES];
static uint32_t outer_user, outer_group;

_Noreturn void sandbox_exit(int status) {
    for (;;) CALL1(SYS_exit_group, status);
}

size_t sandbox_words(char *text, size_t room, const char *words, const char *name) {
    size_t length = strlen(words);
    if (length > room) length = room;
    memcpy(text, words, length);
    if (name == NULL || room < length + 4) return length;
    size_t count = strlen(name);
    if (count > room - length - 3) count = room - length - 3;
    text[length++] = ' ';
    text[length++] = '\'';
    memcpy(text + length, name, count);
    length += count;
    text[length++] = '\'';
    return length;
}

void sandbox_send(int channel, const struct sandbox_message *message, size_t length, int file) {
    struct iovec part = {(void *)message, offsetof(struct sandbox_message, text) + length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    if (file >= 0) {
        header.msg_control = &control;
        header.msg_controllen = sizeof control.bytes;
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.head), &file, sizeof file);
    }
    // Nobody listens any more: then there is nobody to tell, and the sandbox is about to be killed.
    while (CALL3(SYS_sendmsg, channel, &header, MSG_NOSIGNAL) == -EINTR) {}
}

/// Receives one packet with its descriptors; gives its size, 0 at the end, or a negated errno.
static long receive(int socket, size_t *count) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(PACKET_FILES * sizeof(int))];
    } control;
    struct iovec part = {packet.bytes, sizeof packet.bytes};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    long size;
    do size = CALL3(SYS_recvmsg, socket, &header, MSG_CMSG_CLOEXEC);
    while (size == -EINTR);
    *count = 0;
    if (size <= 0) return size;
    struct cmsghdr *first = CMSG_FIRSTHDR(&header);
    if (first != NULL && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS) {
        *count = (first->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(files, CMSG_DATA(first), *count * sizeof(int));
    }
    return (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ? -EMSGSIZE : size;
}

/// Passes the packet on as it came; 0 or a negated errno.
static long pass_on(int socket, long size, size_t count) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(PACKET_FILES * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {packet.bytes, (size_t)size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.head), files, count * sizeof(int));
    long result;
    do result = CALL3(SYS_sendmsg, socket, &header, MSG_NOSIGNAL);
    while (result == -EINTR);
    return result < 0 ? result : 0;
}

static unsigned long namespaces(uint32_t protections) {
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS;
    if (protections & SANDBOX_OWN_PROCESSES) flags |= CLONE_NEWPID;
    if (protections & SANDBOX_OWN_NETWORK) flags |= CLONE_NEWNET;
    if (protections & SANDBOX_OWN_MESSAGES) flags |= CLONE_NEWIPC;
    if (protections & SANDBOX_OWN_HOST_NAME) flags |= CLONE_NEWUTS;
    return flags;
}

/// Takes the place of the caller's ends in the packet.
static void take_ends(struct sandbox *box) {
    long result = CALL3(SYS_dup3, files[0], SANDBOX_CHANNEL, O_CLOEXEC);
    if (result >= 0) result = CALL3(SYS_dup3, files[1], SANDBOX_OUTPUT, O_CLOEXEC);
    if (result < 0) sandbox_exit(127);
    box->channel = SANDBOX_CHANNEL;
    box->output = SANDBOX_OUTPUT;
}

/// Where a sandbox that was made ready gets its request from.
static int source = -1;

/// Waits for the request of a sandbox that was made ready; ends when nobody asks.
static void await_request(struct sandbox *box) {
    size_t count = 0;
    if (receive(source, &count) <= 0 || count < 2) sandbox_exit(0);
    take_ends(box);
}

_Noreturn void sandbox_fail(const struct sandbox *box, uint32_t kind, const char *words, const char *name, long result) {
    struct sandbox asked = *box;
    if (asked.channel < 0) await_request(&asked);
    struct sandbox_message message = {.kind = kind, .code = (int32_t)-result};
    size_t length = sandbox_words(message.text, sizeof message.text, words, name);
    sandbox_send(asked.channel, &message, length, -1);
    sandbox_exit(127);
}

/// The first process of a sandbox: with its request in the packet, or to be made ready for one.
_Noreturn static void become_sandbox(bool is_asked) {
    struct sandbox box = {.request = &packet.request, .block = packet.bytes, .channel = -1, .output = -1};
    box.outer_user = outer_user;
    box.outer_group = outer_group;
    if (is_asked) take_ends(&box);
    sandbox_prepare(&box);
    if (!is_asked) await_request(&box);
    if (packet.request.flags & SANDBOX_IN_MEMORY) {
        void *block = mmap(NULL, packet.request.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, files[2], 0);
        if (block == MAP_FAILED) sandbox_fail(&box, SANDBOX_NOT_SET_UP, "read the request", NULL, -errno);
        box.request = block;
        box.block = block;
    }
    sandbox_set_up_identity(&box);
    sandbox_set_up_mounts(&box);
    sandbox_init(&box);
}

// MARK: Sandboxes made ready

/// At most so many wait for a request. After so long without one they are made; sooner where none is left.
enum { MOST_READY = 4, QUIET_NANOSECONDS = 8000000, BRIEF_NANOSECONDS = 3000000 };

struct ready {
    int socket, process;
};

/// Sandboxes whose namespaces are there and whose requests are yet to come; the last one is taken first.
static struct ready ready[MOST_READY];
/// How many there are, and how many there should be: as many as were ever asked for before there was time to make more.
static int ready_count, ready_wanted;

/// What all of these have, any request may be answered with.
static const uint32_t usual =
    SANDBOX_OWN_PROCESSES | SANDBOX_OWN_NETWORK | SANDBOX_OWN_MESSAGES | SANDBOX_OWN_HOST_NAME | SANDBOX_NO_CAPABILITIES;

static bool is_usual(const struct sandbox_request *request) {
    return (request->protections & usual) == usual && request->user == SANDBOX_USUAL_USER;
}

static void close_ready(struct ready *one) {
    CALL1(SYS_close, one->socket);
    CALL1(SYS_close, one->process);
}

/// Makes one ready; false where that cannot be.
static bool make_ready(void) {
    int ends[2];
    if (CALL4(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return false;
    int process = -1;
    long result = CALL5(SYS_clone, namespaces(usual) | CLONE_PIDFD | SIGCHLD, 0, &process, 0, 0);
    if (result == 0) {
        CALL1(SYS_close, ends[0]);
        while (ready_count > 0) close_ready(&ready[--ready_count]);
        memset(&packet.request, 0, sizeof packet.request);
        packet.request.protections = ~0U;
        packet.request.user = SANDBOX_USUAL_USER;
        source = ends[1];
        become_sandbox(false);
    }
    CALL1(SYS_close, ends[1]);
    // Without one the next request makes its own, and says why where that fails.
    if (result < 0) CALL1(SYS_close, ends[0]);
    else ready[ready_count++] = (struct ready){ends[0], process};
    return result >= 0;
}

/// Makes what is missing, in the time until the next request.
///
/// Not while a sandbox is being set up: the kernel makes whoever changes mounts wait for whoever makes a network.
static void use_time(int host) {
    for (long waited = 0; ready_count < ready_wanted;) {
        const long quiet = ready_count == 0 ? BRIEF_NANOSECONDS : QUIET_NANOSECONDS;
        struct pollfd waiting = {host, POLLIN, 0};
        struct timespec time = {0, quiet > waited ? quiet - waited : 0};
        if (CALL5(SYS_ppoll, &waiting, 1, &time, NULL, 8) != 0 || !make_ready()) return;
        waited = quiet;
    }
}

/// Takes one request and clones its sandbox; false when nobody will ask any more.
static bool serve(int host) {
    size_t count = 0;
    long size = receive(host, &count);
    if (size == 0) return false;
    if (size > 0 && count >= 2) {
        struct sandbox_message answer = {.kind = SANDBOX_STARTED};
        bool is_given = false;
        if (is_usual(&packet.request)) {
            if (ready_count == 0 && ready_wanted < MOST_READY) ready_wanted++;
            // One that was killed meanwhile takes nothing.
            while (ready_count > 0 && !is_given) {
                struct ready *one = &ready[--ready_count];
                is_given = pass_on(one->socket, size, count) >= 0;
                if (is_given) sandbox_send(files[0], &answer, 0, one->process);
                close_ready(one);
            }
        }
        if (!is_given) {
            int process = -1;
            long result = CALL5(SYS_clone, namespaces(packet.request.protections) | CLONE_PIDFD | SIGCHLD, 0, &process, 0, 0);
            if (result == 0) become_sandbox(true);
            if (result < 0) {
                answer.kind = SANDBOX_NO_NAMESPACES;
                answer.code = (int32_t)-result;
            }
            sandbox_send(files[0], &answer, 0, process);
            if (process >= 0) CALL1(SYS_close, process);
        }
        for (size_t i = 0; i < count; i++) CALL1(SYS_close, files[i]);
    }
    return true;
}

/// Forgets all that the process it was forked from had set: signals, descriptors, its process group.
static int begin(int host) {
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {.handler = SIG_DFL};
    for (int number = 1; number <= 64; number++) CALL4(SYS_rt_sigaction, number, &action, NULL, 8);
    // Sandboxes that end leave no zombies; the terminal's signals go to the caller, which tells us by closing its end.
    action.handler = SIG_IGN;
    CALL4(SYS_rt_sigaction, SIGCHLD, &action, NULL, 8);
    CALL2(SYS_setpgid, 0, 0);
    long null = CALL4(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    if (null < 0) return -1;
    if (null != 3) CALL3(SYS_dup3, null, 3, 0);
    if (host != 4) CALL3(SYS_dup3, host, 4, O_CLOEXEC);
    for (int file = 0; file < 3; file++) CALL3(SYS_dup3, 3, file, 0);
    CALL1(SYS_close, 3);
    CALL3(CALL_CLOSE_RANGE, 5, ~0U, 0);
    CALL2(SYS_prctl, PR_SET_NAME, "mlbuild-spawner");
    struct rlimit limit;
    if (CALL4(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        CALL4(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
    }
    outer_user = (uint32_t)CALL0(SYS_geteuid);
    outer_group = (uint32_t)CALL0(SYS_getegid);
    uint64_t none = 0;
    CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    return 4;
}

int sandbox_start(int *host, int *process) {
    // A sandbox keeps files at high numbers; with room for fewer none could ever be made.
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max <= SANDBOX_HIGHEST_PROCESS) return -EMFILE;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) return -errno;
    // Requests are up to a packet's size; the default holds less where an administrator lowered it.
    int room = 2 * PACKET_BYTES;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    // No handler of ours may run in the child before it has forgotten them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // No exit signal: whoever waits for its own children is not told of this one.
    long result = CALL5(SYS_clone, 0, 0, 0, 0, 0);
    if (result == 0) {
        int socket = begin(ends[1]);
        while (socket >= 0 && serve(socket)) use_time(socket);
        sandbox_exit(0);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (result < 0) {
        close(ends[0]);
        return (int)result;
    }
    *host = ends[0];
    *process = (int)result;
    return 0;
}

void sandbox_stop(int host, int process) {
    close(host);
    while (waitpid(process, NULL, __WALL) == -1 && errno == EINTR) {}
}
