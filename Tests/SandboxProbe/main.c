#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Attacks on the sandbox, one per name: `SandboxProbe NAME [WORD...]`. The program is linked statically, so that a root that holds
// nothing else can run it. Attacks are harmless when they work: they touch only what they are given by name, or pass arguments that
// the kernel refuses after its checks of permission.

enum verdict say(enum verdict verdict, const char *format, ...) {
    va_list words;
    va_start(words, format);
    vdprintf(STDOUT_FILENO, format, words);
    va_end(words);
    dprintf(STDOUT_FILENO, "\n");
    return verdict;
}

enum verdict judge(const char *call, long result) {
    if (result < 0) return say(DENIED, "%s: %s", call, strerror(errno));
    return say(WORKED, "%s gave %ld", call, result);
}

enum verdict reached(const char *call, long result) {
    if (result >= 0) return say(WORKED, "%s gave %ld", call, result);
    if (errno == ENOSYS) return say(CANNOT, "this kernel has no %s", call);
    if (errno == EPERM || errno == EACCES) return say(DENIED, "%s: %s", call, strerror(errno));
    return say(WORKED, "the kernel looked at the arguments of %s: %s", call, strerror(errno));
}

enum verdict canary_behind(int descriptor, const char *path) {
    char text[256] = {0};
    ssize_t count = read(descriptor, text, sizeof text - 1);
    int code = errno;
    close(descriptor);
    if (count < 0) return say(DENIED, "read '%s': %s", path, strerror(code));
    if (!strstr(text, "canary")) return say(DENIED, "'%s' holds no canary", path);
    return say(WORKED, "read '%s' through '%s'", strtok(text, "\n"), path);
}

enum verdict canary_at(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return say(DENIED, "open '%s': %s", path, strerror(errno));
    return canary_behind(descriptor, path);
}

void wait_milliseconds(long milliseconds) {
    struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&rest, &rest) < 0 && errno == EINTR) {
    }
}

int main(int count, char **words) {
    const struct probe *const lists[] = {
        reading_probes, writing_probes, network_probes, message_probes, process_probes,
        limit_probes,   state_probes,   call_probes,    mount_probes,   helper_probes,
    };
    if (count < 2) {
        for (size_t list = 0; list < sizeof lists / sizeof *lists; list++)
            for (const struct probe *probe = lists[list]; probe->name; probe++) printf("%s %d\n", probe->name, probe->words);
        return MISUSED;
    }
    for (size_t list = 0; list < sizeof lists / sizeof *lists; list++)
        for (const struct probe *probe = lists[list]; probe->name; probe++)
            if (!strcmp(probe->name, words[1])) {
                if (probe->words != count - 2) return say(MISUSED, "'%s' takes %d words, not %d", probe->name, probe->words, count - 2);
                return probe->run(words + 2);
            }
    return say(MISUSED, "there is no probe '%s'", words[1]);
}
