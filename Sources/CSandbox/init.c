#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"
#include "supervisor.h"

enum { STACK_BYTES = 64 << 10, GRACE_MILLISECONDS = 1000 };

/// What the command's process, which shares our memory until it runs its program, has told us.
static _Atomic int announced;
/// Why the program could not be run; 0 while nothing is known against it.
static _Atomic int refused;
static char stack[STACK_BYTES] __attribute__((aligned(64)));
static const char **arguments, **variables;

static const char **vector(const struct sandbox *box, uint32_t at, uint32_t count) {
    const uint32_t *offsets = (const uint32_t *)sandbox_text(box, at);
    const char **result = mmap(NULL, (count + 1) * sizeof *result, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (result == MAP_FAILED) sandbox_fail(box, SANDBOX_NOT_SET_UP, "hold the arguments", NULL, -ENOMEM);
    for (uint32_t i = 0; i < count; i++) result[i] = sandbox_text(box, offsets[i]);
    result[count] = NULL;
    return result;
}

// MARK: The command

static long execute(const struct sandbox *box) {
    const char *program = arguments[0];
    if (*program == 0) return -ENOENT;
    if (strchr(program, '/') != NULL) return CALL3(SYS_execve, program, arguments, variables);
    const char *path = box->request->search_path == 0 ? "/usr/bin:/bin" : sandbox_text(box, box->request->search_path);
    size_t length = strlen(program);
    // What was found but may not be run says more than that nothing was found elsewhere.
    long result = -ENOENT;
    for (;;) {
        size_t folder = strcspn(path, ":");
        char full[4096];
        if (folder + length + 2 <= sizeof full) {
            memcpy(full, path, folder);
            if (folder > 0) full[folder++] = '/';
            memcpy(full + folder, program, length + 1);
            long error = CALL3(SYS_execve, full, arguments, variables);
            if (error != -ENOENT && error != -ENOTDIR) result = error;
            if (error != -ENOENT && error != -ENOTDIR && error != -EACCES) return error;
        }
        path += strcspn(path, ":");
        if (*path++ == 0) return result;
    }
}

/// In the command's own process, in the init's memory, on a stack of its own.
static int command(void *argument) {
    const struct sandbox *box = argument;
    uint64_t none = 0;
    if (sandbox_has(box, SANDBOX_TERMINAL)) {
        // The foreground of the terminal, as a shell would give it to a job; SIGTTOU is still blocked.
        CALL2(SYS_setpgid, 0, 0);
        int group = (int)CALL0(SYS_getpid);
        CALL3(SYS_ioctl, 0, 0x5410 /* TIOCSPGRP */, &group);
    } else {
        CALL0(SYS_setsid);
    }
    sandbox_set_limits(box);
    long listener = sandbox_filter(box);
    if (listener < -1) sandbox_fail(box, SANDBOX_NOT_SET_UP, "filter system calls", NULL, listener + 1);
    sandbox_drop_capabilities(box, 0);
    CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    // From here on the init may look: the listener's number is valid in the table that we still share.
    announced = (int)listener + 2;
    CALL3(SYS_futex, &announced, FUTEX_WAKE, 1);
    if (sandbox_protects(box, SANDBOX_CLOSED_DESCRIPTORS)) {
        long result = CALL3(CALL_CLOSE_RANGE, 3, ~0U, 2 /* CLOSE_RANGE_UNSHARE */);
        if (result < 0) sandbox_exit(127);
    }
    refused = (int)-execute(box);
    return 127;
}

// MARK: What is left when the command has ended

static uint64_t milliseconds(void) {
    struct timespec now;
    CALL2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/// Reads a small file below `/proc`; gives its length, 0 where it cannot be read.
static long read_process(const char *process, const char *name, char *bytes, size_t room) {
    char path[64] = "/proc/";
    size_t length = strlen(process);
    if (length > 20) return 0;
    memcpy(path + 6, process, length);
    memcpy(path + 6 + length, name, strlen(name) + 1);
    long file = CALL4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return 0;
    long count = CALL3(SYS_read, file, bytes, room);
    CALL1(SYS_close, file);
    return count < 0 ? 0 : count;
}

static long parent_of(const char *process) {
    char status[512];
    long count = read_process(process, "/stat", status, sizeof status - 1);
    status[count] = 0;
    // "ID (NAME) STATE PARENT ...": the name may hold anything.
    char *end = strrchr(status, ')');
    if (end == NULL || end[1] == 0 || end[2] == 'Z' || end[2] == 'X') return -1;
    long parent = 0;
    for (char *digit = end + 4; *digit >= '0' && *digit <= '9'; digit++) parent = parent * 10 + (*digit - '0');
    return parent;
}

static bool is_ours(const struct sandbox *box, const char *process, long self) {
    if (sandbox_protects(box, SANDBOX_OWN_PROCESSES)) return parent_of(process) >= 0;
    // Among the host's processes ours are those that descend from here.
    char name[24];
    size_t length = strlen(process);
    if (length >= sizeof name) return false;
    memcpy(name, process, length + 1);
    for (int depth = 0; depth < 64; depth++) {
        long parent = parent_of(name);
        if (parent == self) return true;
        if (parent <= 1) return false;
        char digits[24];
        int count = 0;
        for (; parent > 0; parent /= 10) digits[count++] = (char)('0' + parent % 10);
        for (int i = 0; i < count; i++) name[i] = digits[count - 1 - i];
        name[count] = 0;
    }
    return false;
}

/// Writes the names of our processes that run; kills them where no namespace does so.
static size_t list_left(const struct sandbox *box, char *names, size_t room) {
    long folder = CALL4(SYS_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long self = CALL0(SYS_getpid);
    size_t used = 0;
    char buffer[8192];
    long size;
    while (folder >= 0 && (size = CALL3(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            struct dirent64 *entry = (struct dirent64 *)(buffer + at);
            at += entry->d_reclen;
            long number = 0;
            for (const char *digit = entry->d_name; *digit >= '0' && *digit <= '9'; digit++) number = number * 10 + (*digit - '0');
            if (number == 0 || number == self || !is_ours(box, entry->d_name, self)) continue;
            long count = read_process(entry->d_name, "/comm", names + used, room - used < 64 ? 0 : 64);
            if (count > 0) {
                used += (size_t)count;
                names[used - 1] = 0;
            }
            if (!sandbox_protects(box, SANDBOX_OWN_PROCESSES)) CALL2(SYS_kill, number, SIGKILL);
        }
    }
    if (folder >= 0) CALL1(SYS_close, folder);
    return used;
}

// MARK: Waiting

struct watch {
    int command;
    int status;
    bool has_ended, has_children;
};

static void reap(struct watch *watch) {
    for (;;) {
        int status;
        long process = CALL4(SYS_wait4, -1, &status, WNOHANG | __WALL, NULL);
        if (process == -EINTR) continue;
        watch->has_children = process != -ECHILD;
        if (process <= 0) return;
        if (process == watch->command) {
            watch->status = status;
            watch->has_ended = true;
        }
    }
}

/// The listener's descriptor, or -1, once the command's process has put it in place or has ended.
static int wait_for_listener(struct watch *watch) {
    struct timespec patience = {0, 20000000};
    while (announced == 0 && !watch->has_ended) {
        CALL4(SYS_futex, &announced, FUTEX_WAIT, 0, &patience);
        if (announced == 0) reap(watch);
    }
    return announced == 0 ? -1 : announced - 2;
}

/// Serves the command until it and, for a while, all that it left has ended.
static void watch_command(const struct sandbox *box, struct watch *watch, int signals, int listener) {
    uint64_t end = 0;
    while (!watch->has_ended || watch->has_children) {
        int patience = -1;
        if (watch->has_ended) {
            uint64_t now = milliseconds();
            if (end == 0) end = now + GRACE_MILLISECONDS;
            if (now >= end) return;
            patience = (int)(end - now);
        }
        struct pollfd waiting[3] = {{signals, POLLIN, 0}, {listener, POLLIN, 0}, {box->channel, 0, 0}};
        struct timespec time = {patience / 1000, (long)(patience % 1000) * 1000000};
        CALL5(SYS_ppoll, waiting, 3, patience < 0 ? NULL : &time, NULL, 8);
        // Nobody waits for the outcome any more.
        if (waiting[2].revents & (POLLHUP | POLLERR)) sandbox_exit(1);
        if (waiting[1].revents & POLLIN) sandbox_supervise(box, listener, watch->command);
        else if (waiting[1].revents != 0) listener = -1;
        if (waiting[0].revents != 0) {
            char buffer[1024];
            CALL3(SYS_read, signals, buffer, sizeof buffer);
            reap(watch);
        }
    }
}

_Noreturn void sandbox_init(struct sandbox *box) {
    const struct sandbox_request *request = box->request;
    // Nothing of the init is readable from inside; the command's program is, as any.
    CALL5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    arguments = vector(box, request->arguments, request->argument_count);
    variables = vector(box, request->variables, request->variable_count);
    bool own_processes = sandbox_protects(box, SANDBOX_OWN_PROCESSES);
    if (!own_processes) CALL5(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    uint64_t blocked = 1ULL << (SIGCHLD - 1) | 1ULL << (SIGTTOU - 1);
    CALL4(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, 8);
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {.handler = SIG_DFL};
    CALL4(SYS_rt_sigaction, SIGCHLD, &action, NULL, 8);
    blocked = 1ULL << (SIGCHLD - 1);
    int signals = (int)CALL4(SYS_signalfd4, -1, &blocked, 8, SFD_CLOEXEC);
    if (signals < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "watch processes", NULL, signals);

    if (sandbox_has(box, SANDBOX_TERMINAL)) CALL3(SYS_dup3, box->output, 0, 0);
    CALL3(SYS_dup3, box->output, 1, 0);
    CALL3(SYS_dup3, box->output, 2, 0);
    if (!sandbox_protects(box, SANDBOX_CLOSED_DESCRIPTORS)) CALL3(SYS_fcntl, box->channel, F_SETFD, 0);
    sandbox_lock_privileges(box);
    if (sandbox_has(box, SANDBOX_DERIVED_ENTROPY)) sandbox_start_feeder(box);
    sandbox_number_processes(box);

    struct watch watch = {.has_children = true};
    watch.command = clone(command, stack + STACK_BYTES, CLONE_VM | CLONE_FILES | SIGCHLD, box);
    if (watch.command < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "start the command", NULL, -errno);
    int listener = wait_for_listener(&watch);
    // To reach into the memory of programs that hide theirs it takes this one, and only for the filter.
    sandbox_drop_capabilities(box, listener >= 0 ? 1ULL << CAP_SYS_PTRACE : 0);
    watch_command(box, &watch, signals, listener);

    if (refused != 0) sandbox_fail(box, SANDBOX_NO_PROGRAM, arguments[0], NULL, -refused);
    struct sandbox_message message = {.kind = SANDBOX_ENDED, .code = watch.status};
    size_t length = 0;
    bool stays = !sandbox_protects(box, SANDBOX_DEAD_AFTERWARDS);
    if (watch.has_children && !stays) length = list_left(box, message.text, sizeof message.text);
    sandbox_count_draws(&message.draws, &message.drawn_bytes);
    sandbox_send(box->channel, &message, length, -1);
    if (stays) {
        // Only for the tests that show what this protection is for: what was left lives on.
        while (watch.has_children) {
            int status;
            watch.has_children = CALL4(SYS_wait4, -1, &status, __WALL, NULL) != -ECHILD;
        }
    }
    sandbox_exit(0);
}
