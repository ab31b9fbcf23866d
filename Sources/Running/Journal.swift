import Canonical
import Planning
import Platform

/// Writes what a build did, for people and for later builds' reasons: one JSON Lines file per build.
///
/// The first record is `build`, then one `stage` record for each stage that was not up to date, the last is `summary`.
/// Times stand here and never in anything that is hashed.
// SPEC: records.md#journal
enum Journal {
    /// So many builds are kept.
    static let kept = 50
    static let version = 1

    /// Stores the record of a build and removes the oldest beyond ``kept``.
    ///
    /// A build that changed nothing and failed nowhere leaves no record, so that it does not push out those that did.
    static func write(_ report: BuildReport, options: BuildOptions, started: Int64, in folder: StateFolder) throws(SystemError) {
        let told = report.stages.filter { $0.outcome != .upToDate }
        if told.isEmpty, report.failures.isEmpty { return }
        try Files.makeDirectories(folder.journal)
        let name = "\(UTCTime(nanoseconds: started).name)-\(Host.processIdentifier).jsonl"
        let text = lines(report, told: told, options: options, started: started)
        try Files.write(Array(text.utf8), to: folder.journal.appending(name), mode: 0o644, durable: false)
        for old in try names(in: folder).dropLast(kept) { try Files.removeFile(folder.journal.appending(old)) }
    }

    /// The names of the stored builds, oldest first.
    static func names(in folder: StateFolder) throws(SystemError) -> [[UInt8]] {
        guard try Files.status(folder.journal) != nil else { return [] }
        return try Files.list(folder.journal).filter { $0.kind == .regular && $0.name.reversed().starts(with: ".jsonl".utf8.reversed()) }
            .map(\.name)
    }

    private static func lines(_ report: BuildReport, told: [StageReport], options: BuildOptions, started: Int64) -> String {
        let head: [JSONMember] = [
            JSONMember("record", .string("build")), JSONMember("version", .integer(version)),
            JSONMember("started", .string(UTCTime(nanoseconds: started).name)),
            JSONMember("stages", .array(options.stages.map { .string($0) })), JSONMember("jobs", .integer(options.jobs)),
            JSONMember("keepGoing", .boolean(options.keepGoing)), JSONMember("force", .boolean(options.force)),
            JSONMember("locked", .boolean(options.locked)), JSONMember("rehash", .boolean(options.rehash)),
            JSONMember("isolation", .string(options.isolation.rawValue)),
        ]
        var text = line(head)
        for stage in told {
            var members = [JSONMember("record", .string("stage"))] + stage.members
            // A hit's document stands in its record in the store; that of a failed stage stands nowhere else.
            if let key = stage.key, !stage.outcome.hasResult || stage.seconds != nil {
                members.append(JSONMember("document", key.document))
            }
            text += line(members)
        }
        return text + line([JSONMember("record", .string("summary"))] + report.summary)
    }

    private static func line(_ members: [JSONMember]) -> String {
        JSONText.line(.object(members)) + "\n"
    }
}
