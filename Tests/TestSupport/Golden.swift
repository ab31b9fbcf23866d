package import Platform
package import Testing

/// Compares what a test got with the file that says what is expected.
///
/// With `MLBUILD_ACCEPT=1` in the environment a file that differs is rewritten and the test is still reported as failed,
/// so that no run can pass by accepting.
package enum Golden {
    package static var accepts: Bool { Host.environment("MLBUILD_ACCEPT") == "1" }

    package static func expect(_ actual: String, matches file: HostPath, sourceLocation: SourceLocation = #_sourceLocation) {
        expect(Array(actual.utf8), matches: file, sourceLocation: sourceLocation)
    }

    package static func expect(_ actual: [UInt8], matches file: HostPath, sourceLocation: SourceLocation = #_sourceLocation) {
        do throws(SystemError) {
            let expected = try Files.readIfPresent(file)
            if expected == actual { return }
            if accepts {
                try Files.makeDirectories(file.parent)
                try Files.write(actual, to: file)
                Issue.record("accepted: '\(file)' was rewritten; run again without MLBUILD_ACCEPT", sourceLocation: sourceLocation)
                return
            }
            let difference = expected.map { firstDifference($0, actual) } ?? "the file is missing; got:\n\(text(actual[...]))"
            Issue.record("'\(file)' differs: \(difference)\n(MLBUILD_ACCEPT=1 rewrites it)", sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }

    private static func firstDifference(_ expected: [UInt8], _ actual: [UInt8]) -> String {
        let wanted = expected.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let got = actual.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for line in 0..<max(wanted.count, got.count) {
            let left = line < wanted.count ? wanted[line] : nil
            let right = line < got.count ? got[line] : nil
            if left == right { continue }
            return "line \(line + 1)\n  expected: \(left.map(text) ?? "(end)")\n  got:      \(right.map(text) ?? "(end)")"
        }
        return "in no line"
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
