import Canonical
import Diagnostics
import Storage

extension LockfileSections {
    /// Whether a program's name is that of an interpreter, such as `python-3.11.7`.
    private static func isInterpreter(_ name: String) -> Bool {
        let prefix = "python-"
        guard name.utf8.starts(with: prefix.utf8), let next = name.utf8.dropFirst(prefix.utf8.count).first else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
    }

    mutating func readEnvironment(_ name: String, _ node: JSONNode) {
        let title = "the pin of environment '\(name)'"
        guard expect(node, .object, title) else { return }
        checkKeys(of: node, known: ["libraries", "platform", "python", "request", "tools", "wheels"], in: title)
        let request = readDigest("request", of: node, title)
        let platform = readText("platform", of: node, title, "a system and architecture such as 'linux-x86_64'", NameRule.isPlatform)
        // Both may be absent, and count as read then.
        var python: String??
        if node["python"] == nil {
            python = .some(nil)
        } else if let text = readText(
            "python", of: node, title, "the name of an interpreter such as 'python-3.11.7'",
            { NameRule.program.allows($0) && Self.isInterpreter($0) })
        {
            python = text
        }
        var libraries: DataPin??
        if let value = node["libraries"] {
            if let pin = readTree(value, "'libraries' of \(title)") { libraries = pin }
        } else {
            libraries = .some(nil)
        }
        // An interpreter among the tools would stand in the environment twice.
        let tools = readList(
            "tools", of: node, title, "the name of a tool",
            { NameRule.program.allows($0) && !Self.isInterpreter($0) })
        let wheels = readList("wheels", of: node, title, "the file name of a wheel", NameRule.wheel.allows)
        guard let request, let platform, let python, let libraries, let tools, let wheels else { return }
        for (key, names) in [("tools", tools), ("wheels", wheels)] where Set(names).count < names.count {
            return report("lock/bad-value", "'\(key)' of \(title) names something twice", node[key] ?? node, note: LockfileReader.wayOut)
        }
        environments.append(
            .init(
                name,
                EnvironmentPin(request: request, platform: platform, python: python, tools: tools, wheels: wheels, libraries: libraries)))
    }

    mutating func readProgram(_ name: String, _ node: JSONNode) {
        let title = "the pin of program '\(name)'"
        guard expect(node, .object, title) else { return }
        checkKeys(of: node, known: ["origin", "tree"], in: title)
        let origin = readList("origin", of: node, title, "the name and version of a package") { !$0.isEmpty }
        let tree = required("tree", of: node, title).flatMap { readTree($0, "'tree' of \(title)") }
        if let origin, let tree { programs.append(.init(name, ProgramPin(tree: tree, origin: origin))) }
    }

    mutating func readWheel(_ name: String, _ node: JSONNode) {
        let title = "the pin of wheel '\(name)'"
        guard expect(node, .object, title) else { return }
        checkKeys(of: node, known: ["digest", "size"], in: title)
        let digest = readDigest("digest", of: node, title)
        let size = readCount("size", of: node, title)
        if let digest, let size { wheels.append(.init(name, WheelPin(digest: digest, size: size))) }
    }

    /// Environments that stand on programs or wheels without a pin: what a merge of two good lockfiles may leave.
    mutating func reportDangling(in pins: JSONNode) {
        let lockfile = lockfile
        for entry in environments {
            guard let node = pins["environment/" + entry.name] else { continue }
            for name in lockfile.dangling(entry.pin) {
                let bare = name.drop { $0 != "/" }.dropFirst()
                let places = ["python", "tools", "wheels"].compactMap { node[$0] }.flatMap { $0.kind == .array ? $0.elements : [$0] }
                let place = places.first { $0.string.map { $0.utf8.elementsEqual(bare.utf8) } ?? false }
                report(
                    "lock/dangling-pin", "environment '\(entry.name)' stands on '\(name)', which has no pin", place ?? node,
                    note: "'mlbuild lock' derives the environment again")
            }
        }
    }

    private mutating func readTree(_ node: JSONNode, _ title: String) -> DataPin? {
        guard let pin = readObject(node, title) else { return nil }
        if pin.kind == .tree { return pin }
        report("lock/bad-value", "\(title) must be a tree", node)
        return nil
    }

    private mutating func readText(
        _ key: String, of node: JSONNode, _ title: String, _ meaning: String, _ isOne: (String) -> Bool
    ) -> String? {
        guard let value = required(key, of: node, title), expect(value, .string, "'\(key)' of \(title)") else { return nil }
        if let text = value.string, isOne(text) { return text }
        report("lock/bad-value", "'\(key)' of \(title) must be \(meaning)", value)
        return nil
    }

    private mutating func readList(
        _ key: String, of node: JSONNode, _ title: String, _ meaning: String, _ isOne: (String) -> Bool
    ) -> [String]? {
        guard let list = required(key, of: node, title), expect(list, .array, "'\(key)' of \(title)") else { return nil }
        var texts: [String] = []
        var isWhole = true
        for item in list.elements {
            guard expect(item, .string, "an item of '\(key)' of \(title)") else {
                isWhole = false
                continue
            }
            if let text = item.string, isOne(text) {
                texts.append(text)
            } else {
                report("lock/bad-value", "an item of '\(key)' of \(title) must be \(meaning)", item)
                isWhole = false
            }
        }
        return isWhole ? texts : nil
    }
}
