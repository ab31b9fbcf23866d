internal import Diagnostics
internal import Manifests
internal import Platform
internal import Tables

/// The table that a command line names: a file, or a folder of arrays or images.
struct RowsInput {
    /// As the command line names it.
    private let name: String
    private let path: HostPath
    private let format: TableFormat?
    private let delimiter: TableForm.Delimiter?

    /// - Parameters:
    ///   - format: The word of a format; nil leaves it to the names of the files.
    ///   - delimiter: The word of what separates the fields of a CSV.
    ///   - start: The folder that a relative name starts from.
    init(_ name: String, format: String?, delimiter: String?, from start: HostPath) throws(CommandFailure) {
        self.name = name
        path = start.resolving(name)
        self.format = try format.map { (word) throws(CommandFailure) in try Self.choice(word, "format", TableFormat.allCases) }
        self.delimiter = try delimiter.map { (word) throws(CommandFailure) in
            try Self.choice(word, "delimiter", TableForm.Delimiter.allCases)
        }
    }

    /// What `word` names among the few that there are.
    private static func choice<Value: RawRepresentable<String>>(
        _ word: String, _ what: String, _ all: [Value]
    ) throws(CommandFailure) -> Value {
        if let value = Value(rawValue: word) { return value }
        // One delimiter is a comma.
        throw CommandFailure("there is no \(what) '\(word)'", for: word, of: all.map(\.rawValue), separator: " ")
    }

    func table() throws(CommandFailure) -> Table {
        let status = try CommandFailure.catching { () throws(SystemError) in try Files.status(path) }
        let input: TableInput
        if status?.kind == .directory {
            input = .folder(name: name, files: try folder())
        } else {
            // Before it is read: what has no format is not waited for.
            _ = try format(of: [name])
            let bytes = try CommandFailure.catching { () throws(SystemError) in try Files.read(path, limit: TableReader.largest) }
            input = .file(SourceText(name: name, bytes: bytes))
        }
        let format = try format(of: input.names)
        if delimiter != nil, format != .csv {
            throw CommandFailure(.usage, "'--delimiter' is for a csv, and '\(name)' is read as \(format.rawValue)")
        }
        guard let kind = TableFormatKind(rawValue: format.rawValue) else { preconditionFailure("both have the same words for the formats") }
        let read = TableReader.read(input, kind, delimiter: delimiter?.byte, threads: Host.coreCount)
        guard let table = read.value, !read.hasErrors else { throw CommandFailure(read.diagnostics, in: [input.source]) }
        return table
    }

    /// The format that was asked for, else the one that the names say; hidden files say nothing.
    private func format(of names: [String]) throws(CommandFailure) -> TableFormat {
        if let format { return format }
        var said: [TableFormat] = []
        for file in names where !file.split(separator: "/").contains(where: { $0.hasPrefix(".") && $0 != "." && $0 != ".." }) {
            guard let format = TableFormat.allCases.first(where: { file.lowercased().hasSuffix("." + $0.rawValue) }) else { continue }
            if !said.contains(format) { said.append(format) }
        }
        if said.count == 1 { return said[0] }
        let known = TableFormat.allCases.map(\.rawValue).joined(separator: ", ")
        let several = said.map(\.rawValue).joined(separator: " and ")
        throw CommandFailure(
            .usage, said.isEmpty ? "nothing says the format of '\(name)'" : "'\(name)' holds files of more than one format: \(several)",
            hint: "'--format' says it: \(known)")
    }

    /// The files below the folder, whose sizes together are those of a table.
    private func folder() throws(CommandFailure) -> [TableFile] {
        var files: [TableFile] = []
        var room = TableReader.largest
        var waiting: [(path: HostPath, below: String)] = [(path, "")]
        while let next = waiting.popLast() {
            for entry in try CommandFailure.catching({ () throws(SystemError) in try Files.list(next.path) }) {
                guard let text = String(validating: entry.name, as: UTF8.self) else {
                    throw CommandFailure(.problem, "'\(name)' holds a file whose name is no UTF-8", hint: "rename it")
                }
                let inner = next.path.appending(entry.name)
                if entry.kind == .directory {
                    waiting.append((inner, next.below + text + "/"))
                    continue
                }
                let bytes = try CommandFailure.catching { () throws(SystemError) in try Files.read(inner, limit: room) }
                room -= bytes.count
                files.append(TableFile(path: next.below + text, bytes: bytes))
            }
        }
        return files
    }
}

extension TableInput {
    /// The file's name, or those of the files in the folder.
    fileprivate var names: [String] {
        switch self {
        case .file(let source): [source.name]
        case .folder(_, let files): files.map(\.path)
        }
    }
}
