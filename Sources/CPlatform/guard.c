#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// A guard is a small process between ours and a program: the kernel tells it when ours ends, however that comes about, and then it
// ends the program and whatever else is in its session's group. After a fork of a process with threads only calls that are safe in
// signal handlers are made.

/// What a program is started with.
struct program {
    const char *const *arguments;
    const char *const *environment;
    const char *folder;
    int standard[3];
    /// Takes the errno of a start that fails.
    int report;
};

static _Noreturn void give_up(int report) {
    int error = errno;
    while (write(report, &error, sizeof error) == -1 && errno == EINTR) {}
    _exit(127);
}

/// Becomes the program.
static _Noreturn void begin(const struct program *program, pid_t guard) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) give_up(program->report);
    // A guard that had ended before that is not told any more.
    if (getppid() != guard) _exit(127);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // The given descriptors lie above 2, so putting one in its place never overwrites another.
    for (int place = 0; place < 3; place++) {
        if (dup2(program->standard[place], place) == -1) give_up(program->report);
    }
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == -1) give_up(program->report);
    if (program->folder != NULL && chdir(program->folder) == -1) give_up(program->report);
    execvpe(program->arguments[0], (char *const *)program->arguments, (char *const *)program->environment);
    give_up(program->report);
}

/// Ends as the program did.
static _Noreturn void end(int status) {
    if (WIFSIGNALED(status)) {
        // What there is to be learnt from the memory of this process is nothing.
        const struct rlimit nothing = {0, 0};
        setrlimit(RLIMIT_CORE, &nothing);
        int number = WTERMSIG(status);
        signal(number, SIG_DFL);
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, number);
        raise(number);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        _exit(128 + number);
    }
    _exit(WEXITSTATUS(status));
}

/// All signals are blocked here.
static _Noreturn void guard(const struct program *program, pid_t parent) {
    setsid();
    // Ignored from the start, it would leave nobody to wait for.
    signal(SIGCHLD, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1) give_up(program->report);
    if (getppid() != parent) _exit(127);
    pid_t self = getpid();
    pid_t child = _Fork();
    if (child == -1) give_up(program->report);
    if (child == 0) begin(program, self);
    // Locks and pipes of ours are not to be held by anybody else.
    close_range(0, ~0U, 0);
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    for (;;) {
        int number = sigwaitinfo(&awaited, NULL);
        int status;
        if (number == SIGTERM) {
            kill(child, SIGKILL);
            // Who waits for the guard finds the program gone.
            while (waitpid(child, &status, 0) == -1 && errno == EINTR) {}
            kill(0, SIGKILL);
        }
        if (waitpid(child, &status, WNOHANG) == child) end(status);
    }
}

int platform_spawn_guarded(
    int *process, const char *const *arguments, const char *const *environment, const char *folder, int input, int output, int error) {
    int report[2];
    int result = platform_pipe(report, 0);
    if (result < 0) return result;
    const struct program program = {arguments, environment, folder, {input, output, error}, report[1]};
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t parent = getpid();
    pid_t child = _Fork();
    if (child == 0) guard(&program, parent);
    result = child == -1 ? -errno : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (result == 0) {
        int code = 0;
        ssize_t count;
        do count = read(report[0], &code, sizeof code);
        while (count == -1 && errno == EINTR);
        // The end of the pipe is the beginning of the program.
        if (count == sizeof code) {
            result = -code;
            platform_wait(child);
        }
    }
    close(report[0]);
    *process = child;
    return result;
}
