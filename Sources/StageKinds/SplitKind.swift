import Canonical

/// `split`: deals the rows of a table into parts.
package enum SplitKind {
    package static let description = KindDescription(
        kind: .split,
        summary: "deals the rows of a table into a training part, a test part and, when asked for, a validation part",
        semanticVersion: 1,
        inputs: [.table("table", "the rows to deal out")],
        options: [
            .defaulted("test", .number(share), .number(0.25), "share of the rows that goes to the test part"),
            .defaulted(
                "validation", .number(shareOrNone), .integer(0),
                "share of the rows that goes to the validation part; with 0 there is no such part"),
            .optional("stratify", .column, absent: "none", "column whose values are spread evenly over the parts"),
            .optional("group", .column, absent: "none", "column whose equal values stay together in one part"),
            .defaulted("seed", .seed, .integer(0), "number that the dealing depends on"),
        ],
        outputs: [
            OutputDescription("train", fileName: "train", formatFollows: "table", type: .table, "the rows to learn from"),
            OutputDescription("test", fileName: "test", formatFollows: "table", type: .table, "the rows to judge by"),
            OutputDescription(
                "validation", fileName: "validation", formatFollows: "table", type: .table,
                condition: .whenPositive(option: "validation"), "the rows to stop training by"),
        ])

    private static let share = NumberRange(min: 0, max: 1, excludesMin: true, excludesMax: true)
    private static let shareOrNone = NumberRange(min: 0, max: 1, excludesMax: true)
}

extension OptionType {
    /// A seed: any whole number that JSON carries exactly, from 0.
    static var seed: OptionType { .integer(min: 0, max: 9_007_199_254_740_991) }
}
