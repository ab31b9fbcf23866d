internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Storage
internal import Tables

/// How one pin of a data entry differs from another: files, and of tables rows, columns and labels.
struct PinComparison {
    struct Outcome {
        /// In a few words.
        let summary: String
        /// Indented lines with the details.
        let lines: String
        let members: [JSONMember]
    }

    let session: Session
    /// What the two pins are called where one cannot be read.
    let before: String
    let after: String

    func compare(_ name: String, _ before: DataPin, _ after: DataPin) throws(CommandFailure) -> Outcome {
        var lines = ""
        var members: [JSONMember] = []
        let changes = try changes(before, after)
        if let changes, before.kind == .tree || after.kind == .tree {
            let view = DataChangeView(changes: changes)
            lines += view.lines(all: session.reporter.verbose)
            members += view.members
        }
        if let change = try tableChange(name, before, after) {
            lines += TableChangeView(change: change).lines
            members.append(JSONMember("table", TableChangeView(change: change).value))
        }
        let counts = changes.map { DataChangeView(changes: $0).summary } ?? "the store has no list of its files any more"
        return Outcome(
            summary: before.kind == .file && after.kind == .file ? "changed" : counts, lines: lines, members: members)
    }

    /// Nil when the store does not have the trees.
    private func changes(_ before: DataPin, _ after: DataPin) throws(CommandFailure) -> [DataChange]? {
        do throws(ImportError) {
            return try session.store.changes(from: before.object, to: after.object)
        } catch {
            if case .store(let error) = error {
                if case .missing = error { return nil }
                throw CommandFailure(error)
            }
            throw CommandFailure(.refused, error.description)
        }
    }

    /// Nil for what is no table, or whose bytes the store does not have; what cannot be read as a table is said.
    private func tableChange(_ name: String, _ before: DataPin, _ after: DataPin) throws(CommandFailure) -> TableChange? {
        guard let form = session.manifest.data(name)?.form, let format = TableFormatKind(rawValue: form.format.rawValue) else { return nil }
        var profiles: [TableProfile] = []
        for (pin, version) in [(before, self.before), (after, self.after)] {
            guard let input = try input(pin, "data.\(name) (\(version))") else {
                session.reporter.say("data \(name) (\(version)) is not in the store, so its rows are not compared")
                return nil
            }
            let read = TableReader.read(input, format, delimiter: form.delimiter?.byte, threads: Host.coreCount)
            guard let table = read.value, !read.hasErrors else {
                session.reporter.say("data \(name) (\(version)) is no table of the format \(format.rawValue), so its rows are not compared")
                return nil
            }
            profiles.append(TableProfile(table))
        }
        return TableChange(from: profiles[0], to: profiles[1])
    }

    private func input(_ pin: DataPin, _ name: String) throws(CommandFailure) -> TableInput? {
        do throws(StoreError) {
            switch pin.kind {
            case .file: return .file(SourceText(name: name, bytes: try session.store.read(pin.digest)))
            case .tree:
                return .folder(name: name, files: try session.store.files(of: pin.digest).map { TableFile(path: $0.path, bytes: $0.bytes) })
            }
        } catch {
            if case .missing = error { return nil }
            throw CommandFailure(error)
        }
    }
}

/// How a change of a table is shown.
private struct TableChangeView {
    let change: TableChange

    /// Indented lines: rows, columns, then the labels of each column.
    var lines: String {
        var text = "  rows: \(change.rowsBefore) -> \(change.rowsAfter)\n"
        func name(_ column: String) -> String { "'\(DiagnosticRenderer.printable(column))'" }
        if !change.added.isEmpty { text += "  new columns: \(change.added.map(name).joined(separator: ", "))\n" }
        if !change.removed.isEmpty { text += "  columns gone: \(change.removed.map(name).joined(separator: ", "))\n" }
        for column in change.retyped { text += "  column \(name(column.name)): \(column.before) -> \(column.after)\n" }
        var last: String?
        for label in change.labels {
            if label.column != last { text += "  labels of \(name(label.column)):\n" }
            last = label.column
            text += "    \(DiagnosticRenderer.printable(label.level)): \(label.before) -> \(label.after)\n"
        }
        return text
    }

    /// A member of a record.
    var value: JSONValue {
        func names(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
        let retyped = change.retyped.map { column -> JSONValue in
            .object([
                JSONMember("column", .string(column.name)), JSONMember("before", .string(column.before)),
                JSONMember("after", .string(column.after)),
            ])
        }
        let labels = change.labels.map { label -> JSONValue in
            .object([
                JSONMember("column", .string(label.column)), JSONMember("label", .string(label.level)),
                JSONMember("before", .integer(label.before)), JSONMember("after", .integer(label.after)),
            ])
        }
        return .object([
            JSONMember("rowsBefore", .integer(change.rowsBefore)), JSONMember("rowsAfter", .integer(change.rowsAfter)),
            JSONMember("added", names(change.added)), JSONMember("removed", names(change.removed)), JSONMember("retyped", .array(retyped)),
            JSONMember("labels", .array(labels)),
        ])
    }
}
