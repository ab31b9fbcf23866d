import Sandboxing

extension EscapeProbe {
    /// Ways out to the network, and ways for two sandboxes to talk.
    static let network: [EscapeProbe] = [
        EscapeProbe(.network, "tcp-v4 {tcp4}", .without(.ownNetwork)),
        EscapeProbe(.network, "tcp-any {tcp4}", .without(.ownNetwork)),
        EscapeProbe(.network, "udp-v4 {udp4}", .without(.ownNetwork)),
        EscapeProbe(.network, "tcp-v6 {tcp6}", .without(.ownNetwork)),
        EscapeProbe(.network, "tcp-mapped {tcp4}", .without(.ownNetwork)),
        EscapeProbe(.network, "udp-v6 {udp6}", .without(.ownNetwork)),
        EscapeProbe(.network, "unix-abstract {server}", .without(.ownNetwork)),
        EscapeProbe(.network, "unix-path {socket}", .without(.ownRoot)),
        EscapeProbe(.network, "route-v4", .without(.ownNetwork), obstacle: .noRoute),
        EscapeProbe(.network, "see-interface", .without([.ownNetwork, .callFilter]), obstacle: .noInterface),
        EscapeProbe(.network, "rule-interface", .without(.rights)),
        EscapeProbe(.network, "socket-packet", .without(.rights)),
        EscapeProbe(.network, "socket-raw", .without(.rights)),
        EscapeProbe(.network, "socket-hypervisor", .without(.rights)),
        EscapeProbe(.network, "socket-hypervisor-high", .without(.rights)),
        EscapeProbe(.network, "socket-cipher", .without(.rights)),
        EscapeProbe(.network, "socket-pair-cipher", .without(.rights)),
        EscapeProbe(.network, "socket-events", .without(.rights)),
        EscapeProbe(.network, "socket-audit", .without(.rights)),
        EscapeProbe(.network, "socket-key", .without(.rights)),
        EscapeProbe(.network, "socket-bluetooth", .without(.rights)),
        EscapeProbe(.network, "socket-express", .without(.rights)),
        EscapeProbe(.network, "socket-cluster", .without(.rights)),
        EscapeProbe(.network, "socket-reliable", .without(.rights)),
        EscapeProbe(.network, "socket-smc", .without(.rights)),
        EscapeProbe(.network, "leave-shared-memory {number}", .without(.ownMessages), second: "take-shared-memory {number}"),
        EscapeProbe(.network, "leave-message {number}", .without(.ownMessages), second: "take-message {number}"),
        EscapeProbe(.network, "leave-semaphore {number}", .without(.ownMessages), second: "take-semaphore {number}"),
        EscapeProbe(.network, "leave-queue {name}", .without(.ownMessages), second: "take-queue {name}"),
        EscapeProbe(.network, "leave-memory-file {name}", .outside, second: "take-memory-file {name}"),
        EscapeProbe(
            .network, "offer-descriptor {abstract}", .without(.ownNetwork), second: "take-descriptor {abstract}", isAtOnce: true),
        EscapeProbe(.network, "offer-port {port}", .without(.ownNetwork), second: "take-port {port}", isAtOnce: true),
    ]
}
