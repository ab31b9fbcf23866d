#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Changes to what is mounted, and to the namespaces: the ways out that need a right, or a way to get one. The tests run these
// without their protection only where the mounts are the sandbox's own.

/// Makes the mount at a place writable, and writes the file of the second word there.
static enum verdict remount(char **words) {
    if (mount(NULL, words[0], NULL, MS_REMOUNT | MS_BIND, NULL) < 0) return judge("mount", -1);
    int file = open(words[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    enum verdict verdict = judge("open after the remount", file);
    if (file >= 0) close(file);
    return verdict;
}

static enum verdict set_mount_attributes(char **words) {
    struct {
        uint64_t set, clear, propagation, user;
    } order = {.clear = 1 /* MOUNT_ATTR_RDONLY */};
    return judge("mount_setattr", syscall(442, AT_FDCWD, words[0], 0, &order, sizeof order));
}

static enum verdict cover(char **words) { return judge("mount", mount("tmpfs", words[0], "tmpfs", 0, NULL)); }
static enum verdict bind(char **words) { return judge("mount", mount(words[0], words[1], NULL, MS_BIND, NULL)); }
static enum verdict mount_processes(char **words) { return judge("mount", mount("proc", words[0], "proc", 0, NULL)); }
static enum verdict uncover(char **words) { return judge("umount2", umount2(words[0], MNT_DETACH)); }
static enum verdict spread(char **words) { return judge("mount", mount(NULL, words[0], NULL, MS_SHARED | MS_REC, NULL)); }
static enum verdict change_root(char **words) { return judge("chroot", chroot(words[0])); }

// The same folder twice is no place for the old root: EINVAL comes after the check.
static enum verdict pivot(char **words) { return reached("pivot_root", syscall(SYS_pivot_root, words[0], words[0])); }
static enum verdict open_file_system(char **words) { return (void)words, judge("fsopen", syscall(430, "tmpfs", 0)); }
static enum verdict clone_tree(char **words) { return judge("open_tree", syscall(428, AT_FDCWD, words[0], 1 /* OPEN_TREE_CLONE */)); }
static enum verdict move_tree(char **words) { return (void)words, reached("move_mount", syscall(429, -1, "", -1, "", 0x44)); }
static enum verdict make_tree(char **words) { return (void)words, reached("fsmount", syscall(432, -1, 0, 0)); }
static enum verdict configure(char **words) { return (void)words, reached("fsconfig", syscall(431, -1, 0, NULL, NULL, 0)); }
static enum verdict pick(char **words) { return judge("fspick", syscall(433, AT_FDCWD, words[0], 0)); }

/// A new namespace: in a child, so that what follows is as before.
static enum verdict divide(long flags, const char *what) {
    int status = 0, child = fork();
    if (child == 0) _exit(syscall(SYS_unshare, flags) == 0 ? 0 : errno);
    waitpid(child, &status, 0);
    errno = WEXITSTATUS(status);
    return judge(what, errno ? -1 : 0);
}

static enum verdict divide_users(char **words) { return (void)words, divide(CLONE_NEWUSER, "unshare of users"); }
static enum verdict divide_users_and_mounts(char **words) {
    return (void)words, divide(CLONE_NEWUSER | CLONE_NEWNS, "unshare of users and mounts");
}
static enum verdict divide_mounts(char **words) { return (void)words, divide(CLONE_NEWNS, "unshare of mounts"); }
static enum verdict divide_network(char **words) { return (void)words, divide(CLONE_NEWNET, "unshare of the network"); }
static enum verdict divide_groups(char **words) { return (void)words, divide(CLONE_NEWCGROUP, "unshare of control groups"); }

static enum verdict clone_raw(unsigned long flags, const char *what) {
    long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    if (child > 0) waitpid((pid_t)child, NULL, 0);
    return judge(what, child);
}

static enum verdict clone_users(char **words) { return (void)words, clone_raw(CLONE_NEWUSER, "clone with users"); }

/// The kernel looks at the lower half only; a filter has to do the same.
static enum verdict clone_users_high(char **words) {
    return (void)words, clone_raw(CLONE_NEWUSER | 1ul << 40, "clone with users, in 41 bits");
}

/// The flags lie in memory, where no filter sees them.
static enum verdict clone_users_structure(char **words) {
    (void)words;
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) _exit(0);
    if (child > 0) waitpid((pid_t)child, NULL, 0);
    return judge("clone3 with users", child);
}

static enum verdict join(char **words) { return (void)words, reached("setns", syscall(SYS_setns, -1, 0)); }

/// Joins a namespace of the first process of the sandbox, or of the host where the process is one of its.
static enum verdict join_process(char **words) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/ns/mnt", words[0]);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0) return judge(path, space);
    enum verdict verdict = judge("setns", syscall(SYS_setns, space, 0));
    close(space);
    return verdict;
}

const struct probe mount_probes[] = {
    {"remount", 2, remount},
    {"mount-setattr", 1, set_mount_attributes},
    {"mount-over", 1, cover},
    {"mount-bind", 2, bind},
    {"mount-proc", 1, mount_processes},
    {"umount", 1, uncover},
    {"mount-shared", 1, spread},
    {"chroot", 1, change_root},
    {"pivot-root", 1, pivot},
    {"fsopen", 0, open_file_system},
    {"open-tree", 1, clone_tree},
    {"move-mount", 0, move_tree},
    {"fsmount", 0, make_tree},
    {"fsconfig", 0, configure},
    {"fspick", 1, pick},
    {"unshare-users", 0, divide_users},
    {"unshare-users-and-mounts", 0, divide_users_and_mounts},
    {"unshare-mounts", 0, divide_mounts},
    {"unshare-network", 0, divide_network},
    {"unshare-groups", 0, divide_groups},
    {"clone-users", 0, clone_users},
    {"clone-users-high", 0, clone_users_high},
    {"clone3-users", 0, clone_users_structure},
    {"setns", 0, join},
    {"setns-process", 1, join_process},
    {0},
};
