/// System calls that leave errno and thread-local storage alone, so that processes which share memory can make them.
#ifndef MLBUILD_CSANDBOX_CALLS_H
#define MLBUILD_CSANDBOX_CALLS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// Numbers that older headers lack; they are the same on every architecture.
enum {
    CALL_OPEN_TREE = 428,
    CALL_MOVE_MOUNT = 429,
    CALL_FSOPEN = 430,
    CALL_FSCONFIG = 431,
    CALL_FSMOUNT = 432,
    CALL_FSPICK = 433,
    CALL_PIDFD_SEND_SIGNAL = 424,
    CALL_CLONE3 = 435,
    CALL_CLOSE_RANGE = 436,
    CALL_OPENAT2 = 437,
    CALL_PIDFD_GETFD = 438,
    CALL_MOUNT_SETATTR = 442,
};

#if defined(__x86_64__)

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

#else
#error "sandboxes are written for x86-64 and aarch64"
#endif

#define CALL(number, a, b, c, d, e, f) call6((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL0(number) CALL(number, 0, 0, 0, 0, 0, 0)
#define CALL1(number, a) CALL(number, a, 0, 0, 0, 0, 0)
#define CALL2(number, a, b) CALL(number, a, b, 0, 0, 0, 0)
#define CALL3(number, a, b, c) CALL(number, a, b, c, 0, 0, 0)
#define CALL4(number, a, b, c, d) CALL(number, a, b, c, d, 0, 0)
#define CALL5(number, a, b, c, d, e) CALL(number, a, b, c, d, e, 0)

#endif
