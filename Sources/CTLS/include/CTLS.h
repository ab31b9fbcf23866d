/// The client side of TLS by the system's OpenSSL, which is opened at run time, and what else a tunnel through it needs.
///
/// No call waits but `ctls_wait`. One process has one session, for one thread.
#ifndef CTLS_H
#define CTLS_H

#include <stddef.h>

#define CTLS_NONNULL _Nonnull
#define CTLS_NULLABLE _Nullable

struct ctls_session;

/// What a call gives that moved no bytes.
enum {
    ctls_wants_read = -1,   ///< go on when the network has bytes
    ctls_wants_write = -2,  ///< go on when the network takes bytes
    ctls_ended = -3,        ///< the other side said that nothing more comes
    ctls_failed = -4,       ///< the connection is broken, or the other side breaks the protocol
};

/// Why there is no session, or no connection.
enum ctls_fault {
    ctls_no_library = 1,   ///< no library of OpenSSL can be opened, or it lacks an entry point
    ctls_no_roots = 2,     ///< the file of certificates cannot be used
    ctls_untrusted = 3,    ///< the certificate is not to be trusted, or is another's
    ctls_protocol = 4,     ///< the two sides found no common way to speak
    ctls_lost = 5,         ///< the connection was closed or lost
};

/// Whether OpenSSL's library can be opened and has all that is needed; a message of at most `capacity` bytes where not.
int ctls_has_library(char *CTLS_NONNULL message, size_t capacity);

/// A session over a connected socket, for a server of this name or address. Nothing was sent yet.
///
/// TLS 1.2 or later; the chain is verified up to `roots`, a file in PEM, or the system's, and the certificate has to be for `name`.
/// Gives NULL, a fault, and a message of at most `capacity` bytes with the zero at its end.
struct ctls_session *CTLS_NULLABLE ctls_open(
    int network, const char *CTLS_NONNULL name, const char *CTLS_NULLABLE roots, enum ctls_fault *CTLS_NONNULL fault,
    char *CTLS_NONNULL message, size_t capacity);

/// A step of the handshake: 0 when it is done, `ctls_wants_read`, `ctls_wants_write`, or `ctls_failed` with a fault and a message.
/// The message is made of OpenSSL's own words, never of the other side's.
int ctls_greet(
    struct ctls_session *CTLS_NONNULL session, enum ctls_fault *CTLS_NONNULL fault, char *CTLS_NONNULL message, size_t capacity);

/// At most `count` bytes that came, at least 1; or one of the reasons above.
long ctls_read(struct ctls_session *CTLS_NONNULL session, void *CTLS_NONNULL bytes, size_t count);

/// Sends at most `count` bytes, at least 1; or one of the reasons above. Go on with the same bytes.
long ctls_write(struct ctls_session *CTLS_NONNULL session, const void *CTLS_NONNULL bytes, size_t count);

/// Tells the other side that nothing more comes, if that can be sent at once.
void ctls_close(struct ctls_session *CTLS_NONNULL session);

/// What a descriptor is waited for, as bits, and what it is ready for.
enum { ctls_readable = 1, ctls_writable = 2 };

/// Waits until one of two descriptors is ready; `network` and `tunnel` are what for, and then what for they are.
/// An error of a descriptor makes it ready for everything. A tunnel whose other end is gone is an error also when nothing was asked.
/// 0, or a negated errno.
int ctls_wait(int network_number, int *CTLS_NONNULL network, int tunnel_number, int *CTLS_NONNULL tunnel);

/// Of a socket: bytes moved, 0 at the end, `ctls_wants_read` or `ctls_wants_write`, or `ctls_failed`.
long ctls_receive(int socket, void *CTLS_NONNULL bytes, size_t count);
long ctls_send(int socket, const void *CTLS_NONNULL bytes, size_t count);

/// Leaves no image of this process in a file or to a debugger, and lets only the end of the tunnel end it.
void ctls_harden(void);

#endif
