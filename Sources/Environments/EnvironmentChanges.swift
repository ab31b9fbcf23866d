import Canonical
import Locking

/// What resolving changed about environments, programs and wheels, as lines for people.
enum EnvironmentChanges {
    static func lines(_ before: Lockfile, _ after: Lockfile) -> [String] {
        (environments(before, after) + programs(before, after) + wheels(before, after)).sortedByBytes()
    }

    private static func environments(_ before: Lockfile, _ after: Lockfile) -> [String] {
        var lines: [String] = []
        for entry in after.environments {
            guard let old = before.pin(environment: entry.name) else {
                lines.append("environment '\(entry.name)' is new: \(text(entry.pin))")
                continue
            }
            if old == entry.pin { continue }
            let was = text(old) == text(entry.pin) ? "" : "it was \(text(old)), "
            lines.append("environment '\(entry.name)' changed: \(was)it is \(text(entry.pin))")
        }
        for entry in before.environments where after.pin(environment: entry.name) == nil {
            lines.append("environment '\(entry.name)' is gone: no command uses it any more")
        }
        return lines
    }

    private static func text(_ pin: EnvironmentPin) -> String {
        let tools = "\(pin.tools.count) \(pin.tools.count == 1 ? "tool" : "tools")"
        guard let python = pin.python else { return tools }
        return "\(python), \(pin.wheels.count) \(pin.wheels.count == 1 ? "wheel" : "wheels"), \(tools)"
    }

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
