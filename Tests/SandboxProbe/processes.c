#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// Other processes: those of the host, the first one of the sandbox, and those that outlive it.

// Signal 0 asks for the right to send one, and sends none.
static enum verdict signal_process(char **words) { return judge("kill", kill(atoi(words[0]), 0)); }
static enum verdict signal_everybody(char **words) { return (void)words, judge("kill everybody", kill(-1, 0)); }

static enum verdict see_process(char **words) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%s", words[0]);
    return judge(path, stat(path, &status));
}

/// The words on the command line of a process hold the canary.
static enum verdict read_command_line(char **words) {
    char path[64], text[4096] = {0};
    snprintf(path, sizeof path, "/proc/%s/cmdline", words[0]);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return judge(path, file);
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    return memmem(text, count < 0 ? 0 : (size_t)count, "canary", 6) ? say(WORKED, "%s holds the canary", path) : say(DENIED, "no canary");
}

static enum verdict attach(int process) {
    long result = ptrace(PTRACE_SEIZE, process, 0, 0);
    enum verdict verdict = judge("ptrace", result);
    if (result == 0) {
        ptrace(PTRACE_INTERRUPT, process, 0, 0);
        waitpid(process, NULL, __WALL);
        ptrace(PTRACE_DETACH, process, 0, 0);
    }
    return verdict;
}

static enum verdict trace_init(char **words) { return (void)words, attach(1); }
static enum verdict trace_process(char **words) { return attach(atoi(words[0])); }

static enum verdict trace_child(char **words) {
    (void)words;
    int child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    enum verdict verdict = attach(child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return verdict;
}

/// Reads where a process says that its word lies.
static enum verdict read_memory(int process, const char *address) {
    char text[16] = {0};
    struct iovec here = {text, 7}, there = {(void *)strtoul(address, NULL, 16), 7};
    ssize_t count = process_vm_readv(process, &here, 1, &there, 1, 0);
    if (count < 0) return judge("process_vm_readv", count);
    return say(strstr(text, "canary") ? WORKED : DENIED, "read '%s' from process %d", text, process);
}

static enum verdict read_process_memory(char **words) { return read_memory(atoi(words[0]), words[1]); }

static enum verdict write_process_memory(char **words) {
    char byte = 'c';
    struct iovec here = {&byte, 1}, there = {(void *)strtoul(words[1], NULL, 16), 1};
    return judge("process_vm_writev", process_vm_writev(atoi(words[0]), &here, 1, &there, 1, 0));
}

static enum verdict open_process_file(const char *process, const char *name, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    int file = open(path, flags | O_CLOEXEC);
    enum verdict verdict = judge(path, file);
    if (file >= 0) close(file);
    return verdict;
}

static enum verdict open_init_memory(char **words) { return (void)words, open_process_file("1", "mem", O_RDWR); }
static enum verdict open_init_environment(char **words) { return (void)words, open_process_file("1", "environ", O_RDONLY); }
static enum verdict open_init_maps(char **words) { return (void)words, open_process_file("1", "maps", O_RDONLY); }
static enum verdict open_process_memory(char **words) { return open_process_file(words[0], "mem", O_RDWR); }

/// Takes a copy of a descriptor of the first process: that of a listener, of a folder outside.
static enum verdict steal_descriptor(char **words) {
    int process = (int)syscall(SYS_pidfd_open, atoi(words[0]), 0);
    if (process < 0) return judge("pidfd_open", process);
    for (int number = 0; number < 64; number++) {
        long copy = syscall(SYS_pidfd_getfd, process, number, 0);
        if (copy >= 0) return say(WORKED, "took descriptor %d of process %s", number, words[0]);
    }
    return judge("pidfd_getfd", -1);
}

/// Walks into the open files of the first process.
static enum verdict walk_init_descriptors(char **words) {
    (void)words;
    for (int number = 0; number < 64; number++) {
        char path[64];
        struct stat status;
        snprintf(path, sizeof path, "/proc/1/fd/%d", number);
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return say(WORKED, "%s is a folder", path);
    }
    int folder = open("/proc/1/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return judge("/proc/1/fd", folder);
    close(folder);
    return say(DENIED, "the first process has no folder open");
}

/// Any process but this one, whose memory can be written.
static enum verdict walk_processes(char **words) {
    (void)words;
    DIR *folder = opendir("/proc");
    if (!folder) return judge("/proc", -1);
    int count = 0, found = 0;
    struct dirent *entry;
    while (!found && (entry = readdir(folder))) {
        int process = atoi(entry->d_name);
        if (process <= 0 || process == getpid()) continue;
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/mem", process);
        int file = open(path, O_RDWR | O_CLOEXEC);
        if (file >= 0) close(file);
        if (file >= 0) found = process;
        count++;
    }
    closedir(folder);
    return found ? say(WORKED, "the memory of process %d is open", found) : say(DENIED, "%d processes keep theirs closed", count);
}

/// Sets a limit of the parent to what it is: the right to set it is enough.
static enum verdict limit_parent(char **words) {
    (void)words;
    struct rlimit limit;
    int result = prlimit(getppid(), RLIMIT_SIGPENDING, NULL, &limit);
    if (result == 0) result = prlimit(getppid(), RLIMIT_SIGPENDING, &limit, NULL);
    return judge("prlimit of the parent", result);
}

static enum verdict compare_kernel(char **words) {
    (void)words;
    return reached("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0));
}

/// Leaves a process behind that belongs to nobody, ignores what can be ignored, and writes later.
static enum verdict leave_daemon(char **words) {
    int file = open(words[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return say(MISUSED, "open: %s", strerror(errno));
    int child = fork();
    if (child < 0) return judge("fork", child);
    if (child == 0) {
        setsid();
        for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
        if (fork() > 0) _exit(0);
        // Standard output would keep whoever reads it waiting.
        for (int number = 0; number < 3; number++) close(number);
        wait_milliseconds(atoi(words[1]));
        _exit(write(file, "canary", 6) == 6 ? 0 : 1);
    }
    waitpid(child, NULL, 0);
    return say(WORKED, "left a process behind");
}

/// The same through a clone whose parent is the parent of the caller.
static enum verdict leave_sibling(char **words) {
    int file = open(words[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return say(MISUSED, "open: %s", strerror(errno));
    long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (child < 0) return judge("clone", child);
    if (child == 0) {
        for (int number = 0; number < 3; number++) close(number);
        wait_milliseconds(atoi(words[1]));
        _exit(write(file, "canary", 6) == 6 ? 0 : 1);
    }
    return say(WORKED, "left a sibling behind");
}

/// Stops itself. A child would wake it after the milliseconds in the second word, which the limit must not wait for.
static enum verdict stop_self(char **words) {
    int self = getpid();
    if (fork() == 0) {
        wait_milliseconds(atoi(words[0]));
        kill(self, SIGCONT);
        _exit(0);
    }
    raise(SIGSTOP);
    return say(WORKED, "stopped and went on");
}

static enum verdict kill_everything(char **words) {
    (void)words;
    // INVARIANT: the tests run this in a process namespace of its own only.
    if (kill(-1, SIGKILL) < 0 && errno != ESRCH) return judge("kill", -1);
    return say(DENIED, "still here, and so is everybody outside");
}

static enum verdict raise_priority(char **words) {
    (void)words;
    errno = 0;
    return judge("nice", nice(-5) == -1 && errno ? -1 : 0);
}

static enum verdict become_realtime(char **words) {
    (void)words;
    const struct sched_param order = {1};
    return judge("sched_setscheduler", sched_setscheduler(0, SCHED_FIFO, &order));
}

const struct probe process_probes[] = {
    {"signal-process", 1, signal_process},
    {"signal-everybody", 0, signal_everybody},
    {"see-process", 1, see_process},
    {"read-command-line", 1, read_command_line},
    {"trace-init", 0, trace_init},
    {"trace-process", 1, trace_process},
    {"trace-child", 0, trace_child},
    {"read-process-memory", 2, read_process_memory},
    {"write-process-memory", 2, write_process_memory},
    {"open-init-memory", 0, open_init_memory},
    {"open-init-environment", 0, open_init_environment},
    {"open-init-maps", 0, open_init_maps},
    {"open-process-memory", 1, open_process_memory},
    {"steal-descriptor", 1, steal_descriptor},
    {"walk-init-descriptors", 0, walk_init_descriptors},
    {"walk-processes", 0, walk_processes},
    {"limit-parent", 0, limit_parent},
    {"compare-kernel", 0, compare_kernel},
    {"leave-daemon", 2, leave_daemon},
    {"leave-sibling", 2, leave_sibling},
    {"stop-self", 1, stop_self},
    {"kill-everything", 0, kill_everything},
    {"raise-priority", 0, raise_priority},
    {"become-realtime", 0, become_realtime},
    {0},
};
