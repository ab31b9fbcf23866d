#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// Two sandboxes that talk to each other: the first leaves or offers something, the second takes it (and removes it, so that nothing
// stays on a host that is not protected). The words are a name or a number that nobody else uses.

static enum verdict leave_shared_memory(char **words) {
    int segment = shmget((key_t)atoi(words[0]), 4096, IPC_CREAT | 0666);
    if (segment < 0) return judge("shmget", segment);
    char *bytes = shmat(segment, NULL, 0);
    if (bytes == (void *)-1) return judge("shmat", -1);
    strcpy(bytes, "canary");
    return say(WORKED, "left shared memory");
}

static enum verdict take_shared_memory(char **words) {
    int segment = shmget((key_t)atoi(words[0]), 4096, 0);
    if (segment < 0) return judge("shmget", segment);
    char *bytes = shmat(segment, NULL, 0);
    int is_canary = bytes != (void *)-1 && !strcmp(bytes, "canary");
    shmctl(segment, IPC_RMID, NULL);
    return say(is_canary ? WORKED : DENIED, "shared memory, %s", is_canary ? "with the canary" : "without the canary");
}

static enum verdict leave_message(char **words) {
    struct {
        long type;
        char text[8];
    } message = {1, "canary"};
    int queue = msgget((key_t)atoi(words[0]), IPC_CREAT | 0666);
    if (queue < 0) return judge("msgget", queue);
    return judge("msgsnd", msgsnd(queue, &message, sizeof message.text, IPC_NOWAIT));
}

static enum verdict take_message(char **words) {
    struct {
        long type;
        char text[8];
    } message = {0, ""};
    int queue = msgget((key_t)atoi(words[0]), 0);
    if (queue < 0) return judge("msgget", queue);
    ssize_t count = msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT);
    msgctl(queue, IPC_RMID, NULL);
    return judge("msgrcv", count);
}

static enum verdict leave_semaphore(char **words) {
    int set = semget((key_t)atoi(words[0]), 1, IPC_CREAT | 0666);
    if (set < 0) return judge("semget", set);
    return judge("semctl", semctl(set, 0, SETVAL, 42));
}

static enum verdict take_semaphore(char **words) {
    int set = semget((key_t)atoi(words[0]), 1, 0);
    if (set < 0) return judge("semget", set);
    int value = semctl(set, 0, GETVAL);
    semctl(set, 0, IPC_RMID);
    return say(value == 42 ? WORKED : DENIED, "a semaphore at %d", value);
}

static enum verdict leave_queue(char **words) {
    mqd_t queue = mq_open(words[0], O_CREAT | O_RDWR | O_NONBLOCK, 0666, NULL);
    if (queue == (mqd_t)-1 && errno == ENOSYS) return say(CANNOT, "this kernel has no message queues");
    if (queue == (mqd_t)-1) return judge("mq_open", -1);
    return judge("mq_send", mq_send(queue, "canary", 7, 0));
}

static enum verdict take_queue(char **words) {
    mqd_t queue = mq_open(words[0], O_RDONLY | O_NONBLOCK);
    if (queue == (mqd_t)-1) return judge("mq_open", -1);
    char text[65536];
    ssize_t count = mq_receive(queue, text, sizeof text, NULL);
    mq_unlink(words[0]);
    return judge("mq_receive", count);
}

/// A file of /dev/shm.
static enum verdict leave_memory_file(char **words) {
    int file = shm_open(words[0], O_CREAT | O_RDWR, 0666);
    if (file < 0) return judge("shm_open", file);
    return judge("write", write(file, "canary", 7));
}

static enum verdict take_memory_file(char **words) {
    int file = shm_open(words[0], O_RDONLY, 0);
    if (file < 0) return judge("shm_open", file);
    shm_unlink(words[0]);
    return canary_behind(file, words[0]);
}

static int listen_abstract(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
    int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return -1;
    if (bind(socket_, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) < 0) return -1;
    return listen(socket_, 4) < 0 ? -1 : socket_;
}

/// Tries for as long as the other may need to come.
static int connect_patiently(const struct sockaddr *address, socklen_t size) {
    for (int attempt = 0; attempt < 100; attempt++) {
        int socket_ = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (socket_ < 0) return -1;
        if (connect(socket_, address, size) == 0) return socket_;
        int code = errno;
        close(socket_);
        errno = code;
        wait_milliseconds(20);
    }
    return -1;
}

static int accept_patiently(int listening) {
    struct pollfd waiting = {listening, POLLIN, 0};
    if (poll(&waiting, 1, 2500) <= 0) return -1;
    return accept4(listening, NULL, NULL, SOCK_CLOEXEC);
}

/// Hands a descriptor that writes into the work folder to whoever comes (CVE-2024-27297).
static enum verdict offer_descriptor(char **words) {
    int listening = listen_abstract(words[0]);
    if (listening < 0) return judge("listen", -1);
    int connection = accept_patiently(listening);
    if (connection < 0) return say(DENIED, "nobody came");
    int file = open("passed.txt", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return say(MISUSED, "open: %s", strerror(errno));
    char space[CMSG_SPACE(sizeof file)] = {0};
    struct iovec text = {"canary", 7};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(part), &file, sizeof file);
    return judge("sendmsg", sendmsg(connection, &message, MSG_NOSIGNAL));
}

static enum verdict take_descriptor(char **words) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", words[0]);
    int connection =
        connect_patiently((struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(words[0])));
    if (connection < 0) return judge("connect", -1);
    char bytes[16], space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec text = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0) return judge("recvmsg", -1);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (!part) return say(DENIED, "no descriptor came");
    int file;
    memcpy(&file, CMSG_DATA(part), sizeof file);
    return judge("write through the other's descriptor", write(file, "canary", 6));
}

/// The two meet at a port of the loopback.
static enum verdict offer_port(char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[0]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 4) < 0) return judge("listen", -1);
    int connection = accept_patiently(listening);
    if (connection < 0) return say(DENIED, "nobody came");
    return judge("send", send(connection, "canary", 6, MSG_NOSIGNAL));
}

static enum verdict take_port(char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[0]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = connect_patiently((struct sockaddr *)&address, sizeof address);
    if (connection < 0) return judge("connect", -1);
    return canary_behind(connection, "the loopback");
}

const struct probe message_probes[] = {
    {"leave-shared-memory", 1, leave_shared_memory},
    {"take-shared-memory", 1, take_shared_memory},
    {"leave-message", 1, leave_message},
    {"take-message", 1, take_message},
    {"leave-semaphore", 1, leave_semaphore},
    {"take-semaphore", 1, take_semaphore},
    {"leave-queue", 1, leave_queue},
    {"take-queue", 1, take_queue},
    {"leave-memory-file", 1, leave_memory_file},
    {"take-memory-file", 1, take_memory_file},
    {"offer-descriptor", 1, offer_descriptor},
    {"take-descriptor", 1, take_descriptor},
    {"offer-port", 1, offer_port},
    {"take-port", 1, take_port},
    {0},
};
