import Sandboxing

extension EscapeProbe {
    /// Calls that no training needs. Without the filter the kernel looks at their arguments, and then refuses them.
    private static let filtered = [
        "keyctl", "add-key", "request-key", "bpf", "perf-event-open", "io-uring-setup", "io-uring-enter", "io-uring-register",
        "userfaultfd", "memfd-secret", "settimeofday", "clock-settime", "clock-adjtime", "fsconfig", "open-by-handle", "quotactl",
        "personality", "personality-high", "iopl",
        "ioperm", "abi-32-bit", "abi-x32", "terminal-input", "terminal-input-high", "terminal-console", "setns", "process-madvise",
        "unshare-users", "unshare-users-and-mounts", "clone-users", "clone-users-high", "clone3-users",
    ]

    /// Calls that take a capability of the sandbox's own user namespace.
    private static let ruling = [
        "mount-over {root}/env", "mount-bind {root}/env {root}/usr", "mount-proc {root}/env", "umount {work}", "pivot-root /work",
        "chroot /work", "fsopen", "open-tree /", "move-mount", "fsmount", "fspick /", "unshare-mounts", "unshare-network",
        "unshare-groups", "sethostname strange", "setdomainname strange", "reboot", "capset", "bounding-set", "ambient-set",
        "securebits",
    ]

    /// Calls that only the machine's own root may make; a user namespace does not change that.
    private static let root = [
        "init-module", "finit-module", "delete-module", "kexec-load", "kexec-file-load", "swapon", "swapoff", "acct",
        "fanotify-init", "syslog", "setuid", "setgid", "setgroups",
    ]

    /// The kernel's surface.
    static let calls: [EscapeProbe] =
        filtered.map { EscapeProbe(.calls, $0, .without(.callFilter)) }
        + ruling.map { EscapeProbe(.calls, $0, .without(.rights)) }
        + root.map { EscapeProbe(.calls, $0, .outsideAsRoot) }
        + [EscapeProbe(.calls, "new-privileges", .without(.rights))]
}
