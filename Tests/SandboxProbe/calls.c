#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The kernel's surface: calls that no training needs. Each is made so that nothing happens when it is let through: with arguments
// that the kernel refuses after its checks of permission, or on keys, names and flags of the caller's own.

#define PROBE(name, ...) \
    static enum verdict name(char **words) { \
        (void)words; \
        return reached(__VA_ARGS__); \
    }

PROBE(keyctl_session, "keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1))
PROBE(add_key, "add_key", syscall(SYS_add_key, "user", "probe", "canary", 6, KEY_SPEC_PROCESS_KEYRING))
PROBE(request_key, "request_key", syscall(SYS_request_key, "user", "probe-that-is-not-there", NULL, 0))
PROBE(bpf, "bpf", syscall(SYS_bpf, 9999, NULL, 0))
PROBE(perf_event_open, "perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, ~0ul))
PROBE(io_uring_setup, "io_uring_setup", syscall(SYS_io_uring_setup, 0, NULL))
PROBE(io_uring_enter, "io_uring_enter", syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0))
PROBE(io_uring_register, "io_uring_register", syscall(SYS_io_uring_register, -1, 0, NULL, 0))
PROBE(userfaultfd, "userfaultfd", syscall(SYS_userfaultfd, 1 | 1 << 16))
PROBE(init_module, "init_module", syscall(SYS_init_module, NULL, 0, ""))
PROBE(finit_module, "finit_module", syscall(SYS_finit_module, -1, "", 0))
PROBE(delete_module, "delete_module", syscall(SYS_delete_module, "no-such-module-of-mlbuild", O_NONBLOCK))
// Too many segments, and flags that do not exist; no segments at all would unload what is there.
PROBE(kexec_load, "kexec_load", syscall(SYS_kexec_load, 0, 100000, NULL, 0xffff))
PROBE(kexec_file_load, "kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0xffffff))
PROBE(swap_on, "swapon", syscall(SYS_swapon, "/no-such-swap-of-mlbuild", 0))
PROBE(swap_off, "swapoff", syscall(SYS_swapoff, "/no-such-swap-of-mlbuild"))
PROBE(accounting, "acct", syscall(SYS_acct, "/no-such-folder-of-mlbuild/file"))
PROBE(quota, "quotactl", syscall(SYS_quotactl, 0x800007 << 8 | 99, NULL, 0, NULL))
// Without its magic numbers the call does nothing but check who asks.
PROBE(reboot, "reboot", syscall(SYS_reboot, 0, 0, 0, NULL))
PROBE(open_by_handle, "open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0))
PROBE(fanotify, "fanotify_init", syscall(SYS_fanotify_init, 0xffffffff, 0))
PROBE(read_kernel_log, "syslog", syscall(SYS_syslog, 10, NULL, 0))
PROBE(memory_secret, "memfd_secret", syscall(447, 0xffffffff))
PROBE(advise_memory, "process_madvise", syscall(440, -1, NULL, 0, 0, 0xffffffff))

/// Microseconds that do not exist: refused after the call was let in.
static enum verdict set_time_of_day(char **words) {
    (void)words;
    struct timeval time;
    gettimeofday(&time, NULL);
    time.tv_usec = 2000000;
    return reached("settimeofday", syscall(SYS_settimeofday, &time, NULL));
}

/// A clock that cannot be set.
static enum verdict set_clock(char **words) {
    (void)words;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return reached("clock_settime", syscall(SYS_clock_settime, CLOCK_MONOTONIC, &time));
}

/// A clock that cannot be tuned.
static enum verdict tune_clock(char **words) {
    (void)words;
    struct timex order = {.modes = 0};
    return reached("clock_adjtime", syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &order));
}

static enum verdict change_personality(char **words) {
    (void)words;
    return reached("personality", syscall(SYS_personality, 0ul));
}

/// The kernel looks at the lower half only; a filter has to do the same.
static enum verdict change_personality_high(char **words) {
    (void)words;
    return reached("personality", syscall(SYS_personality, 1ul << 32));
}

#ifdef __x86_64__
// A level, and a port, that do not exist.
PROBE(port_level, "iopl", syscall(SYS_iopl, 7))
PROBE(port_permission, "ioperm", syscall(SYS_ioperm, 0xfffff000ul, 1, 1))

/// Runs `body` in a process of its own: what the filter does to a foreign ABI may be deadly.
static enum verdict in_child(const char *what, long (*body)(void)) {
    int ends[2], status = 0;
    long result = 0;
    if (pipe(ends) < 0) return judge("pipe", -1);
    int child = fork();
    if (child == 0) {
        result = body();
        _exit(write(ends[1], &result, sizeof result) == sizeof result ? 0 : 1);
    }
    close(ends[1]);
    ssize_t count = read(ends[0], &result, sizeof result);
    close(ends[0]);
    waitpid(child, &status, 0);
    if (count != sizeof result) return say(CANNOT, "this kernel has no %s: signal %d", what, WTERMSIG(status));
    if (result == -ENOSYS) return say(CANNOT, "this kernel has no %s", what);
    return say(result > 0 ? WORKED : DENIED, "%s gave %ld", what, result);
}

/// The number of the process, as 32-bit programs ask for it.
static long ask_32_bit(void) {
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
    return (long)(int)result;
}

static long ask_x32(void) {
    long result = syscall(0x40000000 | SYS_getpid);
    return result < 0 ? -errno : result;
}

static enum verdict abi_32_bit(char **words) { return (void)words, in_child("32-bit system calls", ask_32_bit); }
static enum verdict abi_x32(char **words) { return (void)words, in_child("x32 system calls", ask_x32); }
#else
static enum verdict no_such(char **words) { return (void)words, say(CANNOT, "this machine is no x86-64"); }
#define port_level no_such
#define port_permission no_such
#define abi_32_bit no_such
#define abi_x32 no_such
#endif

/// Orders to a terminal, given to something that is none: the kernel says so once the call is let through.
static enum verdict order_terminal(unsigned long order, const char *what) {
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    char letter = 'x';
    enum verdict verdict = reached(what, syscall(SYS_ioctl, file, order, &letter));
    close(file);
    return verdict;
}

static enum verdict terminal_input(char **words) { return (void)words, order_terminal(TIOCSTI, "TIOCSTI"); }
static enum verdict terminal_input_high(char **words) {
    return (void)words, order_terminal(TIOCSTI | 1ul << 32, "TIOCSTI in 33 bits");
}
static enum verdict terminal_console(char **words) { return (void)words, order_terminal(TIOCLINUX, "TIOCLINUX"); }

static enum verdict become_root(char **words) {
    (void)words;
    if (getuid() == 0) return say(WORKED, "it is root already");
    long result = syscall(SYS_setresuid, 0, 0, 0);
    return getuid() == 0 ? say(WORKED, "became root") : judge("setresuid", result);
}

static enum verdict become_group(char **words) {
    (void)words;
    if (getgid() == 0) return say(WORKED, "it is of root's group already");
    long result = syscall(SYS_setresgid, 0, 0, 0);
    return getgid() == 0 ? say(WORKED, "became of root's group") : judge("setresgid", result);
}

static enum verdict join_groups(char **words) {
    (void)words;
    const gid_t groups[] = {0};
    return judge("setgroups", setgroups(1, groups));
}

static enum verdict gain_capabilities(char **words) {
    (void)words;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return judge("capget", -1);
    for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted;
    data[0].effective |= 1u << CAP_SYS_ADMIN;
    data[0].permitted |= 1u << CAP_SYS_ADMIN;
    return judge("capset", syscall(SYS_capset, &header, data));
}

static enum verdict bounding_set(char **words) {
    (void)words;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) return say(WORKED, "capability %d can still be gained", capability);
    return say(DENIED, "no capability can be gained");
}

static enum verdict ambient_set(char **words) {
    (void)words;
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1) return say(WORKED, "capability %d is handed on", capability);
    return say(DENIED, "no capability is handed on");
}

static enum verdict secure_bits(char **words) {
    (void)words;
    return judge("PR_SET_SECUREBITS", prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0));
}

static enum verdict set_host_name(char **words) { return judge("sethostname", sethostname(words[0], strlen(words[0]))); }
static enum verdict set_domain_name(char **words) { return judge("setdomainname", setdomainname(words[0], strlen(words[0]))); }

const struct probe call_probes[] = {
    {"keyctl", 0, keyctl_session},
    {"add-key", 0, add_key},
    {"request-key", 0, request_key},
    {"bpf", 0, bpf},
    {"perf-event-open", 0, perf_event_open},
    {"io-uring-setup", 0, io_uring_setup},
    {"io-uring-enter", 0, io_uring_enter},
    {"io-uring-register", 0, io_uring_register},
    {"userfaultfd", 0, userfaultfd},
    {"init-module", 0, init_module},
    {"finit-module", 0, finit_module},
    {"delete-module", 0, delete_module},
    {"kexec-load", 0, kexec_load},
    {"kexec-file-load", 0, kexec_file_load},
    {"swapon", 0, swap_on},
    {"swapoff", 0, swap_off},
    {"acct", 0, accounting},
    {"quotactl", 0, quota},
    {"reboot", 0, reboot},
    {"open-by-handle", 0, open_by_handle},
    {"fanotify-init", 0, fanotify},
    {"syslog", 0, read_kernel_log},
    {"memfd-secret", 0, memory_secret},
    {"process-madvise", 0, advise_memory},
    {"settimeofday", 0, set_time_of_day},
    {"clock-settime", 0, set_clock},
    {"clock-adjtime", 0, tune_clock},
    {"personality", 0, change_personality},
    {"personality-high", 0, change_personality_high},
    {"iopl", 0, port_level},
    {"ioperm", 0, port_permission},
    {"abi-32-bit", 0, abi_32_bit},
    {"abi-x32", 0, abi_x32},
    {"terminal-input", 0, terminal_input},
    {"terminal-input-high", 0, terminal_input_high},
    {"terminal-console", 0, terminal_console},
    {"setuid", 0, become_root},
    {"setgid", 0, become_group},
    {"setgroups", 0, join_groups},
    {"capset", 0, gain_capabilities},
    {"bounding-set", 0, bounding_set},
    {"ambient-set", 0, ambient_set},
    {"securebits", 0, secure_bits},
    {"sethostname", 1, set_host_name},
    {"setdomainname", 1, set_domain_name},
    {0},
};
