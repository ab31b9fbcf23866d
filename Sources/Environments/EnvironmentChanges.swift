import Canonical
import Locking

/// What resolving changed about environments, programs and wheels, as lines for people.
enum EnvironmentChanges {
    /// One line for each environment that came, went or changed.
    static func lines(_ before: Lockfile, _ after: Lockfile) -> [String] {
        var lines: [String] = []
        for entry in after.environments {
            guard let old = before.pin(environment: entry.name) else {
                lines.append("environment '\(entry.name)' is new: \(text(entry.pin))")
                continue
            }
            let changes = programs(old, before, entry.pin, after) + packages(old, before, entry.pin, after) + rest(old, entry.pin)
            if !changes.isEmpty {
                lines.append("environment '\(entry.name)' changed: \(changes.joined(separator: ", "))")
            } else if old != entry.pin {
                lines.append("environment '\(entry.name)' is asked for in other words, and stays as it is")
            }
        }
        for entry in before.environments where after.pin(environment: entry.name) == nil {
            lines.append("environment '\(entry.name)' is gone: no command uses it any more")
        }
        return lines.sortedByBytes()
    }

    /// One line for each program and wheel that came, went or changed.
    static func details(_ before: Lockfile, _ after: Lockfile) -> [String] {
        (programs(before, after) + wheels(before, after)).sortedByBytes()
    }

    // MARK: Environments

    private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    private static func text(_ pin: EnvironmentPin) -> String {
        let tools = counted(pin.tools.count, "tool")
        guard let python = pin.python else { return tools }
        return "\(interpreter(python)), \(counted(pin.wheels.count, "package")), \(tools)"
    }

    /// `Python 3.11.7` for `python-3.11.7`.
    private static func interpreter(_ name: String) -> String { "Python " + name.dropFirst("python-".count) }

    private static func programs(_ old: EnvironmentPin, _ before: Lockfile, _ new: EnvironmentPin, _ after: Lockfile) -> [String] {
        var changes: [String] = []
        func isAnother(_ name: String) -> Bool { before.pin(program: name)?.tree != after.pin(program: name)?.tree }
        switch (old.python, new.python) {
        case (nil, nil): break
        case (nil, let python?): changes.append("\(interpreter(python)) new")
        case (let python?, nil): changes.append("\(interpreter(python)) gone")
        case (let was?, let python?):
            if was != python {
                changes.append("\(interpreter(was)) -> \(python.dropFirst("python-".count))")
            } else if isAnother(python) {
                changes.append("another build of \(interpreter(python))")
            }
        }
        let others = new.tools.filter { old.tools.contains($0) && isAnother($0) }
        changes += others.map { "another build of '\($0)'" }
        changes += listed(new.tools.filter { !old.tools.contains($0) }.map { "'\($0)'" }, "tool", "new")
        changes += listed(old.tools.filter { !new.tools.contains($0) }.map { "'\($0)'" }, "tool", "gone")
        return changes
    }

    /// A project with another version is one change, not one package that came and one that went.
    private static func packages(_ old: EnvironmentPin, _ before: Lockfile, _ new: EnvironmentPin, _ after: Lockfile) -> [String] {
        func byProject(_ pin: EnvironmentPin) -> [String: String] {
            Dictionary(pin.wheels.map { (WheelName($0)?.project ?? $0, $0) }, uniquingKeysWith: { $1 })
        }
        let (olds, news) = (byProject(old), byProject(new))
        var moved: [String] = []
        for (project, file) in news.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            guard let was = olds[project] else { continue }
            let versions = (WheelName(was)?.version ?? was, WheelName(file)?.version ?? file)
            if versions.0 != versions.1 {
                moved.append("\(project) \(versions.0) -> \(versions.1)")
            } else if was != file || before.pin(wheel: was) != after.pin(wheel: file) {
                moved.append("another file of \(project) \(versions.1)")
            }
        }
        let shown = moved.prefix(6) + (moved.count > 6 ? ["\(moved.count - 6) more"] : [])
        func names(_ own: [String: String], without others: [String: String]) -> [String] {
            own.filter { others[$0.key] == nil }.map { "\($0.key) \(WheelName($0.value)?.version ?? "")" }
        }
        return shown + listed(names(news, without: olds), "package", "new") + listed(names(olds, without: news), "package", "gone")
    }

    private static func listed(_ names: [String], _ word: String, _ what: String) -> [String] {
        if names.isEmpty { return [] }
        return names.count == 1 ? ["\(names[0]) \(what)"] : ["\(counted(names.count, word)) \(what)"]
    }

    private static func rest(_ old: EnvironmentPin, _ new: EnvironmentPin) -> [String] {
        (old.platform != new.platform ? ["\(old.platform) -> \(new.platform)"] : [])
            + (old.libraries != new.libraries ? ["other libraries of this machine for its packages"] : [])
    }

    // MARK: Programs and wheels

    private static func programs(_ before: Lockfile, _ after: Lockfile) -> [String] {
        func text(_ pin: ProgramPin) -> String {
            "\(pin.tree.digest) (\(pin.tree.files) \(pin.tree.files == 1 ? "file" : "files"), \(pin.tree.size) bytes)"
        }
        var lines: [String] = []
        for entry in after.programs {
            guard let old = before.pin(program: entry.name) else {
                lines.append("program '\(entry.name)' is new: \(text(entry.pin))")
                continue
            }
            if old != entry.pin { lines.append("program '\(entry.name)' changed: it was \(text(old)), it is \(text(entry.pin))") }
        }
        for entry in before.programs where after.pin(program: entry.name) == nil {
            lines.append("program '\(entry.name)' is gone: it was \(text(entry.pin))")
        }
        return lines
    }

    /// A project with another version is one change, not one wheel that came and one that went.
    private static func wheels(_ before: Lockfile, _ after: Lockfile) -> [String] {
        let new = after.wheels.filter { before.pin(wheel: $0.name) == nil }
        let gone = before.wheels.filter { after.pin(wheel: $0.name) == nil }
        func project(_ entry: Lockfile.Entry<WheelPin>) -> String { WheelName(entry.name)?.project ?? entry.name }
        func version(_ entry: Lockfile.Entry<WheelPin>) -> String { WheelName(entry.name)?.version ?? entry.name }
        func text(_ pin: WheelPin) -> String { "\(pin.digest) (\(pin.size) bytes)" }
        var lines: [String] = []
        var replaced: Set<String> = []
        for entry in new {
            let olds = gone.filter { project($0) == project(entry) }
            if olds.count == 1, new.count(where: { project($0) == project(entry) }) == 1, let old = olds.first {
                replaced.insert(old.name)
                let versions = version(old) == version(entry) ? (old.name, entry.name) : (version(old), version(entry))
                lines.append("wheel of '\(project(entry))' changed: it was \(versions.0), it is \(versions.1)")
            } else {
                lines.append("wheel '\(entry.name)' is new: \(text(entry.pin))")
            }
        }
        for entry in gone where !replaced.contains(entry.name) { lines.append("wheel '\(entry.name)' is gone: it was \(text(entry.pin))") }
        for entry in after.wheels {
            if let old = before.pin(wheel: entry.name), old != entry.pin {
                lines.append("wheel '\(entry.name)' changed: it was \(text(old)), it is \(text(entry.pin))")
            }
        }
        return lines
    }
}
