import Sandboxing

extension EscapeProbe {
    /// Every way to set the bits that make a program run as its owner.
    private static let bits = [
        "open", "openat2", "mknodat", "temporary", "fchmod", "fchmodat", "fchmodat-group", "fchmodat-high", "fchmodat2", "chmod",
    ]

    /// Writes where nothing may be written.
    static let writing: [EscapeProbe] =
        onInputs + onRoot + outsideOfAll
        + bits.map { EscapeProbe(.writing, "set-user-bit bit.bin \($0)", .without(.callFilter)) }

    private static let onInputs: [EscapeProbe] = [
        EscapeProbe(.writing, "write-byte {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "append-byte {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "reopen {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "map-shared {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "truncate {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "open-truncating {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "change-mode {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "change-mode-opened {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "change-owner {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "change-times {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "set-attribute {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "set-flags {work}/input.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "remove-file {work}/input.txt", .outside),
        EscapeProbe(.writing, "replace-file {work}/input.txt", .outside),
        EscapeProbe(.writing, "rename-file {work}/input.txt {work}/moved.txt", .outside),
        EscapeProbe(.writing, "rename-file {work}/folder {work}/moved", .outside),
        EscapeProbe(.writing, "write-byte {work}/folder/member.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "reopen {work}/folder/member.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "change-mode {work}/folder/member.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "replace-file {work}/folder/member.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "remove-file {work}/folder/member.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "rename-file {work}/folder/member.txt {work}/folder/other.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "link-file {work}/folder/member.txt {work}/folder/other.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "link-file {work}/folder/member.txt {work}/stolen.txt", .outside),
        EscapeProbe(.writing, "create-file {work}/folder/new.txt", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "make-folder {work}/folder/new", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "make-link {work}/folder/new", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "make-fifo {work}/folder/new", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "change-mode {work}/folder", .without(.readOnlyInputs)),
        EscapeProbe(.writing, "remount {work}/input.txt {work}/input.txt", .without(.rights)),
        EscapeProbe(.writing, "remount {work}/folder {work}/folder/new.txt", .without(.rights)),
        EscapeProbe(.writing, "mount-setattr {work}/folder", .without(.rights)),
        EscapeProbe(.writing, "umount {work}/folder", .without(.rights)),
        EscapeProbe(.writing, "umount {work}/input.txt", .without(.rights)),
        EscapeProbe(.writing, "mount-over {work}/folder", .without(.rights)),
        EscapeProbe(.writing, "mount-bind {work}/folder/member.txt {work}/input.txt", .without(.rights)),
    ]

    private static let onRoot: [EscapeProbe] = [
        EscapeProbe(.writing, "create-file {root}/new.txt", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "create-file {root}/env/new.txt", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "write-byte {root}/env/tool.txt", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "write-byte {root}/usr/lib/library.txt", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "replace-file {root}/usr/lib/library.txt", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "change-mode {probe}", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "change-times {root}/usr", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "remove-file {root}/env/tool.txt", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "rename-file {root}/env {root}/other", .without(.readOnlyRoot)),
        EscapeProbe(.writing, "remount / /new.txt", .without(.rights)),
        EscapeProbe(.writing, "mount-setattr /", .without(.rights)),
        EscapeProbe(.writing, "mount-over {root}/env", .without(.rights)),
        EscapeProbe(.writing, "mount-shared /", .without(.rights)),
    ]

    private static let outsideOfAll: [EscapeProbe] = [
        EscapeProbe(.writing, "create-file {outside}/new.txt", .outside),
        EscapeProbe(.writing, "write-byte {canary}", .outside),
        EscapeProbe(.writing, "write-byte seeded-link", .outside),
        EscapeProbe(.writing, "write-byte seeded-climb", .outside),
        EscapeProbe(.writing, "make-device device", .outsideAsRoot),
        EscapeProbe(.writing, "make-device-at device", .outsideAsRoot),
        EscapeProbe(.writing, "open-init-memory", .outsideAsRoot, obstacle: .strangeInit),
        EscapeProbe(.writing, "open-for-writing /proc/sys/kernel/core_pattern", .outsideAsRoot),
        EscapeProbe(.writing, "open-for-writing /proc/sys/kernel/hostname", .outsideAsRoot),
        EscapeProbe(.writing, "open-for-writing /proc/sys/vm/overcommit_memory", .outsideAsRoot),
        EscapeProbe(.writing, "open-for-writing /proc/sysrq-trigger", .outsideAsRoot, obstacle: .absent("/proc/sysrq-trigger")),
        EscapeProbe(.writing, "open-for-writing /proc/irq/default_smp_affinity", .outsideAsRoot, obstacle: .absent("/proc/irq")),
        EscapeProbe(.writing, "open-for-writing /proc/self/oom_score_adj", .outside),
        EscapeProbe(.writing, "open-for-writing /dev/kmsg", .outsideAsRoot, obstacle: .absent("/dev/kmsg")),
        EscapeProbe(.writing, "leave-daemon late.txt 2500", .without([.ownProcesses, .deadAfterwards]), sign: .late),
        EscapeProbe(.writing, "leave-sibling late.txt 2500", .outside, sign: .late),
    ]
}

extension EscapeProbe.Sign {
    /// A process that was left behind has written in the end.
    static let late = EscapeProbe.Sign.canary("late.txt", afterMilliseconds: 3000)
}

extension Protections {
    /// Whatever holds back somebody who asks for a right.
    static let rights: Protections = [.callFilter, .noCapabilities, .noNewPrivileges]
}
