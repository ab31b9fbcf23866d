#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_in_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int platform_socket_wait(int socket, int events, int milliseconds) {
    int64_t end = now_in_milliseconds() + milliseconds;
    for (;;) {
        // Signals land on the first thread only, so every other one has to look.
        if (platform_received_signal() != 0) return -EINTR;
        int64_t left = end - now_in_milliseconds();
        if (left < 0) left = 0;
        struct pollfd poll_for = {.fd = socket, .events = 0, .revents = 0};
        if (events & PLATFORM_SOCKET_READ) poll_for.events |= POLLIN;
        if (events & PLATFORM_SOCKET_WRITE) poll_for.events |= POLLOUT;
        int count = poll(&poll_for, 1, left < 100 ? (int)left : 100);
        if (count < 0 && errno != EINTR) return -errno;
        if (count > 0) {
            int ready = 0;
            // An error or a hang-up shows in the call that follows.
            if (poll_for.revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) ready |= PLATFORM_SOCKET_READ;
            if (poll_for.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) ready |= PLATFORM_SOCKET_WRITE;
            return ready & events;
        }
        if (left == 0) return 0;
    }
}

static int connect_one(const struct addrinfo *address, int64_t end) {
    int number = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
    if (number < 0) return -errno;
    int on = 1;
    setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int result = connect(number, address->ai_addr, address->ai_addrlen) == 0 ? 0 : -errno;
    if (result == -EINPROGRESS || result == -EINTR) {
        int64_t left = end - now_in_milliseconds();
        int ready = platform_socket_wait(number, PLATFORM_SOCKET_WRITE, left < 0 ? 0 : (int)left);
        if (ready <= 0) {
            result = ready < 0 ? ready : -ETIMEDOUT;
        } else {
            int error = 0;
            socklen_t length = sizeof error;
            result = getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? -error : -errno;
        }
    }
    if (result < 0) {
        close(number);
        return result;
    }
    return number;
}

int platform_connect(const char *host, const char *port, int milliseconds) {
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        if (error == EAI_SYSTEM) return errno == 0 ? -EIO : -errno;
        return error == EAI_AGAIN || error == EAI_MEMORY ? PLATFORM_RESOLVER_BUSY : PLATFORM_UNKNOWN_HOST;
    }
    int64_t end = now_in_milliseconds() + milliseconds;
    int result = PLATFORM_UNKNOWN_HOST;
    for (const struct addrinfo *address = found; address != NULL; address = address->ai_next) {
        result = connect_one(address, end);
        if (result >= 0 || result == -EINTR) break;
    }
    freeaddrinfo(found);
    return result;
}

long platform_receive(int socket, void *bytes, size_t count) {
    long result;
    do result = recv(socket, bytes, count, MSG_DONTWAIT);
    while (result == -1 && errno == EINTR);
    if (result != -1) return result;
    int error = errno;
#ifdef TCP_QUICKACK
    // A server that writes head and body of a small answer by two calls waits with the second until we have acknowledged the first,
    // which Linux puts off for 40 ms after a request. The setting lasts until the next time something is sent.
    int on = 1;
    if (error == EAGAIN) setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#endif
    return -error;
}

long platform_send(int socket, const void *bytes, size_t count) {
    long result;
    do result = send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -errno : result;
}

int platform_listen(int *port) {
    int number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (number < 0) return -errno;
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(number, (struct sockaddr *)&address, sizeof address) != 0 || listen(number, 64) != 0
        || getsockname(number, (struct sockaddr *)&address, &length) != 0) {
        int error = errno;
        close(number);
        return -error;
    }
    *port = ntohs(address.sin_port);
    return number;
}

int platform_accept(int socket) {
    int number;
    do number = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (number == -1 && errno == EINTR);
    return number == -1 ? -errno : number;
}

void platform_shut(int socket) { shutdown(socket, SHUT_WR); }

long platform_read_at(int file, void *bytes, size_t count, int64_t offset) {
    long result;
    do result = pread(file, bytes, count, offset);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -errno : result;
}
