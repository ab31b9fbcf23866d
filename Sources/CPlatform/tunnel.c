#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Moves a descriptor away from the standard places, where it would be overwritten in the child; a negated errno closes it.
static int lifted(int number) {
    if (number < 0) return -errno;
    if (number > 2) return number;
    int moved = fcntl(number, F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(number);
    return moved == -1 ? -error : moved;
}

int platform_spawn_tunnel(int *process, const char *const *arguments, int network, int *tunnel) {
    static const char *const nothing[] = {NULL};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == -1) return -errno;
    int ours = lifted(pair[0]);
    int theirs = lifted(pair[1]);
    int silence = lifted(open("/dev/null", O_RDWR | O_CLOEXEC));
    int result = ours < 0 ? ours : theirs < 0 ? theirs : silence < 0 ? silence : 0;
    // A session of its own: what is typed to stop us reaches the child through the end of the tunnel.
    if (result == 0) result = platform_spawn(process, arguments, nothing, NULL, network, theirs, silence, 1);
    if (silence >= 0) close(silence);
    if (theirs >= 0) close(theirs);
    if (result < 0 && ours >= 0) close(ours);
    *tunnel = ours;
    return result;
}
