#define _GNU_SOURCE
#include "CFaultBench.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>

void bench_adopt_orphans(void) { prctl(PR_SET_CHILD_SUBREAPER, 1); }

void bench_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int bench_holds(const void *bytes, size_t count, const void *part, size_t length) { return memmem(bytes, count, part, length) != NULL; }

int bench_memory_file(void) { return memfd_create("output", 0); }

int bench_cut_power(int folder) {
    // The same number for ext4 (EXT4_IOC_SHUTDOWN) and xfs (XFS_IOC_GOINGDOWN); 2: not even the log is flushed.
    const unsigned long shutdown_call = _IOR('X', 125, uint32_t);
    uint32_t without_log = 2;
    return ioctl(folder, shutdown_call, &without_log) == -1 ? -errno : 0;
}

int bench_own_mounts(void) {
    if (unshare(CLONE_NEWNS) == -1 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1) return -errno;
    return 0;
}
