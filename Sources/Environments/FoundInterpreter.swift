package import Platform

/// An interpreter of this machine that was asked who it is.
package struct FoundInterpreter: Hashable, Sendable {
    /// `major.minor.micro`, such as `3.11.7`.
    package let version: String
    /// The program itself, never a link or a stand-in for it.
    package let executable: HostPath

    package init(version: String, executable: HostPath) {
        self.version = version
        self.executable = executable
    }

    /// The name of its pin, such as `python-3.11.7`.
    package var name: String { "python-\(version)" }

    /// Whether the manifest's `wanted`, `3.11` or `3.11.7`, means this one.
    package func answers(_ wanted: String) -> Bool { Self.version(version, answers: wanted) }

    /// Whether `wanted`, `3.11` or `3.11.7`, means `version`.
    static func version(_ version: String, answers wanted: String) -> Bool {
        version.utf8.elementsEqual(wanted.utf8) || version.utf8.starts(with: (wanted + ".").utf8)
    }

    /// Whether this one is newer than `other`.
    func isNewer(than other: FoundInterpreter) -> Bool {
        other.numbers.lexicographicallyPrecedes(numbers)
    }

    private var numbers: [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
}
