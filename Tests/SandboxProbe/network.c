#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

// Ways out to the network. The canary is a server that the tests start on the host; it answers everything with the word `canary`.

/// Worked when the other end answers with the canary within a second; closes the socket.
static enum verdict answer(int connection, int type, const char *where) {
    char text[64] = {0};
    struct pollfd waiting = {connection, POLLIN, 0};
    enum verdict verdict;
    // A server of streams speaks first: a byte that it never reads would reset the connection.
    if (type == SOCK_DGRAM && send(connection, "?", 1, MSG_NOSIGNAL) < 0) {
        verdict = say(DENIED, "send to %s: %s", where, strerror(errno));
    } else if (poll(&waiting, 1, 1000) <= 0) {
        verdict = say(DENIED, "%s does not answer", where);
    } else if (recv(connection, text, sizeof text - 1, 0) < 0) {
        verdict = say(DENIED, "receive from %s: %s", where, strerror(errno));
    } else {
        verdict = strstr(text, "canary") ? say(WORKED, "%s answered", where) : say(DENIED, "%s said '%s'", where, text);
    }
    close(connection);
    return verdict;
}

static enum verdict ask(int family, int type, const struct sockaddr *address, socklen_t size, const char *where) {
    int connection = socket(family, type | SOCK_CLOEXEC, 0);
    if (connection < 0 && errno == EAFNOSUPPORT) return say(CANNOT, "no sockets of this family");
    if (connection < 0) return say(DENIED, "socket for %s: %s", where, strerror(errno));
    if (connect(connection, address, size) < 0) {
        enum verdict verdict = say(DENIED, "connect to %s: %s", where, strerror(errno));
        close(connection);
        return verdict;
    }
    return answer(connection, type, where);
}

static enum verdict ask_v4(int type, const char *host, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    inet_pton(AF_INET, host, &address.sin_addr);
    return ask(AF_INET, type, (const struct sockaddr *)&address, sizeof address, host);
}

static enum verdict ask_v6(int type, const char *host, const char *port) {
    if (!strcmp(port, "0")) return say(CANNOT, "the host has no IPv6");
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    inet_pton(AF_INET6, host, &address.sin6_addr);
    return ask(AF_INET6, type, (const struct sockaddr *)&address, sizeof address, host);
}

static enum verdict tcp_v4(char **words) { return ask_v4(SOCK_STREAM, "127.0.0.1", words[0]); }
static enum verdict tcp_any(char **words) { return ask_v4(SOCK_STREAM, "0.0.0.0", words[0]); }
static enum verdict udp_v4(char **words) { return ask_v4(SOCK_DGRAM, "127.0.0.1", words[0]); }
static enum verdict tcp_v6(char **words) { return ask_v6(SOCK_STREAM, "::1", words[0]); }
static enum verdict tcp_mapped(char **words) { return ask_v6(SOCK_STREAM, "::ffff:127.0.0.1", words[0]); }
static enum verdict udp_v6(char **words) { return ask_v6(SOCK_DGRAM, "::1", words[0]); }

/// In the namespace of names that begin with a zero byte, or at a path.
static socklen_t name_socket(struct sockaddr_un *address, int is_abstract, const char *name) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path + is_abstract, sizeof address->sun_path - 1, "%s", name);
    return is_abstract ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) : (socklen_t)sizeof *address;
}

static enum verdict unix_abstract(char **words) {
    struct sockaddr_un address;
    socklen_t size = name_socket(&address, 1, words[0]);
    return ask(AF_UNIX, SOCK_STREAM, (const struct sockaddr *)&address, size, "the abstract socket");
}

static enum verdict unix_path(char **words) {
    struct sockaddr_un address;
    socklen_t size = name_socket(&address, 0, words[0]);
    return ask(AF_UNIX, SOCK_STREAM, (const struct sockaddr *)&address, size, words[0]);
}

/// Asks the kernel for a way to an address that is kept for examples; connecting a datagram socket sends nothing.
static enum verdict route_v4(char **words) {
    (void)words;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    int connection = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return judge("socket", connection);
    int result = connect(connection, (const struct sockaddr *)&address, sizeof address), code = errno;
    close(connection);
    errno = code;
    return judge("the way to a name server", result);
}

/// Interfaces beside the loopback.
static enum verdict see_interface(char **words) {
    (void)words;
    struct if_nameindex *list = if_nameindex();
    if (!list) return judge("if_nameindex", -1);
    enum verdict verdict = DENIED;
    for (struct if_nameindex *entry = list; entry->if_name && verdict == DENIED; entry++)
        if (strcmp(entry->if_name, "lo")) verdict = say(WORKED, "there is the interface '%s'", entry->if_name);
    if_freenameindex(list);
    return verdict == WORKED ? verdict : say(DENIED, "there is the loopback and nothing else");
}

/// Sets the loopback's packet size to what it is: needs the right to rule the network.
static enum verdict rule_interface(char **words) {
    (void)words;
    int connection = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return judge("socket", connection);
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo");
    int result = ioctl(connection, SIOCGIFMTU, &request);
    if (result == 0) result = ioctl(connection, SIOCSIFMTU, &request);
    int code = errno;
    close(connection);
    errno = code;
    return judge("an order to the interface", result);
}

/// Whether a kind of socket can be made; the kernel may lack it.
static enum verdict make_socket(long family, long type, long protocol, const char *what) {
    long connection = syscall(SYS_socket, family, type | SOCK_CLOEXEC, protocol);
    if (connection >= 0) {
        close((int)connection);
        return say(WORKED, "%s", what);
    }
    if ((errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT))
        return say(CANNOT, "this kernel has no %s", what);
    return say(DENIED, "%s: %s", what, strerror(errno));
}

static enum verdict packet(char **words) { return (void)words, make_socket(AF_PACKET, SOCK_RAW, 0, "packet socket"); }
static enum verdict raw(char **words) { return (void)words, make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP, "raw socket"); }
static enum verdict virtual_machine(char **words) { return (void)words, make_socket(AF_VSOCK, SOCK_STREAM, 0, "socket to the hypervisor"); }
static enum verdict algorithm(char **words) { return (void)words, make_socket(AF_ALG, SOCK_SEQPACKET, 0, "socket to the kernel's ciphers"); }
static enum verdict events(char **words) {
    return (void)words, make_socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT, "socket for the kernel's events");
}
static enum verdict audit(char **words) { return (void)words, make_socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, "socket to the audit"); }
static enum verdict keys(char **words) { return (void)words, make_socket(15 /* AF_KEY */, SOCK_RAW, 2, "key socket"); }
static enum verdict bluetooth(char **words) { return (void)words, make_socket(AF_BLUETOOTH, SOCK_RAW, 0, "bluetooth socket"); }
static enum verdict express(char **words) { return (void)words, make_socket(AF_XDP, SOCK_RAW, 0, "express data path"); }
static enum verdict transparent(char **words) { return (void)words, make_socket(AF_TIPC, SOCK_DGRAM, 0, "cluster socket"); }
static enum verdict reliable(char **words) { return (void)words, make_socket(AF_RDS, SOCK_SEQPACKET, 0, "reliable datagram socket"); }
static enum verdict smc(char **words) { return (void)words, make_socket(AF_SMC, SOCK_STREAM, 0, "shared-memory socket"); }

/// The kernel looks at the lower half of a family only; a filter has to do the same.
static enum verdict virtual_machine_high(char **words) {
    return (void)words, make_socket(AF_VSOCK | 1l << 32, SOCK_STREAM, 0, "socket to the hypervisor, with a family of 33 bits");
}

static enum verdict packet_pair(char **words) {
    (void)words;
    int pair[2];
    long result = syscall(SYS_socketpair, AF_ALG, SOCK_SEQPACKET, 0, pair);
    if (result < 0 && errno == EOPNOTSUPP) return say(WORKED, "the kernel's own code for the family was reached");
    if (result < 0 && errno == EAFNOSUPPORT) return say(CANNOT, "no sockets of this family");
    return judge("socketpair", result);
}

const struct probe network_probes[] = {
    {"tcp-v4", 1, tcp_v4},
    {"tcp-any", 1, tcp_any},
    {"udp-v4", 1, udp_v4},
    {"tcp-v6", 1, tcp_v6},
    {"tcp-mapped", 1, tcp_mapped},
    {"udp-v6", 1, udp_v6},
    {"unix-abstract", 1, unix_abstract},
    {"unix-path", 1, unix_path},
    {"route-v4", 0, route_v4},
    {"see-interface", 0, see_interface},
    {"rule-interface", 0, rule_interface},
    {"socket-packet", 0, packet},
    {"socket-raw", 0, raw},
    {"socket-hypervisor", 0, virtual_machine},
    {"socket-cipher", 0, algorithm},
    {"socket-hypervisor-high", 0, virtual_machine_high},
    {"socket-pair-cipher", 0, packet_pair},
    {"socket-events", 0, events},
    {"socket-audit", 0, audit},
    {"socket-key", 0, keys},
    {"socket-bluetooth", 0, bluetooth},
    {"socket-express", 0, express},
    {"socket-cluster", 0, transparent},
    {"socket-reliable", 0, reliable},
    {"socket-smc", 0, smc},
    {0},
};
