#define _GNU_SOURCE
#include "CTLS.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

// Building needs no header of OpenSSL. Where one is there, the compiler holds the declarations below to it.
#if __has_include(<openssl/ssl.h>)
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#endif

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_method_st SSL_METHOD;
typedef struct X509_VERIFY_PARAM_st X509_VERIFY_PARAM;
typedef struct x509_store_ctx_st X509_STORE_CTX;

extern const SSL_METHOD *TLS_client_method(void);
extern SSL_CTX *SSL_CTX_new(const SSL_METHOD *method);
extern long SSL_CTX_ctrl(SSL_CTX *context, int command, long number, void *pointer);
extern uint64_t SSL_CTX_set_options(SSL_CTX *context, uint64_t options);  // an unsigned long of 64 bits in 1.1.1
extern void SSL_CTX_set_security_level(SSL_CTX *context, int level);
extern void SSL_CTX_set_verify(SSL_CTX *context, int mode, int (*callback)(int, X509_STORE_CTX *));
extern int SSL_CTX_set_default_verify_paths(SSL_CTX *context);
extern int SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *folder);
extern int SSL_CTX_set_alpn_protos(SSL_CTX *context, const unsigned char *names, unsigned int count);
extern SSL *SSL_new(SSL_CTX *context);
extern long SSL_ctrl(SSL *session, int command, long number, void *pointer);
extern int SSL_set1_host(SSL *session, const char *name);
extern void SSL_set_hostflags(SSL *session, unsigned int flags);
extern X509_VERIFY_PARAM *SSL_get0_param(SSL *session);
extern int X509_VERIFY_PARAM_set1_ip_asc(X509_VERIFY_PARAM *parameters, const char *address);
extern int SSL_set_fd(SSL *session, int number);
extern int SSL_connect(SSL *session);
extern int SSL_read(SSL *session, void *bytes, int count);
extern int SSL_write(SSL *session, const void *bytes, int count);
extern int SSL_shutdown(SSL *session);
extern int SSL_get_error(const SSL *session, int result);
extern long SSL_get_verify_result(const SSL *session);
extern const char *X509_verify_cert_error_string(long code);
extern unsigned long ERR_get_error(void);
extern void ERR_clear_error(void);
extern const char *ERR_reason_error_string(unsigned long code);

#define ENTRY_POINTS(X) \
    X(TLS_client_method) \
    X(SSL_CTX_new) \
    X(SSL_CTX_ctrl) \
    X(SSL_CTX_set_options) \
    X(SSL_CTX_set_security_level) \
    X(SSL_CTX_set_verify) \
    X(SSL_CTX_set_default_verify_paths) \
    X(SSL_CTX_load_verify_locations) \
    X(SSL_CTX_set_alpn_protos) \
    X(SSL_new) \
    X(SSL_ctrl) \
    X(SSL_set1_host) \
    X(SSL_set_hostflags) \
    X(SSL_get0_param) \
    X(X509_VERIFY_PARAM_set1_ip_asc) \
    X(SSL_set_fd) \
    X(SSL_connect) \
    X(SSL_read) \
    X(SSL_write) \
    X(SSL_shutdown) \
    X(SSL_get_error) \
    X(SSL_get_verify_result) \
    X(X509_verify_cert_error_string) \
    X(ERR_get_error) \
    X(ERR_clear_error) \
    X(ERR_reason_error_string)

// Numbers of OpenSSL's headers that 1.1.1 and 3 share, under names of our own.
enum {
    set_mode = 33,                  // SSL_CTRL_MODE
    set_server_name = 55,           // SSL_CTRL_SET_TLSEXT_HOSTNAME
    set_least_version = 123,        // SSL_CTRL_SET_MIN_PROTO_VERSION
    tls_1_2 = 0x0303,               // TLS1_2_VERSION
    partial_writes = 1,             // SSL_MODE_ENABLE_PARTIAL_WRITE
    moving_buffers = 2,             // SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    host_name = 0,                  // TLSEXT_NAMETYPE_host_name
    verify_peer = 1,                // SSL_VERIFY_PEER
    no_partial_wildcards = 0x4,     // X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
    never_the_subject = 0x20,       // X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
    wants_read = 2,                 // SSL_ERROR_WANT_READ
    wants_write = 3,                // SSL_ERROR_WANT_WRITE
    broken = 5,                     // SSL_ERROR_SYSCALL
    zero_return = 6,                // SSL_ERROR_ZERO_RETURN
    unexpected_end = 294,           // SSL_R_UNEXPECTED_EOF_WHILE_READING, of 3 alone
};
#define NO_COMPRESSION ((uint64_t)1 << 17)    // SSL_OP_NO_COMPRESSION
#define NO_RENEGOTIATION ((uint64_t)1 << 30)  // SSL_OP_NO_RENEGOTIATION

struct ctls_session {
    SSL *ssl;
#define FIELD(name) __typeof__(&name) name;
    ENTRY_POINTS(FIELD)
#undef FIELD
};

static void say(char *message, size_t capacity, const char *text) {
    snprintf(message, capacity, "%s", text ? text : "no reason given");
}

// MARK: Opening

static int look_up(void *handle, const char *name, void *slot, char *message, size_t capacity) {
    // What libssl itself needs, libcrypto, is searched too.
    void *address = dlsym(handle, name);
    if (!address) {
        snprintf(message, capacity, "OpenSSL has no function '%s'", name);
        return 0;
    }
    *(void **)slot = address;
    return 1;
}

static int open_library(struct ctls_session *session, char *message, size_t capacity) {
    const char *names[] = {"libssl.so.3", "libssl.so.1.1", NULL};
    void *handle = NULL;
    for (int i = 0; names[i] && !handle; i++) {
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!handle && i == 0) say(message, capacity, dlerror());
    }
    if (!handle) return 0;
#define LOOK_UP(name) \
    if (!look_up(handle, #name, &session->name, message, capacity)) return 0;
    ENTRY_POINTS(LOOK_UP)
#undef LOOK_UP
    return 1;
}

int ctls_has_library(char *message, size_t capacity) {
    struct ctls_session session;
    return open_library(&session, message, capacity);
}

/// Sets up what has to hold for every session; 0 when OpenSSL refuses one of them.
static int restrict_context(struct ctls_session *session, SSL_CTX *context) {
    static const unsigned char http[] = "\x08http/1.1";
    session->SSL_CTX_set_options(context, NO_COMPRESSION | NO_RENEGOTIATION);
    session->SSL_CTX_set_security_level(context, 2);
    session->SSL_CTX_set_verify(context, verify_peer, NULL);
    session->SSL_CTX_ctrl(context, set_mode, partial_writes | moving_buffers, NULL);
    return session->SSL_CTX_ctrl(context, set_least_version, tls_1_2, NULL) == 1
        && session->SSL_CTX_set_alpn_protos(context, http, sizeof http - 1) == 0;
}

/// Sets up whose certificate is wanted; 0 when OpenSSL refuses the name.
static int name_server(struct ctls_session *session, const char *name) {
    unsigned char address[16];
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
        return session->X509_VERIFY_PARAM_set1_ip_asc(session->SSL_get0_param(session->ssl), name) == 1;
    }
    session->SSL_set_hostflags(session->ssl, no_partial_wildcards | never_the_subject);
    return session->SSL_set1_host(session->ssl, name) == 1
        && session->SSL_ctrl(session->ssl, set_server_name, host_name, (void *)(uintptr_t)name) == 1;
}

struct ctls_session *ctls_open(
    int network, const char *name, const char *roots, enum ctls_fault *fault, char *message, size_t capacity) {
    *fault = ctls_no_library;
    struct ctls_session *session = calloc(1, sizeof *session);
    if (!session) {
        say(message, capacity, "out of memory");
        return NULL;
    }
    if (!open_library(session, message, capacity)) {
        free(session);
        return NULL;
    }
    SSL_CTX *context = session->SSL_CTX_new(session->TLS_client_method());
    if (context && restrict_context(session, context)) {
        *fault = ctls_no_roots;
        int known = roots ? session->SSL_CTX_load_verify_locations(context, roots, NULL)
                          : session->SSL_CTX_set_default_verify_paths(context);
        if (known == 1) {
            *fault = ctls_protocol;
            session->ssl = session->SSL_new(context);
            if (session->ssl && name_server(session, name) && session->SSL_set_fd(session->ssl, network) == 1) return session;
        }
    }
    // The process ends after that; what was made goes with it.
    say(message, capacity, session->ERR_reason_error_string(session->ERR_get_error()));
    free(session);
    return NULL;
}

// MARK: Speaking

int ctls_greet(struct ctls_session *session, enum ctls_fault *fault, char *message, size_t capacity) {
    session->ERR_clear_error();
    int result = session->SSL_connect(session->ssl);
    if (result == 1) return 0;
    int error = session->SSL_get_error(session->ssl, result);
    if (error == wants_read) return ctls_wants_read;
    if (error == wants_write) return ctls_wants_write;
    unsigned long code = session->ERR_get_error();
    long verdict = session->SSL_get_verify_result(session->ssl);
    if (verdict != 0) {
        *fault = ctls_untrusted;
        say(message, capacity, session->X509_verify_cert_error_string(verdict));
    } else if (error == broken || error == zero_return || (code & 0x7FFFFF) == unexpected_end) {
        *fault = ctls_lost;
        say(message, capacity, "the connection was closed amid the greeting");
    } else {
        *fault = ctls_protocol;
        say(message, capacity, session->ERR_reason_error_string(code));
    }
    return ctls_failed;
}

static long reason(struct ctls_session *session, int result) {
    switch (session->SSL_get_error(session->ssl, result)) {
    case wants_read: return ctls_wants_read;
    case wants_write: return ctls_wants_write;
    case zero_return: return ctls_ended;
    default: return ctls_failed;
    }
}

static int bounded(size_t count) { return count < 1 << 20 ? (int)count : 1 << 20; }

long ctls_read(struct ctls_session *session, void *bytes, size_t count) {
    session->ERR_clear_error();
    int result = session->SSL_read(session->ssl, bytes, bounded(count));
    return result > 0 ? result : reason(session, result);
}

long ctls_write(struct ctls_session *session, const void *bytes, size_t count) {
    session->ERR_clear_error();
    int result = session->SSL_write(session->ssl, bytes, bounded(count));
    return result > 0 ? result : reason(session, result);
}

void ctls_close(struct ctls_session *session) {
    session->ERR_clear_error();
    session->SSL_shutdown(session->ssl);
}

// MARK: Descriptors

static short events(int wanted) {
    return (short)((wanted & ctls_readable ? POLLIN : 0) | (wanted & ctls_writable ? POLLOUT : 0));
}

static int ready(short found) {
    if (found & (POLLERR | POLLHUP | POLLNVAL)) return ctls_readable | ctls_writable;
    return (found & POLLIN ? ctls_readable : 0) | (found & POLLOUT ? ctls_writable : 0);
}

int ctls_wait(int network_number, int *network, int tunnel_number, int *tunnel) {
    struct pollfd both[2] = {
        // A network that is over but not wanted would end every wait at once.
        {.fd = *network ? network_number : -1, .events = events(*network), .revents = 0},
        {.fd = tunnel_number, .events = events(*tunnel), .revents = 0},
    };
    int count;
    do count = poll(both, 2, -1);
    while (count == -1 && errno == EINTR);
    if (count == -1) return -errno;
    *network = ready(both[0].revents);
    *tunnel = ready(both[1].revents);
    return 0;
}

long ctls_receive(int socket, void *bytes, size_t count) {
    long result;
    do result = recv(socket, bytes, count, MSG_DONTWAIT);
    while (result == -1 && errno == EINTR);
    if (result >= 0) return result;
    return errno == EAGAIN || errno == EWOULDBLOCK ? ctls_wants_read : ctls_failed;
}

long ctls_send(int socket, const void *bytes, size_t count) {
    long result;
    do result = send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (result == -1 && errno == EINTR);
    if (result >= 0) return result;
    return errno == EAGAIN || errno == EWOULDBLOCK ? ctls_wants_write : ctls_failed;
}

void ctls_harden(void) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
}
