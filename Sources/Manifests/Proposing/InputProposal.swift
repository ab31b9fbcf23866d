import Canonical
import Diagnostics

/// An input that a stage could declare for something that its command looks for.
package struct InputProposal: Hashable, Sendable {
    /// A name for the port, which none of the stage's inputs has.
    package let name: String
    /// The reference as the manifest writes it, with a `/` at the end of a folder.
    package let reference: String

    /// As it stands in `inputs`: `"rows": "./data/rows.csv"`.
    package var text: String { "\(JSONText.quoted(name)): \(JSONText.quoted(reference))" }
}

/// How a stage can declare what its command looks for.
package struct InputProposals: Sendable {
    /// In the order of the paths, each reference once.
    package let inputs: [InputProposal]
    /// Paths that cannot be declared, and why; in the order of the paths.
    package let refused: [(path: RelativePath, reason: String)]
}

extension Manifest {
    /// From so many files in one folder on, the folder is proposed.
    private static let filesOfFolder = 9

    /// Proposes inputs of `stage` for files and folders of the workspace that it does not declare.
    ///
    /// What data or another stage gives is taken by its reference; what the stage has already, or makes itself, is left out.
    ///
    /// - Complexity: O(paths x (data + outputs of all stages))
    package func proposals(for paths: [(path: RelativePath, isFolder: Bool)], of stage: Stage) -> InputProposals {
        var taken = Set(stage.inputs.map(\.name))
        var references = Set(stage.inputs.map(\.reference.description))
        var inputs: [InputProposal] = []
        var refused: [(path: RelativePath, reason: String)] = []
        let folders = paths.filter { $0.isFolder && declaration(of: $0.path, isFolder: true, for: stage).isReference }.map(\.path)
        for (path, isFolder) in gathered(paths) {
            if folders.contains(where: { path != $0 && path.isInside($0) }) { continue }
            switch declaration(of: path, isFolder: isFolder, for: stage) {
            case .present: continue
            case .refused(let reason): refused.append((path, reason))
            case .reference(let text):
                guard references.insert(text).inserted else { continue }
                let name = Self.portName(for: text, path, taken)
                taken.insert(name)
                inputs.append(InputProposal(name: name, reference: text))
            }
        }
        return InputProposals(inputs: inputs, refused: refused)
    }

    private enum Declaration {
        case present
        case reference(String)
        case refused(String)

        var isReference: Bool {
            if case .reference = self { true } else { false }
        }
    }

    private func declaration(of path: RelativePath, isFolder: Bool, for stage: Stage) -> Declaration {
        for input in stage.inputs {
            if let place = place(of: input.reference), path.isInside(place) { return .present }
        }
        for other in stages {
            for output in other.outputs {
                let isOwn = other.name == stage.name
                if path.isInside(output.path) {
                    if isOwn { return .present }
                    if depends(other, on: stage) {
                        return .refused("stage '\(other.name)' makes it, and takes what stage '\(stage.name)' gives")
                    }
                    return .reference("\(other.name).\(output.name)")
                }
                if output.path.isInside(path) {
                    return .refused("output '\(other.name).\(output.name)' lies in it; declare the files that are read")
                }
            }
        }
        for entry in data {
            guard let place = entry.path else { continue }
            if path.isInside(place) { return .reference("data.\(entry.name)") }
        }
        if let reason = ReservedPlace.reason(path, .read) { return .refused(reason) }
        return .reference("./\(path.text)\(isFolder ? "/" : "")")
    }

    private func place(of reference: Reference) -> RelativePath? {
        switch reference {
        case .file(let path): path
        case .data(let name): data(name)?.path
        case .output: output(reference)?.path
        }
    }

    /// Whether `stage` takes, perhaps through others, what `other` gives.
    private func depends(_ stage: Stage, on other: Stage) -> Bool {
        var seen: Set<String> = [stage.name]
        var waiting = [stage]
        while let next = waiting.popLast() {
            if next.name == other.name { return true }
            for input in next.inputs {
                guard case .output(let name, _) = input.reference, seen.insert(name).inserted, let producer = self.stage(name) else {
                    continue
                }
                waiting.append(producer)
            }
        }
        return false
    }

    /// The paths with many files of one folder replaced by the folder, which stands where the first of them stood.
    private func gathered(_ paths: [(path: RelativePath, isFolder: Bool)]) -> [(path: RelativePath, isFolder: Bool)] {
        var counts: [RelativePath: Int] = [:]
        for (path, isFolder) in paths where !isFolder {
            if let parent = path.parent { counts[parent, default: 0] += 1 }
        }
        let outputs = stages.flatMap(\.outputs).map(\.path)
        let held = outputs + data.compactMap(\.path)
        let whole = Set(
            counts.filter { folder, count in
                count >= Self.filesOfFolder && !held.contains { $0.isInside(folder) || folder.isInside($0) }
            }.map(\.key))
        var result: [(path: RelativePath, isFolder: Bool)] = []
        var placed: Set<RelativePath> = []
        for (path, isFolder) in paths {
            if !isFolder, let parent = path.parent, whole.contains(parent) {
                if placed.insert(parent).inserted { result.append((parent, true)) }
            } else {
                result.append((path, isFolder))
            }
        }
        return result
    }

    /// A name from the reference that is allowed and free: the name of the data, the file without its extension.
    private static func portName(for reference: String, _ path: RelativePath, _ taken: Set<String>) -> String {
        var base: String
        if reference.utf8.starts(with: "./".utf8) {
            let last = String(path.lastComponent)
            let stem = last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
            base = stem.isEmpty ? last : stem
        } else {
            base = reference.split(separator: ".").last.map(String.init) ?? "input"
        }
        if !NameRule.input.allows(base) {
            let letters = base.lowercased().unicodeScalars.map { scalar -> Character in
                let isPlain = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-"
                return isPlain ? Character(scalar) : "-"
            }
            base = String(String(letters).drop { !("a"..."z").contains($0) }.prefix(NameRule.longest - 8))
            if !NameRule.input.allows(base) { base = "input" }
        }
        var name = base
        var number = 2
        while taken.contains(name) {
            name = "\(base.prefix(NameRule.longest - 8))-\(number)"
            number += 1
        }
        return name
    }
}

extension RelativePath {
    /// Whether this is `folder` or lies below it.
    fileprivate func isInside(_ folder: RelativePath) -> Bool {
        let own = Array(text.utf8)
        let other = Array(folder.text.utf8)
        return own.starts(with: other) && (own.count == other.count || own[other.count] == UInt8(ascii: "/"))
    }

    /// The folder that it lies in; nil for what lies at the top of the workspace.
    fileprivate var parent: RelativePath? {
        let components = components.dropLast()
        return components.isEmpty ? nil : RelativePath(components.joined(separator: "/"))
    }
}
