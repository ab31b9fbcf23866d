#define _GNU_SOURCE
#include "probe.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

// What a command could tell one machine, one user or one run from another by. A probe that compares takes what is promised as its
// word and worked when it sees something else; a probe named `tell` prints what it sees, for two runs to be compared.

extern char **environ;

static enum verdict compare(const char *what, const char *seen, const char *promised) {
    return say(strcmp(seen, promised) ? WORKED : DENIED, "%s is '%s'", what, seen);
}

static enum verdict compare_number(const char *what, long seen, const char *promised) {
    char text[32];
    snprintf(text, sizeof text, "%ld", seen);
    return compare(what, text, promised);
}

static enum verdict host_name(char **words) {
    struct utsname name;
    uname(&name);
    return compare("the host", name.nodename, words[0]);
}

static enum verdict user(char **words) {
    uid_t real, effective, saved;
    getresuid(&real, &effective, &saved);
    if (real != effective || real != saved) return say(WORKED, "the users are %u, %u and %u", real, effective, saved);
    return compare_number("the user", real, words[0]);
}

static enum verdict group(char **words) { return compare_number("the group", getgid(), words[0]); }

static enum verdict variable_count(char **words) {
    long count = 0;
    while (environ[count]) count++;
    return compare_number("the number of variables", count, words[0]);
}

static enum verdict folder(char **words) {
    char path[8192];
    if (!getcwd(path, sizeof path)) return say(WORKED, "no folder: %s", strerror(errno));
    return compare("the folder", path, words[0]);
}

static enum verdict file_mask(char **words) {
    mode_t mask = umask(0);
    char text[16];
    snprintf(text, sizeof text, "%03o", mask);
    return compare("the file mask", text, words[0]);
}

static enum verdict process_number(char **words) { return compare_number("the process", getpid(), words[0]); }
static enum verdict parent_number(char **words) { return compare_number("the parent", getppid(), words[0]); }

static enum verdict processors(char **words) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return judge("sched_getaffinity", -1);
    return compare_number("the number of processors", CPU_COUNT(&set), words[0]);
}

static enum verdict moving_addresses(char **words) {
    (void)words;
    int flags = personality(0xffffffff);
    if (flags < 0) {
        // The filter may refuse even the question; then the addresses themselves say it (see `tell-addresses`).
        return say(DENIED, "personality: %s", strerror(errno));
    }
    return say(flags & ADDR_NO_RANDOMIZE ? DENIED : WORKED, "the personality is %x", (unsigned)flags);
}


static enum verdict blocked_signals(char **words) {
    (void)words;
    sigset_t set;
    sigprocmask(SIG_SETMASK, NULL, &set);
    for (int number = 1; number < 65; number++)
        if (sigismember(&set, number) == 1) return say(WORKED, "signal %d is blocked", number);
    return say(DENIED, "no signal is blocked");
}

static enum verdict ignored_signals(char **words) {
    (void)words;
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL) return say(WORKED, "signal %d is ignored", number);
    }
    return say(DENIED, "no signal is ignored");
}

static enum verdict core_limit(char **words) {
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    return compare_number("the limit of core files", (long)limit.rlim_cur, words[0]);
}

static enum verdict open_descriptors(char **words) {
    int count = 0;
    for (int number = 0; number < 4096; number++) count += fcntl(number, F_GETFD) >= 0;
    return compare_number("the number of open descriptors", count, words[0]);
}

static enum verdict terminal(char **words) {
    (void)words;
    int file = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    enum verdict verdict = judge("/dev/tty", file);
    if (file >= 0) close(file);
    return verdict;
}

static enum verdict new_privileges(char **words) {
    (void)words;
    int has = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    return say(has == 1 ? DENIED : WORKED, "the promise of no new privileges is %d", has);
}

#ifdef __x86_64__
/// The address of a function that the kernel maps into every process; NULL where it has none of that name.
static void *find_mapped(const char *wanted) {
    const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
    if (!image) return NULL;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)image;
    const Elf64_Phdr *parts = (const Elf64_Phdr *)(image + head->e_phoff);
    const Elf64_Dyn *entries = NULL;
    for (int index = 0; index < head->e_phnum; index++)
        if (parts[index].p_type == PT_DYNAMIC) entries = (const Elf64_Dyn *)(image + parts[index].p_offset);
    const Elf64_Sym *symbols = NULL;
    const char *names = NULL;
    const uint32_t *table = NULL;
    for (; entries && entries->d_tag != DT_NULL; entries++) {
        const char *place = image + entries->d_un.d_ptr;
        if (entries->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym *)place;
        if (entries->d_tag == DT_STRTAB) names = place;
        if (entries->d_tag == DT_HASH) table = (const uint32_t *)place;
    }
    if (!symbols || !names || !table) return NULL;
    for (uint32_t index = 0; index < table[1]; index++)
        if (!strcmp(names + symbols[index].st_name, wanted)) return (void *)(image + symbols[index].st_value);
    return NULL;
}

/// Random bytes that the kernel makes within the process: after the first, no system call asks for them.
static enum verdict draw_mapped(unsigned char *bytes, size_t count) {
    struct {
        uint32_t size, protection, flags, reserved[13];
    } how;
    ssize_t (*draw)(void *, size_t, unsigned, void *, size_t);
    *(void **)&draw = find_mapped("__vdso_getrandom");
    if (!draw || draw(NULL, 0, 0, &how, ~0ul) != 0) return say(CANNOT, "the kernel maps no getrandom");
    void *state = mmap(NULL, 4096, (int)how.protection, (int)how.flags, -1, 0);
    if (state == MAP_FAILED) return judge("mmap", -1);
    if (draw(bytes, count, 0, state, how.size) != (ssize_t)count) return say(DENIED, "the mapped getrandom gave nothing");
    return WORKED;
}
#else
static enum verdict draw_mapped(unsigned char *bytes, size_t count) {
    (void)bytes, (void)count;
    return say(CANNOT, "no mapped getrandom is known on this machine");
}
#endif

static void tell_hex(const unsigned char *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) printf("%02x", bytes[index]);
    printf("\n");
    fflush(stdout);
}

/// What is to be told: the name of a source of random bytes, of addresses, or of a file of the kernel's.
static enum verdict tell(char **words) {
    const char *what = words[0];
    unsigned char bytes[32] = {0};
    if (!strcmp(what, "getrandom")) {
        if (syscall(SYS_getrandom, bytes, sizeof bytes, 0) != sizeof bytes) return judge("getrandom", -1);
        tell_hex(bytes, sizeof bytes);
    } else if (!strcmp(what, "getentropy")) {
        if (getentropy(bytes, sizeof bytes) < 0) return judge("getentropy", -1);
        tell_hex(bytes, sizeof bytes);
    } else if (!strcmp(what, "mapped-getrandom")) {
        enum verdict verdict = draw_mapped(bytes, sizeof bytes);
        if (verdict != WORKED) return verdict;
        tell_hex(bytes, sizeof bytes);
    } else if (!strcmp(what, "stack")) {
        printf("%p\n", (void *)&what);
    } else if (!strcmp(what, "heap")) {
        printf("%p\n", malloc(1));
    } else if (!strcmp(what, "map")) {
        printf("%p\n", mmap(NULL, 1 << 24, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    } else {
        int file = open(what, O_RDONLY | O_CLOEXEC);
        if (file < 0) return say(DENIED, "open '%s': %s", what, strerror(errno));
        ssize_t count = read(file, bytes, sizeof bytes);
        if (count < 0) return judge("read", count);
        tell_hex(bytes, (size_t)count);
    }
    fflush(stdout);
    return WORKED;
}

const struct probe state_probes[] = {
    {"host-name", 1, host_name},
    {"user", 1, user},
    {"group", 1, group},
    {"variable-count", 1, variable_count},
    {"folder", 1, folder},
    {"file-mask", 1, file_mask},
    {"process-number", 1, process_number},
    {"parent-number", 1, parent_number},
    {"processors", 1, processors},
    {"moving-addresses", 0, moving_addresses},
    {"blocked-signals", 0, blocked_signals},
    {"ignored-signals", 0, ignored_signals},
    {"core-limit", 1, core_limit},
    {"open-descriptors", 1, open_descriptors},
    {"terminal", 0, terminal},
    {"new-privileges", 0, new_privileges},
    {"tell", 1, tell},
    {0},
};
