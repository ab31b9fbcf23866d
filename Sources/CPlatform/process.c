#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// MARK: Signals

static _Atomic int received_signal;

static void remember(int number) {
    int expected = 0;
    if (atomic_compare_exchange_strong(&received_signal, &expected, number)) return;
    // The second one: whoever asks twice wants it now. The signal is blocked here and arrives on return.
    signal(number, SIG_DFL);
    raise(number);
}

void platform_install_signals(void) {
    for (int file = 0; file <= 2; file++) {
        if (fcntl(file, F_GETFD) == -1 && errno == EBADF) open("/dev/null", file == 0 ? O_RDONLY : O_WRONLY);
    }
    // No SA_RESTART: who sleeps is to wake up.
    struct sigaction action = {.sa_handler = remember};
    sigemptyset(&action.sa_mask);
    const int numbers[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        struct sigaction before;
        // A signal that was ignored from the start (nohup, a background job) stays ignored.
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    // A limit on file sizes is an error of the write that meets it, not a death without a word.
    signal(SIGXFSZ, SIG_IGN);
}

int platform_received_signal(void) { return atomic_load_explicit(&received_signal, memory_order_relaxed); }

void platform_forget_signal(void) { atomic_store(&received_signal, 0); }

void platform_die_of_broken_pipe(void) {
    signal(SIGPIPE, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGPIPE);
    _exit(128 + SIGPIPE);
}

// MARK: Threads and host

int platform_thread_start(unsigned long *thread, size_t stack, void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return -error;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    pthread_t identity;
    error = pthread_attr_setstacksize(&attributes, stack);
    if (error == 0) error = pthread_create(&identity, &attributes, body, argument);
    if (error == 0) *thread = identity;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

void platform_thread_join(unsigned long thread) { pthread_join((pthread_t)thread, NULL); }

int platform_core_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int count = CPU_COUNT(&set);
        if (count > 0) return count;
    }
    // More than 1,024 processors do not fit the set.
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

int platform_terminal_width(int file) {
    struct winsize size;
    return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int64_t platform_clock(int wall) {
    struct timespec now;
    clock_gettime(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void platform_sleep(int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    nanosleep(&time, NULL);
}

long platform_random(void *bytes, size_t count) {
    long result;
    do result = getrandom(bytes, count, 0);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -errno : result;
}

// MARK: Child processes

extern char **environ;

const char *const *platform_environment(void) { return (const char *const *)environ; }

int platform_spawn(
    int *process, const char *const *arguments, const char *const *environment, const char *folder, int input, int output, int error,
    int own_session) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return -result;
    result = posix_spawnattr_init(&attributes);
    if (result != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -result;
    }
    // The given descriptors lie above 2, so putting one in its place never overwrites another.
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, error, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (folder != NULL) posix_spawn_file_actions_addchdir_np(&actions, folder);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (own_session ? POSIX_SPAWN_SETSID : 0));
    pid_t identity = 0;
    result = posix_spawnp(&identity, arguments[0], &actions, &attributes, (char *const *)arguments, (char *const *)environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    *process = identity;
    return -result;
}

int platform_pipe(int *ends, int parent_reads) {
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) == -1) return -errno;
    for (int i = 0; i < 2; i++) {
        // Standard places may be free; a pipe end there would be overwritten in the child.
        if (pair[i] > 2) continue;
        int moved = fcntl(pair[i], F_DUPFD_CLOEXEC, 3);
        if (moved == -1) {
            int error = errno;
            close(pair[0]);
            close(pair[1]);
            return -error;
        }
        close(pair[i]);
        pair[i] = moved;
    }
    int ours = parent_reads ? pair[0] : pair[1];
    fcntl(ours, F_SETFL, fcntl(ours, F_GETFL) | O_NONBLOCK);
    ends[0] = pair[0];
    ends[1] = pair[1];
    return 0;
}

int platform_wait(int process) {
    int status;
    pid_t result;
    do result = waitpid(process, &status, 0);
    while (result == -1 && errno == EINTR);
    if (result == -1) return -errno;
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int platform_kill(int process, int signal) { return kill(process, signal) == -1 ? -errno : 0; }
