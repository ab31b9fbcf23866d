import Canonical
import Diagnostics

/// How much rows count by their class.
enum ClassWeights: Hashable, Sendable {
    /// Classes count the same in all, and rows 1 on average.
    case balanced
    /// What rows of a class count; 1 where it is not named.
    case named([Entry])

    struct Entry: Hashable, Sendable {
        let name: String
        let weight: Double
    }

    private static let range = 1e-6...1e6

    init(_ written: JSONValue) throws(LearningError) {
        if written.stringValue == "balanced" {
            self = .balanced
            return
        }
        guard let members = written.objectValue else {
            throw .problem("bad-option", "option 'class-weights' must be \"balanced\" or an object with a weight for each class")
        }
        var entries: [Entry] = []
        for member in members {
            guard let weight = member.value.numberValue, Self.range.contains(weight) else {
                throw .problem("bad-option", "the weight of class '\(member.name)' must be a number from 0.000001 to 1000000")
            }
            entries.append(Entry(name: member.name, weight: weight))
        }
        self = .named(entries)
    }

    /// Refuses answers that are no classes, and classes that there are not.
    func check(_ target: TargetColumn) throws(LearningError) {
        guard case .classes(_, let classes) = target else {
            throw .problem("bad-option", "'class-weights' are for classes, and the target is numbers")
        }
        guard case .named(let entries) = self else { return }
        for entry in entries where !classes.contains(where: { $0.utf8.elementsEqual(entry.name.utf8) }) {
            let notes = FeatureColumn.nearest(to: entry.name, among: classes, "the classes are").map(\.message)
            throw .problem("unknown-class", "'class-weights' names the class '\(entry.name)', which the target does not have", notes: notes)
        }
    }

    /// What each row counts.
    func rowWeights(_ target: TargetColumn) -> [Double]? {
        guard case .classes(let codes, let classes) = target else { return nil }
        let weights: [Double]
        switch self {
        case .balanced:
            var counts = [Int](repeating: 0, count: classes.count)
            for code in codes { counts[Int(code)] += 1 }
            weights = counts.map { Double(codes.count) / (Double(classes.count) * Double($0)) }
        case .named(let entries):
            weights = classes.map { name in entries.first { $0.name.utf8.elementsEqual(name.utf8) }?.weight ?? 1 }
        }
        return codes.map { weights[Int($0)] }
    }
}
