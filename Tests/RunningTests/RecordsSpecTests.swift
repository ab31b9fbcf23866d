import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Storage
import TestSupport
import Testing

@testable import Planning
@testable import Running

/// The lines of all `json` blocks below the heading `section`.
private func examples(_ section: String, of spec: String) throws -> [String] {
    let text = String(decoding: try Files.read(Places.repository().appending("Specs").appending(spec)), as: UTF8.self)
    var lines: [String] = []
    var isInside = false
    var isCode = false
    for line in text.split(separator: "\n") {
        if line.hasPrefix("## ") { isInside = line.dropFirst(3) == section }
        if line.hasPrefix("```") {
            isCode = line == "```json"
        } else if isInside, isCode {
            lines.append(String(line))
        }
    }
    return lines
}

private func line(_ record: String, _ members: [JSONMember]) -> String {
    JSONText.line(.object([JSONMember("record", .string(record))] + members))
}

private let key = ActionKey(digest: Digest(bytes: [UInt8](repeating: 1, count: 32)), document: .object([]))
private let trees = KeyDifference(part: "options.learner.trees", before: 100, after: 200)

private func object(_ kind: ObjectKind, _ size: Int, _ files: Int) -> StoredObject {
    StoredObject(kind: kind, digest: Digest(bytes: [UInt8](repeating: 2, count: 32)), size: size, files: files)
}

@Test func `stage records are as the specification shows them`() throws {
    let part = [NamedObject("train", object(.file, 120, 1))]
    let restored = [Restoration(output: "train", path: RelativePath("build/split/train.csv")!, reason: .altered)]
    let failure = StageFailure.stageFailed("train", "no rows are left", at: Diagnostic.Location(source: "mlops.json", span: nil))
    let reports = [
        StageReport("split", .upToDate, key, part), StageReport("split", .restored(restored), key, part),
        StageReport("train", .ran(.keyChanged([trees])), key, [NamedObject("model", object(.tree, 5000, 2))], seconds: 0.25),
        StageReport("train", .failed(failure), key), StageReport("evaluate", .skipped(because: "train")),
        StageReport("train", .wouldRun(.objectMissing(output: "model")), key), StageReport("evaluate", .wouldFollow(["train"])),
    ]
    #expect(try examples("stage", of: "records.md") == reports.map { line("stage", $0.members) })
}

@Test func `the summary of a build is as the specification shows it`() throws {
    func summary(_ stages: [StageReport], _ failures: [StageFailure], lockWritten: Bool) -> String {
        let report = BuildReport(
            stages: stages, failures: failures, lockfile: Lockfile(), lockWritten: lockWritten, signal: nil, seconds: 0.5)
        // The command line puts the command in front.
        return line("summary", [JSONMember("command", "build")] + report.summary)
    }
    let differs = StageFailure(.problem, code: "build/data-differs", "data 'rows' differs from its pin", at: nil)
    #expect(
        try examples("build", of: "records.md") == [
            summary([StageReport("split", .upToDate), StageReport("train", .ran(.neverBuilt))], [], lockWritten: true),
            summary([StageReport("split", .notStarted), StageReport("train", .notStarted)], [differs], lockWritten: false),
        ])
}

@Test func `the record of why is as the specification shows it`() throws {
    let explanation = Explanation(
        report: StageReport("train", .wouldFollow(["split"])), lastKey: key.digest, differences: [trees],
        upstream: [StageReport("split", .wouldRun(.forced))])
    #expect(try examples("why", of: "records.md") == [line("why", explanation.members)])
}

@Test func `every outcome and every reason stands in the specification`() throws {
    let text = String(decoding: try Files.read(Places.repository().appending("Specs/records.md")), as: UTF8.self)
    let reasons: [RunReason] = [
        .neverBuilt, .keyChanged([]), .recordMissing, .recordCorrupt, .objectMissing(output: ""), .objectCorrupt(output: ""),
        .failedBefore, .refusedBefore, .interruptedBefore, .forced,
    ]
    for name in StageOutcome.names + reasons.map(\.name) { #expect(text.contains("`\(name)`"), "\(name)") }
}

@Test func `the file of claims is as the specification shows it`() throws {
    let fixture = try Fixture()
    try fixture.build(["split"])
    #expect(try examples("outputs", of: "state.md") == [String(try fixture.read(".mlbuild/outputs").dropLast())])
}
