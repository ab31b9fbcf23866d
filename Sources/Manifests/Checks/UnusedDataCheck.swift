/// Finds data entries that no stage and no part of `model` takes.
enum UnusedDataCheck {
    static func report(
        _ data: [DataEntry], _ connections: [[InputReading.Connection]], _ model: Model?, _ problems: inout Problems
    ) {
        var references = connections.flatMap { $0.map(\.input.reference) }
        references += [model?.from, model?.metrics, model?.samples?.from].compactMap { $0 }
        let used = Set(references)
        for entry in data where !used.contains(.data(entry.name)) {
            problems.warning("unused-data", "nothing takes the data '\(entry.name)'", at: entry.span)
        }
    }
}
