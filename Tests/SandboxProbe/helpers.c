#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// What the tests run on the host: the canaries that can be signalled, traced and connected to, and a way to start a probe from a
// process that is in an unusual state.

static char word_in_memory[] = "canary";

static int announce(const char *path, const char *text) {
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    ssize_t count = write(file, text, strlen(text));
    close(file);
    return count < 0 ? -1 : rename(temporary, path);
}

/// A server on every kind of socket. It writes its ports to the file of the first word, answers `canary` to whatever comes, and ends
/// with its standard input. The second word names its socket without a path, the third is the path of the other.
static enum verdict serve(char **words) {
    struct pollfd waiting[7] = {{STDIN_FILENO, POLLIN, 0}};
    int ports[4] = {0}, type[4] = {SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM, SOCK_DGRAM};
    for (int index = 0; index < 4; index++) {
        int family = index < 2 ? AF_INET : AF_INET6;
        struct sockaddr_in six_less = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        struct sockaddr *address = index < 2 ? (struct sockaddr *)&six_less : (struct sockaddr *)&six;
        socklen_t size = index < 2 ? sizeof six_less : sizeof six;
        int socket_ = socket(family, type[index] | SOCK_CLOEXEC, 0);
        waiting[1 + index].fd = -1;
        if (socket_ < 0 || bind(socket_, address, size) < 0) continue;
        if (type[index] == SOCK_STREAM && listen(socket_, 16) < 0) continue;
        getsockname(socket_, address, &size);
        ports[index] = ntohs(index < 2 ? six_less.sin_port : six.sin6_port);
        waiting[1 + index] = (struct pollfd){socket_, POLLIN, 0};
    }
    for (int index = 0; index < 2; index++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int is_abstract = index == 0;
        snprintf(address.sun_path + is_abstract, sizeof address.sun_path - 1, "%s", words[1 + index]);
        socklen_t size = is_abstract ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(words[1])) : sizeof address;
        int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(socket_, (struct sockaddr *)&address, size) < 0 || listen(socket_, 16) < 0) return judge("bind", -1);
        if (!is_abstract) chmod(words[2], 0777);
        waiting[5 + index] = (struct pollfd){socket_, POLLIN, 0};
    }
    char text[64];
    snprintf(text, sizeof text, "%d %d %d %d\n", ports[0], ports[1], ports[2], ports[3]);
    if (announce(words[0], text) < 0) return judge("announce", -1);
    while (poll(waiting, 7, -1) >= 0) {
        if (waiting[0].revents) return WORKED;
        for (int index = 1; index < 7; index++) {
            if (!waiting[index].revents) continue;
            if (index == 2 || index == 4) {
                char ignored[16];
                struct sockaddr_storage from;
                socklen_t size = sizeof from;
                if (recvfrom(waiting[index].fd, ignored, sizeof ignored, 0, (struct sockaddr *)&from, &size) >= 0)
                    sendto(waiting[index].fd, "canary", 7, 0, (struct sockaddr *)&from, size);
            } else {
                int connection = accept4(waiting[index].fd, NULL, NULL, SOCK_CLOEXEC);
                if (connection < 0) continue;
                // Waits for nothing: a probe that connects and says nothing must not keep the others waiting.
                send(connection, "canary", 7, MSG_NOSIGNAL);
                shutdown(connection, SHUT_WR);
                close(connection);
            }
        }
    }
    return judge("poll", -1);
}

/// A process to be found and attacked: it says where its word lies, in the file of the first word, and ends with its standard input.
/// The second word makes it known by its command line.
static enum verdict sleep_on(char **words) {
    char text[64];
    snprintf(text, sizeof text, "%d %lx\n", (int)getpid(), (unsigned long)word_in_memory);
    if (announce(words[0], text) < 0) return judge("announce", -1);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR) {
    }
    return WORKED;
}

/// Sets what a process hands on to its children to something unusual, and becomes the probe of the further words.
static enum verdict disturbed(char **words) {
    umask(077);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setpriority(PRIO_PROCESS, 0, 5);
    const struct rlimit limit = {4096, 8192};
    setrlimit(RLIMIT_CORE, &limit);
    // Left open for everybody who does not close them: the tests put a link to their canary into the folder.
    if (open("seeded-link", O_RDONLY) < 0 || open("/", O_RDONLY | O_DIRECTORY) < 0) return judge("open", -1);
    setenv("PROBE_STRANGER", "canary", 1);
    char program[4096] = {0}, *arguments[] = {program, words[0], words[1], NULL};
    if (!*words[1]) arguments[2] = NULL;
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) return judge("readlink", -1);
    execv(program, arguments);
    return judge("execv", -1);
}

/// Becomes the probe of the second word, with a terminal of its own as the controlling one.
static enum verdict with_terminal(char **words) {
    int child = fork();
    if (child == 0) {
        setsid();
        int terminal = posix_openpt(O_RDWR);
        char *name = terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0 ? NULL : ptsname(terminal);
        // Opening it without O_NOCTTY makes it the controlling one.
        if (!name || open(name, O_RDWR | O_CLOEXEC) < 0) _exit(CANNOT);
        char program[4096] = {0}, *arguments[] = {program, words[0], NULL};
        if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) _exit(MISUSED);
        execv(program, arguments);
        _exit(MISUSED);
    }
    int status = 0;
    signal(SIGHUP, SIG_IGN);
    if (waitpid(child, &status, 0) < 0) return judge("waitpid", -1);
    return WIFEXITED(status) ? (enum verdict)WEXITSTATUS(status) : say(MISUSED, "signal %d", WTERMSIG(status));
}

/// Shows the content of a file whose name is given in hexadecimal: names that no command line carries well.
static enum verdict show(char **words) {
    char path[4200] = {0};
    size_t count = strlen(words[0]) / 2;
    for (size_t index = 0; index < count && index < sizeof path - 1; index++) {
        unsigned value = 0;
        sscanf(words[0] + 2 * index, "%2x", &value);
        path[index] = (char)value;
    }
    struct stat status;
    if (lstat(path, &status) < 0) return say(DENIED, "lstat: %s", strerror(errno));
    if (!S_ISREG(status.st_mode)) return say(DENIED, "it is no file: mode %o", status.st_mode);
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return judge("open", file);
    char text[256] = {0};
    ssize_t read_ = read(file, text, sizeof text - 1);
    close(file);
    if (read_ < 0) return judge("read", read_);
    return say(strcmp(text, words[1]) ? DENIED : WORKED, "it holds '%s'", text);
}

static enum verdict do_nothing(char **words) { return (void)words, say(WORKED, "here"); }

const struct probe helper_probes[] = {
    {"serve", 3, serve},
    {"sleep-on", 2, sleep_on},
    {"disturbed", 2, disturbed},
    {"with-terminal", 1, with_terminal},
    {"show", 2, show},
    {"do-nothing", 0, do_nothing},
    {0},
};
