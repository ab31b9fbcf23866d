internal import Planning

/// Programs that a command looked for in every folder of its `PATH`, as shells do before they start one.
struct SoughtPrograms {
    let names: [String]
    /// The paths that were asked for and that have nothing to do with these programs.
    let others: [String]

    /// - Parameter absent: absolute paths at which nothing was.
    init(_ absent: [String], _ work: CommandWork) {
        let path = work.variables.last { $0.name == "PATH" }?.value ?? ""
        let folders = path.split(separator: ":").map { String($0) + "/" }
        let asked = Set(absent)
        var names: [String] = []
        if let first = folders.first {
            for path in absent where path.hasPrefix(first) {
                let name = String(path.dropFirst(first.count))
                guard !name.isEmpty, !name.contains("/"), !names.contains(name) else { continue }
                if folders.allSatisfy({ asked.contains($0 + name) }) { names.append(name) }
            }
        }
        self.names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let sought = Set(names.flatMap { name in folders.map { $0 + name } })
        others = absent.filter { !sought.contains($0) }
    }
}
