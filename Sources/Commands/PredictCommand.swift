internal import Archives
internal import Canonical
internal import Diagnostics
internal import Learning
internal import Packing
internal import Platform
internal import Tables

/// `predict`: applies the model of an archive to a table.
struct PredictCommand {
    private let archive: String
    private let rows: RowsInput
    private let output: String?
    private let kept: [String]
    private let inputs: [String]
    private let start: HostPath

    init(_ arguments: Arguments) throws(CommandFailure) {
        archive = arguments.operands[0]
        output = arguments.value("output")
        kept = arguments.values("keep")
        if arguments.has("json"), output == nil || output == "-" {
            throw CommandFailure(
                .usage, "with '--json', standard output holds records and no predictions", hint: "'-o FILE' says where the predictions go")
        }
        start = try WorkspaceFolder.start(arguments)
        inputs = arguments.operands
        rows = try RowsInput(
            arguments.operands[1], format: arguments.value("format"), delimiter: arguments.value("delimiter"), from: start)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let target = try output.map { (name) throws(CommandFailure) in try OutputFile(name, from: start, reading: inputs) }
        let model: TrainedModel
        let named = try NamedArchive(archive, from: start)
        do throws(PackingError) {
            model = try ArchivedModel.read(named.archive)
        } catch {
            guard case .opaque = error else { throw CommandFailure(error, archive: "'\(archive)'") }
            throw CommandFailure(
                .problem, "the model in '\(archive)' was made by a command, so mlbuild has no prediction built in for it",
                hint: "take its files out, and load them with what made them: tar --zstd -xf \(Shell.quoted(archive)) model/")
        }
        let table = try rows.table()
        let bytes: [UInt8]
        do throws(LearningError) {
            let format: TableFormatKind = output?.lowercased().hasSuffix(".tsv") == true ? .tsv : .csv
            bytes = try model.predict(table, threads: Host.coreCount).text(format: format, carrying: kept, from: table)
        } catch {
            throw CommandFailure(error.diagnostics, in: [table.source])
        }
        guard let target else {
            reporter.result(bytes)
            return .done
        }
        try target.write(bytes)
        if target.isStandardOutput { return .done }
        reporter.say("wrote \(counted(table.rowCount, "prediction")) to '\(target.name)'")
        reporter.record("predictions", [JSONMember("path", .string(target.name)), JSONMember("rows", .integer(table.rowCount))])
        return .done
    }
}
