/// The file name of a wheel, taken apart: project, version, and what it runs on.
///
/// PEP 427: `DISTRIBUTION-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl`. The tags are sets joined by dots.
package struct WheelName: Hashable, Sendable {
    /// As the file name spells it, such as `scikit_learn`.
    package let distribution: String
    /// As the file name spells it, such as `1.5.2` or `2.1.0+cpu`.
    package let version: String
    /// Such as `cp311`.
    package let pythons: [String]
    /// Such as `cp311`, `abi3` or `none`.
    package let abis: [String]
    /// Such as `manylinux_2_17_x86_64` or `any`.
    package let platforms: [String]

    /// Nil when `fileName` is no name of a wheel that may stand in a lockfile.
    package init?(_ fileName: String) {
        let suffix = ".whl"
        guard fileName.utf8.count <= 255, fileName.utf8.count > suffix.utf8.count, fileName.hasSuffix(suffix),
            fileName.utf8.allSatisfy({ NameRule.isLetterOrDigit($0) || "._+!-".utf8.contains($0) })
        else { return nil }
        let parts = fileName.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 || parts.count == 6, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        if parts.count == 6, let first = parts[2].utf8.first, !NameRule.isDigit(first) { return nil }
        guard let first = parts[0].utf8.first, NameRule.isLetterOrDigit(first) || first == UInt8(ascii: "_") else { return nil }
        distribution = parts[0]
        version = parts[1]
        func tags(_ text: String) -> [String] { text.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
        pythons = tags(parts[parts.count - 3])
        abis = tags(parts[parts.count - 2])
        platforms = tags(parts[parts.count - 1])
        guard (pythons + abis + platforms).allSatisfy({ !$0.isEmpty }) else { return nil }
    }

    /// The project's name as indexes compare names: `scikit-learn` for `Scikit_Learn`.
    package var project: String { Self.project(distribution) }

    /// PEP 503: lower case, and each run of `-`, `_` and `.` one `-`.
    package static func project(_ name: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                if bytes.last != UInt8(ascii: "-") { bytes.append(UInt8(ascii: "-")) }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
