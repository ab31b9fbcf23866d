#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// More than the plan allows. The first word says how much is wanted, which is more than the limit and harmless without one.

/// So many processes alive at the same time.
static enum verdict many_processes(char **words) {
    int wanted = atoi(words[0]), made = 0, code = 0;
    int *children = calloc((size_t)wanted, sizeof *children);
    while (made < wanted) {
        int child = fork();
        if (child == 0) {
            pause();
            _exit(0);
        }
        if (child < 0) {
            code = errno;
            break;
        }
        children[made++] = child;
    }
    for (int index = 0; index < made; index++) kill(children[index], SIGKILL);
    for (int index = 0; index < made; index++) waitpid(children[index], NULL, 0);
    free(children);
    return say(made == wanted ? WORKED : DENIED, "%d processes: %s", made, made == wanted ? "all" : strerror(code));
}

static void *wait_in_thread(void *nothing) {
    pause();
    return nothing;
}

/// So many threads alive at the same time; they end with the process.
static enum verdict many_threads(char **words) {
    int wanted = atoi(words[0]), made = 0, code = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    while (made < wanted) {
        pthread_t thread;
        code = pthread_create(&thread, &small, wait_in_thread, NULL);
        if (code) break;
        made++;
    }
    return say(made == wanted ? WORKED : DENIED, "%d threads: %s", made, made == wanted ? "all" : strerror(code));
}

/// So many bytes in one file, by the call that the second word names.
static enum verdict large_file(char **words) {
    off_t wanted = atoll(words[0]);
    const char *how = words[1];
    signal(SIGXFSZ, SIG_IGN);
    int file = strcmp(how, "memory") ? open("large.bin", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : memfd_create("large", MFD_CLOEXEC);
    if (file < 0) return say(MISUSED, "open: %s", strerror(errno));
    int result = 0;
    if (!strcmp(how, "truncate")) result = ftruncate(file, wanted);
    if (!strcmp(how, "allocate")) result = fallocate(file, 0, 0, wanted);
    if (!strcmp(how, "memory")) result = ftruncate(file, wanted);
    if (!strcmp(how, "seek")) result = pwrite(file, "X", 1, wanted - 1) == 1 ? 0 : -1;
    if (!strcmp(how, "write")) {
        static char bytes[65536];
        for (off_t done = 0; done < wanted && result == 0;) {
            ssize_t count = write(file, bytes, sizeof bytes);
            if (count < 0) result = -1;
            done += count;
        }
    }
    int code = errno;
    off_t size = lseek(file, 0, SEEK_END);
    close(file);
    unlink("large.bin");
    return say(size >= wanted ? WORKED : DENIED, "%s: %lld bytes: %s", how, (long long)size, result < 0 ? strerror(code) : "all");
}

/// So many bytes of memory, each page of it used.
static enum verdict much_memory(char **words) {
    size_t wanted = (size_t)atoll(words[0]);
    char *bytes = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) return judge("mmap", -1);
    for (size_t at = 0; at < wanted; at += 4096) bytes[at] = 1;
    munmap(bytes, wanted);
    return say(WORKED, "used %zu bytes", wanted);
}

/// So many bytes in files that lie in memory, in the folder of the second word.
static enum verdict much_memory_in_files(char **words) {
    long long wanted = atoll(words[0]), done = 0;
    char name[4096];
    static char bytes[65536];
    signal(SIGXFSZ, SIG_IGN);
    int code = 0;
    for (int number = 0; done < wanted && !code; number++) {
        snprintf(name, sizeof name, "%s/large-%d", words[1], number);
        int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0) return judge("open", file);
        // A file each 512 KiB: the bound on files must not be what stops us.
        for (int part = 0; part < 8 && !code; part++) {
            ssize_t count = write(file, bytes, sizeof bytes);
            if (count < 0) code = errno;
            if (count > 0) done += count;
        }
        close(file);
    }
    for (int number = 0; number < 1 << 12; number++) {
        snprintf(name, sizeof name, "%s/large-%d", words[1], number);
        if (unlink(name) < 0) break;
    }
    return say(code ? DENIED : WORKED, "%lld bytes in files in memory: %s", done, code ? strerror(code) : "all");
}

/// Goes on for so many milliseconds.
static enum verdict go_on(char **words) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    wait_milliseconds(atoi(words[0]));
    return say(WORKED, "nobody stopped it");
}

/// So many bytes on standard output or standard error.
static enum verdict flood_log(char **words) {
    long long wanted = atoll(words[0]);
    int stream = atoi(words[1]);
    static char bytes[65536];
    memset(bytes, 'x', sizeof bytes);
    for (size_t at = 79; at < sizeof bytes; at += 80) bytes[at] = '\n';
    for (long long done = 0; done < wanted;) {
        ssize_t count = write(stream, bytes, sizeof bytes);
        if (count < 0) return say(DENIED, "write: %s", strerror(errno));
        done += count;
    }
    return WORKED;
}

/// The bound on memory itself.
static enum verdict raise_limit(char **words) {
    (void)words;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) < 0) return judge("getrlimit", -1);
    if (limit.rlim_max == RLIM_INFINITY) return say(WORKED, "there is no limit");
    limit.rlim_max = RLIM_INFINITY;
    return judge("setrlimit", setrlimit(RLIMIT_AS, &limit));
}

/// More processors than the plan gives.
static enum verdict widen_affinity(char **words) {
    int given = atoi(words[0]);
    cpu_set_t all, now;
    CPU_ZERO(&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) CPU_SET(cpu, &all);
    int result = sched_setaffinity(0, sizeof all, &all), code = errno;
    if (sched_getaffinity(0, sizeof now, &now) < 0) return judge("sched_getaffinity", -1);
    if (CPU_COUNT(&now) > given) return say(WORKED, "%d processors", CPU_COUNT(&now));
    return say(DENIED, "%d processors: %s", CPU_COUNT(&now), result < 0 ? strerror(code) : "as before");
}

const struct probe limit_probes[] = {
    {"many-processes", 1, many_processes},
    {"many-threads", 1, many_threads},
    {"large-file", 2, large_file},
    {"much-memory", 1, much_memory},
    {"much-memory-in-files", 2, much_memory_in_files},
    {"go-on", 1, go_on},
    {"flood-log", 2, flood_log},
    {"raise-limit", 0, raise_limit},
    {"widen-affinity", 1, widen_affinity},
    {0},
};
