import Sandboxing

extension EscapeProbe {
    /// Other processes, and more than the plan allows.
    static let processes: [EscapeProbe] = others + bounds

    private static let others: [EscapeProbe] = [
        EscapeProbe(.processes, "signal-process {process}", .without(.ownProcesses)),
        EscapeProbe(.processes, "signal-everybody", .without(.ownProcesses)),
        EscapeProbe(.processes, "see-process {process}", .without(.ownProcesses)),
        EscapeProbe(.processes, "read-command-line {process}", .without(.ownProcesses)),
        EscapeProbe(.processes, "trace-process {process}", .outside),
        EscapeProbe(.processes, "trace-init", .outsideAsRoot, obstacle: .strangeInit),
        EscapeProbe(.processes, "trace-child", .without(.callFilter)),
        EscapeProbe(.processes, "read-process-memory {process} {address}", .outside),
        EscapeProbe(.processes, "write-process-memory {process} {address}", .outside),
        EscapeProbe(.processes, "open-process-memory {process}", .outside),
        EscapeProbe(.processes, "steal-descriptor {process}", .outside),
        EscapeProbe(.processes, "steal-descriptor 1", .outsideAsRoot, obstacle: .strangeInit),
        EscapeProbe(.processes, "walk-processes", .outside),
        EscapeProbe(.processes, "limit-parent", .outside),
        EscapeProbe(.processes, "compare-kernel", .without(.callFilter)),
        EscapeProbe(.processes, "setns-process {process}", .outsideAsRoot),
        EscapeProbe(.processes, "raise-priority", .outsideAsRoot),
        EscapeProbe(.processes, "become-realtime", .outsideAsRoot),
    ]

    private static let bounds: [EscapeProbe] = [
        EscapeProbe(.processes, "many-processes 700", .without(.limits)) { $0.limits.processes = 400 },
        EscapeProbe(.processes, "many-threads 700", .without(.limits)) { $0.limits.processes = 400 },
        EscapeProbe(.processes, "large-file 2097152 write", .without(.limits)) { $0.limits.fileSize = 1 << 20 },
        EscapeProbe(.processes, "large-file 2097152 truncate", .without(.limits)) { $0.limits.fileSize = 1 << 20 },
        EscapeProbe(.processes, "large-file 2097152 allocate", .without(.limits)) { $0.limits.fileSize = 1 << 20 },
        EscapeProbe(.processes, "large-file 2097152 seek", .without(.limits)) { $0.limits.fileSize = 1 << 20 },
        EscapeProbe(.processes, "large-file 2097152 memory", .without(.limits)) { $0.limits.fileSize = 1 << 20 },
        EscapeProbe(.processes, "much-memory 268435456", .without(.limits)) { $0.limits.memory = 64 << 20 },
        EscapeProbe(.processes, "much-memory-in-files 134217728 /tmp", .without(.limits)) { $0.limits.memory = 64 << 20 },
        EscapeProbe(.processes, "much-memory-in-files 134217728 /dev/shm", .without(.limits)) { $0.limits.memory = 64 << 20 },
        EscapeProbe(.processes, "raise-limit", .without(.limits)) { $0.limits.memory = 64 << 20 },
        EscapeProbe(.processes, "widen-affinity 1", .without(.callFilter), obstacle: .oneProcessor),
        EscapeProbe(.processes, "go-on 2500", .changed { $0.limits.seconds = 30 }) { $0.limits.seconds = 1 },
        EscapeProbe(.processes, "stop-self 2500", .changed { $0.limits.seconds = 30 }) { $0.limits.seconds = 1 },
        EscapeProbe(.processes, "flood-log 4194304 1", .changed { $0.limits.log = nil }, sign: .output(1 << 20)) { $0.limits.log = 65536 },
        EscapeProbe(.processes, "flood-log 4194304 2", .changed { $0.limits.log = nil }, sign: .output(1 << 20)) { $0.limits.log = 65536 },
    ]
}
