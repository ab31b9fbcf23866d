#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sandbox.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

/// What is done with a call; the numbers of arguments count from 0.
enum rule_kind {
    DENY,         // `value` is the errno; 0 answers as if it had been done
    NAMESPACES,   // new namespaces, in argument 0; `value` is one more bit
    FAMILY,       // kinds of sockets, in argument 0
    TERMINAL,     // what types into a terminal, in argument 1
    PERSONALITY,  // in argument 0
    MODE,         // set-user-identifier and set-group-identifier bits, in argument `value`
    OPENING,      // the same where flags, in argument `value`, create; the mode is the next one
    OWN_LIMITS,   // another process than the caller's own, in argument 0
    DROPPABLE,    // memory that the kernel may drop, which the clock page's random numbers need
    NOTIFY,       // the init answers
};

struct rule {
    uint32_t number;
    uint32_t kind;
    uint32_t value;
};

// SPEC: sandbox.md#calls
static const struct rule refusals[] = {
    // The tree of mounts and the namespaces.
    {SYS_mount, DENY, EPERM},
    {SYS_umount2, DENY, EPERM},
    {SYS_pivot_root, DENY, EPERM},
    {SYS_chroot, DENY, EPERM},
    {CALL_OPEN_TREE, DENY, EPERM},
    {CALL_MOVE_MOUNT, DENY, EPERM},
    {CALL_FSOPEN, DENY, EPERM},
    {CALL_FSCONFIG, DENY, EPERM},
    {CALL_FSMOUNT, DENY, EPERM},
    {CALL_FSPICK, DENY, EPERM},
    {CALL_MOUNT_SETATTR, DENY, EPERM},
    {457 /* statmount */, DENY, EPERM},
    {458 /* listmount */, DENY, EPERM},
    {467 /* open_tree_attr */, DENY, EPERM},
    {SYS_setns, DENY, EPERM},
    {SYS_unshare, NAMESPACES, 0x80 /* CLONE_NEWTIME */},
    {SYS_clone, NAMESPACES, 0},
    // Its flags lie in memory, where a filter cannot look; C libraries take `clone` instead.
    {CALL_CLONE3, DENY, ENOSYS},
    // Other processes.
    {SYS_ptrace, DENY, EPERM},
    {SYS_process_vm_readv, DENY, EPERM},
    {SYS_process_vm_writev, DENY, EPERM},
    {440 /* process_madvise */, DENY, EPERM},
    {SYS_kcmp, DENY, EPERM},
    {SYS_prlimit64, OWN_LIMITS, 0},
    {CALL_PIDFD_GETFD, DENY, EPERM},
    // Parts of the kernel with a long history of holes, which no build needs.
    {SYS_keyctl, DENY, EPERM},
    {SYS_add_key, DENY, EPERM},
    {SYS_request_key, DENY, EPERM},
    {SYS_bpf, DENY, EPERM},
    {SYS_perf_event_open, DENY, EPERM},
    {425 /* io_uring_setup */, DENY, ENOSYS},
    {426 /* io_uring_enter */, DENY, ENOSYS},
    {427 /* io_uring_register */, DENY, ENOSYS},
    {SYS_userfaultfd, DENY, EPERM},
    {447 /* memfd_secret */, DENY, ENOSYS},
    {SYS_fanotify_init, DENY, EPERM},
    {SYS_fanotify_mark, DENY, EPERM},
    {SYS_name_to_handle_at, DENY, EPERM},
    {SYS_open_by_handle_at, DENY, EPERM},
    {SYS_lookup_dcookie, DENY, EPERM},
    {SYS_nfsservctl, DENY, ENOSYS},
    // The machine.
    {SYS_kexec_load, DENY, EPERM},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, DENY, EPERM},
#endif
    {SYS_init_module, DENY, EPERM},
    {SYS_finit_module, DENY, EPERM},
    {SYS_delete_module, DENY, EPERM},
    {SYS_swapon, DENY, EPERM},
    {SYS_swapoff, DENY, EPERM},
    {SYS_reboot, DENY, EPERM},
    {SYS_quotactl, DENY, EPERM},
    {443 /* quotactl_fd */, DENY, EPERM},
    {SYS_acct, DENY, EPERM},
    {SYS_syslog, DENY, EPERM},
    {SYS_vhangup, DENY, EPERM},
    {SYS_settimeofday, DENY, EPERM},
    {SYS_clock_settime, DENY, EPERM},
    {SYS_clock_adjtime, DENY, EPERM},
    {SYS_adjtimex, DENY, EPERM},
    {SYS_sethostname, DENY, EPERM},
    {SYS_setdomainname, DENY, EPERM},
#if defined(__x86_64__)
    {SYS_iopl, DENY, EPERM},
    {SYS_ioperm, DENY, EPERM},
    {SYS_modify_ldt, DENY, EPERM},
    {SYS_uselib, DENY, ENOSYS},
    {SYS__sysctl, DENY, ENOSYS},
#endif
    // What the plan has fixed. A library that spreads its threads over processors goes on as if it had.
    {SYS_sched_setaffinity, DENY, 0},
    {SYS_personality, PERSONALITY, 0},
    // The network beyond loopback; also netlink, packets, vsock, Bluetooth, the kernel's own ciphers.
    {SYS_socket, FAMILY, 0},
    {SYS_socketpair, FAMILY, 0},
    {SYS_ioctl, TERMINAL, 0},
    // Files that would run as their owner once they lie outside.
    {SYS_fchmod, MODE, 1},
    {SYS_fchmodat, MODE, 2},
    {452 /* fchmodat2 */, MODE, 2},
    {SYS_mknodat, MODE, 2},
    {SYS_openat, OPENING, 2},
    // Its flags lie in memory; callers fall back on `openat`.
    {CALL_OPENAT2, DENY, ENOSYS},
#if defined(__x86_64__)
    {SYS_chmod, MODE, 1},
    {SYS_mknod, MODE, 1},
    {SYS_creat, MODE, 1},
    {SYS_open, OPENING, 1},
#endif
};

static const uint32_t observed[] = {
    SYS_openat, SYS_newfstatat, SYS_statx, SYS_faccessat, 439 /* faccessat2 */, SYS_readlinkat, SYS_execve, SYS_execveat, SYS_chdir,
#if defined(__x86_64__)
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
#endif
};

enum { REFUSALS = sizeof refusals / sizeof refusals[0], OBSERVED = sizeof observed / sizeof observed[0] };
enum { MOST_RULES = REFUSALS + OBSERVED + 2, GROUP = 8, MOST_INSTRUCTIONS = 1024 };

struct program {
    int count;
    struct sock_filter instructions[MOST_INSTRUCTIONS];
};

static void emit(struct program *program, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf) {
    if (program->count < MOST_INSTRUCTIONS) program->instructions[program->count++] = (struct sock_filter){code, jt, jf, k};
}

static void answer(struct program *program, uint32_t action) { emit(program, BPF_RET | BPF_K, action, 0, 0); }

static void load(struct program *program, uint32_t offset) { emit(program, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }

/// The low half of an argument: all that the kernel itself looks at where its type is `int`.
static void load_argument(struct program *program, uint32_t index) {
    load(program, (uint32_t)(offsetof(struct seccomp_data, args) + index * 8));
}

static void emit_rule(struct program *program, const struct rule *rule) {
    const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
    int jump = program->count;
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, rule->number, 0, 0);
    switch ((enum rule_kind)rule->kind) {
    case DENY:
        answer(program, SECCOMP_RET_ERRNO | rule->value);
        break;
    case NOTIFY:
        answer(program, SECCOMP_RET_USER_NOTIF);
        break;
    case NAMESPACES:
        load_argument(program, 0);
        // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
        emit(program, BPF_JMP | BPF_JSET | BPF_K, 0x7e020000 | rule->value, 0, 1);
        answer(program, refuse);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case FAMILY:
        load_argument(program, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 3, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
        answer(program, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case TERMINAL:
        load_argument(program, 1);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0x5412 /* TIOCSTI */, 1, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0x541c /* TIOCLINUX */, 0, 1);
        answer(program, refuse);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case PERSONALITY:
        load_argument(program, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, 2, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0x0040000 /* ADDR_NO_RANDOMIZE */, 1, 0);
        answer(program, refuse);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case MODE:
        load_argument(program, rule->value);
        emit(program, BPF_JMP | BPF_JSET | BPF_K, S_ISUID | S_ISGID, 0, 1);
        answer(program, refuse);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case OPENING:
        load_argument(program, rule->value);
        // O_CREAT, or the bit of O_TMPFILE that is its own
        emit(program, BPF_JMP | BPF_JSET | BPF_K, 0100 | 020000000, 0, 3);
        load_argument(program, rule->value + 1);
        emit(program, BPF_JMP | BPF_JSET | BPF_K, S_ISUID | S_ISGID, 0, 1);
        answer(program, refuse);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case OWN_LIMITS:
        load_argument(program, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        answer(program, refuse);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    case DROPPABLE:
        load_argument(program, 3);
        emit(program, BPF_ALU | BPF_AND | BPF_K, 0x0f /* MAP_TYPE */, 0, 0);
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0x08 /* MAP_DROPPABLE */, 0, 1);
        answer(program, SECCOMP_RET_ERRNO | EINVAL);
        answer(program, SECCOMP_RET_ALLOW);
        break;
    }
    program->instructions[jump].jf = (uint8_t)(program->count - jump - 1);
}

/// Adds a rule, in the order of numbers; a later one for the same call takes the earlier one's place.
static void add(struct rule *rules, int *count, struct rule rule) {
    int at = *count;
    while (at > 0 && rules[at - 1].number > rule.number) at--;
    if (at > 0 && rules[at - 1].number == rule.number) {
        rules[at - 1] = rule;
        return;
    }
    for (int i = *count; i > at; i--) rules[i] = rules[i - 1];
    rules[at] = rule;
    *count += 1;
}

static void assemble(struct program *program, const struct rule *rules, int count, bool refuses) {
    program->count = 0;
    load(program, offsetof(struct seccomp_data, arch));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
    answer(program, refuses ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_ALLOW);
    load(program, offsetof(struct seccomp_data, nr));
    if (refuses) {
        // The calls of x32 are those of x86-64 under other numbers.
        emit(program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
        answer(program, SECCOMP_RET_ERRNO | ENOSYS);
    }
    // Groups by number, each behind one comparison: the kernel works the whole out once per call number.
    for (int first = 0; first < count; first += GROUP) {
        int end = first + GROUP < count ? first + GROUP : count;
        int jump = program->count;
        emit(program, BPF_JMP | BPF_JGT | BPF_K, rules[end - 1].number, 0, 0);
        for (int i = first; i < end; i++) emit_rule(program, &rules[i]);
        answer(program, SECCOMP_RET_ALLOW);
        program->instructions[jump].jt = (uint8_t)(program->count - jump - 1);
    }
    answer(program, SECCOMP_RET_ALLOW);
}

long sandbox_filter(const struct sandbox *box) {
    static struct rule rules[MOST_RULES];
    static struct program program;
    const bool refuses = sandbox_protects(box, SANDBOX_CALL_FILTER);
    const bool derives = sandbox_has(box, SANDBOX_DERIVED_ENTROPY), observes = sandbox_has(box, SANDBOX_OBSERVES);
    if (!refuses && !derives && !observes) return -1;
    int count = 0;
    if (refuses) {
        for (int i = 0; i < REFUSALS; i++) add(rules, &count, refusals[i]);
    }
    if (derives) {
        add(rules, &count, (struct rule){SYS_getrandom, NOTIFY, 0});
        add(rules, &count, (struct rule){SYS_mmap, DROPPABLE, 0});
    }
    if (observes) {
        for (int i = 0; i < OBSERVED; i++) add(rules, &count, (struct rule){observed[i], NOTIFY, 0});
    }
    assemble(&program, rules, count, refuses);
    struct sock_fprog filter = {(unsigned short)program.count, program.instructions};
    if (!derives && !observes) {
        long result = CALL3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
        return result < 0 ? result - 1 : -1;
    }
    // Once the init has taken a request, only a deadly signal may break it off: else the same bytes would be drawn twice.
    const unsigned listener = 1 << 3, killable = 1 << 5;
    long result = CALL3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, listener | killable, &filter);
    if (result == -EINVAL) result = CALL3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, listener, &filter);
    return result < 0 ? result - 1 : result;
}
