#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sandbox.h"

/// Writes a number in decimal; gives the place behind it.
static char *decimal(char *text, uint64_t number) {
    char digits[20];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0) *text++ = digits[--count];
    return text;
}

static long write_file(const char *path, const char *text, size_t length) {
    long file = CALL4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (file < 0) return file;
    long result = CALL3(SYS_write, file, text, length);
    CALL1(SYS_close, file);
    return result;
}

static void map_identity(const struct sandbox *box, const char *path, uint32_t inside, uint32_t outside) {
    char line[64];
    char *end = decimal(line, inside);
    *end++ = ' ';
    end = decimal(end, outside);
    memcpy(end, " 1\n", 3);
    long result = write_file(path, line, (size_t)(end + 3 - line));
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "write", path, result);
}

static long raise_loopback(void) {
    long socket = CALL3(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return socket;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    long result = CALL3(SYS_ioctl, socket, SIOCSIFFLAGS, &request);
    CALL1(SYS_close, socket);
    return result;
}

void sandbox_close_others(void) {
    CALL3(CALL_CLOSE_RANGE, 3, SANDBOX_CHANNEL - 1, 0);
    CALL3(CALL_CLOSE_RANGE, SANDBOX_HIGHEST_PROCESS + 1, ~0U, 0);
}

static int keep_open(const char *path, int number) {
    long file = CALL4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (file < 0) return (int)file;
    long result = CALL3(SYS_dup3, file, number, O_CLOEXEC);
    CALL1(SYS_close, file);
    return (int)result;
}

void sandbox_prepare(struct sandbox *box) {
    // The spawner's death is ours.
    CALL2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    CALL2(SYS_prctl, PR_SET_NAME, "init");
    long result = sandbox_protects(box, SANDBOX_OWN_NETWORK) ? raise_loopback() : 0;
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "raise the loopback device", NULL, result);

    // SPEC: sandbox.md#user. A single line maps the caller onto the user inside; groups are given up for it.
    result = write_file("/proc/self/setgroups", "deny", 4);
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "write", "/proc/self/setgroups", result);
    map_identity(box, "/proc/self/gid_map", box->request->user, box->outer_group);
    map_identity(box, "/proc/self/uid_map", box->request->user, box->outer_user);

    box->last_process = box->highest_process = -1;
    if (sandbox_protects(box, SANDBOX_OWN_PROCESSES)) {
        box->highest_process = keep_open("/proc/sys/kernel/pid_max", SANDBOX_HIGHEST_PROCESS);
        box->last_process = keep_open("/proc/sys/kernel/ns_last_pid", SANDBOX_LAST_PROCESS);
    }
    sandbox_prepare_mounts(box);
    sandbox_bound_privileges(box);
}

void sandbox_set_up_identity(struct sandbox *box) {
    // The terminal of the caller is not ours unless it was given.
    if (!sandbox_has(box, SANDBOX_TERMINAL)) CALL0(SYS_setsid);
    if (!sandbox_protects(box, SANDBOX_OWN_HOST_NAME)) return;
    const char *name = sandbox_text(box, box->request->host_name);
    long result = CALL2(SYS_sethostname, name, strlen(name));
    if (result >= 0) result = CALL2(SYS_setdomainname, "(none)", 6);
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "set the host name", name, result);
}

static void write_number(const struct sandbox *box, int file, uint64_t number, const char *shown) {
    char text[24];
    char *end = decimal(text, number);
    long result = file < 0 ? file : CALL3(SYS_write, file, text, end - text);
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "write", shown, result);
}

/// Whether `pid_max` belongs to the namespace, as it does from Linux 6.14 on; before that it is the whole machine's.
static bool has_own_highest(void) {
    struct utsname name;
    if (CALL1(SYS_uname, &name) < 0) return false;
    int numbers[2] = {0, 0};
    const char *digit = name.release;
    for (int i = 0; i < 2; i++, digit++) {
        for (; *digit >= '0' && *digit <= '9' && numbers[i] < 10000; digit++) numbers[i] = numbers[i] * 10 + (*digit - '0');
        if (*digit != '.') break;
    }
    return numbers[0] > 6 || (numbers[0] == 6 && numbers[1] >= 14);
}

/// Makes the identifiers themselves run out: the kernel does not count root's processes against RLIMIT_NPROC.
///
/// Gives where the command's should start, or 0 for wherever they are.
static uint64_t bound_processes(const struct sandbox *box) {
    // Once it has come so far, the kernel starts again here, and `pid_max` is larger.
    const uint64_t again = 300;
    const struct sandbox_request *request = box->request;
    uint64_t count = request->processes;
    if (count == UINT64_MAX || count == 0 || box->outer_user != 0 || box->highest_process < 0 || !has_own_highest()) return 0;
    uint64_t used = sandbox_has(box, SANDBOX_DERIVED_ENTROPY) ? 3 : 2;
    bool is_small = count + used <= again;
    if (request->process >= again + count) return 0;
    uint64_t highest = is_small || request->process > 0 ? again + count : count + used;
    // A machine with many processors sets a floor of its own; then the bound is as near as it lets us.
    for (; highest < 1 << 22; highest += highest / 4) {
        char text[24];
        long result = CALL3(SYS_write, box->highest_process, text, decimal(text, highest) - text);
        if (result >= 0) return is_small ? again + 1 : 0;
        if (result != -EINVAL) return 0;
    }
    return 0;
}

void sandbox_number_processes(struct sandbox *box) {
    const struct sandbox_request *request = box->request;
    if (!sandbox_protects(box, SANDBOX_OWN_PROCESSES)) return;
    uint64_t first = sandbox_protects(box, SANDBOX_LIMITS) ? bound_processes(box) : 0;
    if (request->process > 1 && request->process > first) first = request->process;
    if (first > 0) {
        char text[24];
        size_t length = (size_t)(decimal(text, first - 1) - text);
        long result = box->last_process < 0 ? box->last_process : CALL3(SYS_write, box->last_process, text, length);
        if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "write", "/proc/sys/kernel/ns_last_pid", result);
    }
    if (box->last_process >= 0) CALL1(SYS_close, box->last_process);
    if (box->highest_process >= 0) CALL1(SYS_close, box->highest_process);
}
