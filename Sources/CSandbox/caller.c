#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "sandbox.h"

enum { PACKET_ROOM = 96 << 10, PACKET_FILES = 3 };

/// Sends bytes with at most `PACKET_FILES` descriptors.
static int send_packet(int socket, const void *bytes, size_t size, const int *files, size_t count) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(PACKET_FILES * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {(void *)bytes, size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.head), files, count * sizeof(int));
    ssize_t result;
    do result = sendmsg(socket, &header, MSG_NOSIGNAL);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -errno : 0;
}

/// The block in a file of its own, for what no packet holds; or a negated errno.
static int block_in_memory(const void *block, size_t size) {
    int memory = memfd_create("sandbox", MFD_CLOEXEC);
    if (memory == -1) return -errno;
    for (size_t done = 0; done < size;) {
        ssize_t part = write(memory, (const char *)block + done, size - done);
        if (part == -1 && errno == EINTR) continue;
        if (part <= 0) {
            int error = part == -1 ? errno : EIO;
            close(memory);
            return -error;
        }
        done += (size_t)part;
    }
    return memory;
}

int sandbox_request_send(int host, const void *block, size_t size, int terminal, struct sandbox_handle *handle) {
    int channel[2], output[2] = {-1, -1}, memory = -1;
    *handle = (struct sandbox_handle){-1, -1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == -1) return -errno;
    int result = 0;
    if (terminal < 0 && pipe2(output, O_CLOEXEC) == -1) result = -errno;
    struct sandbox_request head;
    memcpy(&head, block, sizeof head);
    if (result == 0 && size > PACKET_ROOM) {
        memory = block_in_memory(block, size);
        if (memory < 0) result = memory;
        head.flags |= SANDBOX_IN_MEMORY;
        block = &head;
        size = sizeof head;
    }
    const int files[PACKET_FILES] = {channel[1], terminal < 0 ? output[1] : terminal, memory};
    if (result == 0) result = send_packet(host, block, size, files, memory < 0 ? 2 : 3);
    close(channel[1]);
    if (output[1] >= 0) close(output[1]);
    if (memory >= 0) close(memory);
    if (result < 0) {
        close(channel[0]);
        if (output[0] >= 0) close(output[0]);
        return result;
    }
    if (output[0] >= 0) fcntl(output[0], F_SETFL, O_NONBLOCK);
    *handle = (struct sandbox_handle){channel[0], output[0], -1};
    return 0;
}

static void close_once(int *file) {
    if (*file >= 0) close(*file);
    *file = -1;
}

void sandbox_close_channel(struct sandbox_handle *handle) { close_once(&handle->channel); }

void sandbox_close_output(struct sandbox_handle *handle) { close_once(&handle->output); }

void sandbox_handle_close(struct sandbox_handle *handle) {
    close_once(&handle->channel);
    close_once(&handle->output);
    close_once(&handle->process);
}

int sandbox_wait(const struct sandbox_handle *handle, int milliseconds) {
    struct pollfd waiting[3] = {{handle->channel, POLLIN, 0}, {handle->output, POLLIN, 0}, {handle->process, POLLIN, 0}};
    int count = poll(waiting, 3, milliseconds);
    if (count == -1) return errno == EINTR ? 0 : -errno;
    int ready = 0;
    if (waiting[0].revents != 0) ready |= SANDBOX_READY_CHANNEL;
    if (waiting[1].revents != 0) ready |= SANDBOX_READY_OUTPUT;
    if (waiting[2].revents != 0) ready |= SANDBOX_READY_DEAD;
    return ready;
}

long sandbox_receive(struct sandbox_handle *handle, struct sandbox_message *message) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {message, sizeof *message};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    ssize_t size;
    do size = recvmsg(handle->channel, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (size == -1 && errno == EINTR);
    if (size == -1) return -errno;
    if (size == 0) return -EPIPE;
    struct cmsghdr *first = CMSG_FIRSTHDR(&header);
    if (first != NULL && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS && handle->process < 0)
        memcpy(&handle->process, CMSG_DATA(first), sizeof(int));
    long length = (long)size - (long)offsetof(struct sandbox_message, text);
    return length < 0 ? -EPROTO : length;
}

long sandbox_read(const struct sandbox_handle *handle, void *bytes, size_t count) {
    ssize_t result;
    do result = read(handle->output, bytes, count);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -errno : result;
}

void sandbox_kill(const struct sandbox_handle *handle) {
    if (handle->process >= 0) CALL4(CALL_PIDFD_SEND_SIGNAL, handle->process, SIGKILL, NULL, 0);
}

void sandbox_take_terminal(int terminal) {
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    tcsetpgrp(terminal, getpgrp());
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

long sandbox_locate(int file, char *path, size_t room, uint64_t *device, uint64_t *inode) {
    struct stat status;
    if (fstat(file, &status) == -1) return -errno;
    *device = status.st_dev;
    *inode = status.st_ino;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, room);
    return length == -1 ? -errno : length;
}

long sandbox_read_at(int file, void *bytes, size_t count, uint64_t position) {
    ssize_t result;
    do result = pread(file, bytes, count, (off_t)position);
    while (result == -1 && errno == EINTR);
    return result == -1 ? -errno : result;
}

int sandbox_is_terminal(int file) { return isatty(file); }

int sandbox_cpus(uint64_t *words) {
    memset(words, 0, SANDBOX_CPU_WORDS * sizeof *words);
    long size = CALL3(SYS_sched_getaffinity, 0, SANDBOX_CPU_WORDS * sizeof *words, words);
    int count = 0;
    if (size > 0) {
        for (int i = 0; i < SANDBOX_CPU_WORDS; i++) count += __builtin_popcountll(words[i]);
    }
    return count;
}
