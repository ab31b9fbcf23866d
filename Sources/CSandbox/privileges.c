#define _GNU_SOURCE
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "sandbox.h"

static void limit(const struct sandbox *box, int kind, uint64_t soft, uint64_t hard, const char *shown) {
    struct rlimit before, after;
    long result = CALL4(SYS_prlimit64, 0, kind, NULL, &before);
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "limit", shown, result);
    // Only downwards: raising takes a capability outside.
    after.rlim_max = hard < before.rlim_max ? hard : before.rlim_max;
    after.rlim_cur = soft < after.rlim_max ? soft : after.rlim_max;
    result = CALL4(SYS_prlimit64, 0, kind, &after, NULL);
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "limit", shown, result);
}

void sandbox_set_limits(const struct sandbox *box) {
    const struct sandbox_request *request = box->request;
    // Fixed for every command: the stack's limit decides where the kernel maps memory.
    limit(box, RLIMIT_CORE, 0, 0, "core dumps");
    limit(box, RLIMIT_STACK, 8 << 20, RLIM_INFINITY, "the stack");
    limit(box, RLIMIT_NOFILE, 1024, 4096, "open files");
    if (!sandbox_protects(box, SANDBOX_LIMITS)) return;
    if (request->memory != UINT64_MAX) limit(box, RLIMIT_AS, request->memory, request->memory, "memory");
    if (request->file_size != UINT64_MAX) limit(box, RLIMIT_FSIZE, request->file_size, request->file_size, "the size of files");
    if (request->processes != UINT64_MAX) limit(box, RLIMIT_NPROC, request->processes, request->processes, "processes");
}

void sandbox_bound_privileges(const struct sandbox *box) {
    if (!sandbox_protects(box, SANDBOX_NO_CAPABILITIES)) return;
    for (int number = 0; number < 64; number++) {
        long result = CALL2(SYS_prctl, PR_CAPBSET_DROP, number);
        // Behind the last one that the kernel knows.
        if (result == -EINVAL && number > CAP_CHOWN) return;
        if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "give up capabilities", NULL, result);
    }
}

void sandbox_lock_privileges(const struct sandbox *box) {
    long result = 0;
    if (sandbox_protects(box, SANDBOX_NO_CAPABILITIES)) {
        const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED
            | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
        result = CALL2(SYS_prctl, PR_SET_SECUREBITS, bits);
        if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "give up capabilities", NULL, result);
    }
    if (sandbox_protects(box, SANDBOX_NO_NEW_PRIVILEGES)) {
        result = CALL5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "give up new privileges", NULL, result);
    }
    if (sandbox_has(box, SANDBOX_FIXED_ADDRESSES)) {
        long before = CALL1(SYS_personality, 0xffffffff);
        if (before >= 0) result = CALL1(SYS_personality, before | ADDR_NO_RANDOMIZE);
        if (before < 0 || result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "fix addresses", NULL, before < 0 ? before : result);
    }
    result = CALL3(SYS_sched_setaffinity, 0, sizeof box->request->cpus, box->request->cpus);
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "choose processors", NULL, result);
}

void sandbox_drop_capabilities(const struct sandbox *box, uint64_t kept) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    long result;
    if (sandbox_protects(box, SANDBOX_NO_CAPABILITIES)) {
        data[0].permitted = data[0].effective = (uint32_t)kept;
        data[1].permitted = data[1].effective = (uint32_t)(kept >> 32);
        result = CALL2(SYS_capset, &header, data);
    } else {
        // For the tests that show what is lost without this protection: the command gets them all.
        result = CALL2(SYS_capget, &header, data);
        for (int i = 0; i < 2; i++) data[i].inheritable = data[i].permitted;
        if (result >= 0) result = CALL2(SYS_capset, &header, data);
        for (int number = 0; number < 64 && result >= 0; number++) {
            if (data[number / 32].permitted & (1U << (number % 32)))
                result = CALL5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0);
        }
    }
    if (result < 0) sandbox_fail(box, SANDBOX_NOT_SET_UP, "set capabilities", NULL, result);
}
