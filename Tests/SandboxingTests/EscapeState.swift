import Sandboxing

extension EscapeProbe {
    /// What would tell one machine, user or run from another.
    static let state: [EscapeProbe] = [
        EscapeProbe(.state, "host-name strange-name", .without(.ownHostName)) { $0.hostName = "strange-name" },
        EscapeProbe(.state, "user 4321", .outside) { $0.userIdentifier = 4321 },
        EscapeProbe(.state, "group 4321", .outside) { $0.userIdentifier = 4321 },
        EscapeProbe(.state, "variable-count 1", .outside),
        EscapeProbe(.state, "folder /work", .outside),
        EscapeProbe(.state, "parent-number 1", .without(.ownProcesses)),
        EscapeProbe(.state, "process-number 77", .without(.ownProcesses)) { $0.processIdentifier = 77 },
        EscapeProbe(.state, "processors 1", .outside, obstacle: .oneProcessor),
        EscapeProbe(.state, "file-mask 022", .outsideAfter("disturbed"), isDisturbed: true),
        EscapeProbe(.state, "blocked-signals", .outsideAfter("disturbed"), isDisturbed: true),
        EscapeProbe(.state, "ignored-signals", .outsideAfter("disturbed"), isDisturbed: true),
        EscapeProbe(.state, "core-limit 0", .outsideAfter("disturbed"), isDisturbed: true),
        EscapeProbe(.state, "open-descriptors 3", .outsideAfter("disturbed"), isDisturbed: true),
        EscapeProbe(.state, "terminal", .outsideAfter("with-terminal")),
        EscapeProbe(.state, "moving-addresses", .changed { $0.hasFixedAddresses = false }),
        EscapeProbe(.state, "tell stack", .changed { $0.hasFixedAddresses = false }, sign: .difference),
        EscapeProbe(.state, "tell heap", .changed { $0.hasFixedAddresses = false }, sign: .difference),
        EscapeProbe(.state, "tell map", .changed { $0.hasFixedAddresses = false }, sign: .difference),
        EscapeProbe(.state, "tell getrandom", .changed { $0.entropy = .host }, sign: .difference),
        EscapeProbe(.state, "tell getentropy", .changed { $0.entropy = .host }, sign: .difference),
        EscapeProbe(.state, "tell mapped-getrandom", .changed { $0.entropy = .host }, sign: .difference),
        EscapeProbe(.state, "tell /dev/urandom", .changed { $0.entropy = .host }, sign: .difference),
        EscapeProbe(.state, "tell /dev/random", .changed { $0.entropy = .host }, sign: .difference),
        EscapeProbe(.state, "tell /proc/sys/kernel/random/uuid", .changed { $0.entropy = .host }, sign: .difference),
    ]
}
