package import Platform

/// All that a sandbox shows and allows, and what is run in it.
package struct SandboxPlan: Sendable {
    /// Something that is shown at an absolute path inside.
    package struct Mount: Sendable {
        package enum Source: Sendable {
            case folder(HostPath)
            case file(OpenFile)
            /// A private file with these bytes, in memory.
            case text([UInt8])
        }

        package let source: Source
        /// Absolute, inside; files and folders below ``SandboxPlan/workFolder`` get a place to lie at, others must have one in the root.
        package let path: HostPath
        package let isWritable: Bool

        /// `path` is bytes, as names of files are.
        package init(_ source: Source, at path: HostPath, isWritable: Bool = false) {
            self.source = source
            self.path = path
            self.isWritable = isWritable
        }

        package init(_ source: Source, at path: String, isWritable: Bool = false) {
            self.init(source, at: HostPath(path), isWritable: isWritable)
        }
    }

    package enum Entropy: Hashable, Sendable {
        /// A stream that follows from 32 bytes; see ``EntropyStream``.
        case derived(key: [UInt8])
        case host
    }

    /// Bounds; nil is none. `memory` and `fileSize` are per process and per file, in bytes.
    package struct Limits: Hashable, Sendable {
        package var seconds: Int?
        package var memory: Int?
        package var processes: Int? = 4096
        package var fileSize: Int?
        /// Bytes that may be written to standard output and error together; the rest is dropped and counted.
        package var log: Int? = 64 << 20

        package init() {}
    }

    package enum Input: Sendable {
        case null
        /// The caller's own terminal, for a shell: standard input, output and error.
        case terminal
    }

    /// Read-only, becomes `/`; it has the empty folders `dev`, `proc`, `tmp` and `work`.
    package var root: HostPath
    /// Shown writable at ``workFolder``: where the command stands and where its outputs belong.
    package var work: HostPath
    /// Absolute, inside; `/work` but for a variation. Made in a private layer where the root lacks it.
    package var workFolder = "/work"
    /// Laid over root and work, in this order.
    package var mounts: [Mount] = []
    /// At least the program: absolute, or looked up in the `PATH` of ``variables``.
    package var arguments: [String]
    package var variables: [(name: String, value: String)]
    package var userName = "mlbuild"
    package var hostName = "mlbuild"
    package var userIdentifier: UInt32 = 1000
    /// Number of CPUs that it may use: its affinity.
    package var threads = 1
    package var hasFixedAddresses = true
    package var entropy: Entropy
    /// The identifier that the command's process gets inside, where the kernel lets us say it; nil for the first free one.
    package var processIdentifier: Int?
    package var limits = Limits()
    package var input = Input.null
    /// Whether attempts to open, look at and execute files are reported.
    package var observes = false
    package var protections = Protections.all

    package init(root: HostPath, work: HostPath, arguments: [String], variables: [(name: String, value: String)], entropy: Entropy) {
        self.root = root
        self.work = work
        self.arguments = arguments
        self.variables = variables
        self.entropy = entropy
    }
}

/// Single protections, so that tests can show what each one is for by leaving it out.
package struct Protections: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let ownRoot = Protections(rawValue: 1 << 0)
    package static let readOnlyRoot = Protections(rawValue: 1 << 1)
    package static let readOnlyInputs = Protections(rawValue: 1 << 2)
    package static let ownProcesses = Protections(rawValue: 1 << 3)
    package static let ownNetwork = Protections(rawValue: 1 << 4)
    package static let ownMessages = Protections(rawValue: 1 << 5)
    package static let ownHostName = Protections(rawValue: 1 << 6)
    package static let noNewPrivileges = Protections(rawValue: 1 << 7)
    package static let noCapabilities = Protections(rawValue: 1 << 8)
    package static let callFilter = Protections(rawValue: 1 << 9)
    package static let closedDescriptors = Protections(rawValue: 1 << 10)
    package static let limits = Protections(rawValue: 1 << 11)
    package static let deadAfterwards = Protections(rawValue: 1 << 12)

    package static let all = Protections(rawValue: (1 << 13) - 1)
}
