import Canonical
import StageKinds
import Testing

@Suite struct StageKindTests {
    /// Every option that a manifest can give, with the path that leads to it.
    private static var options: [(path: String, option: OptionDescription)] {
        var found: [(String, OptionDescription)] = []
        func visit(_ options: [OptionDescription], _ path: String) {
            for option in options {
                let here = "\(path).\(option.name)"
                found.append((here, option))
                switch option.type {
                case .object(let inner): visit(inner, here)
                case .variants(_, let variants): for variant in variants { visit(variant.options, "\(here).\(variant.name)") }
                case .boolean, .integer, .number, .string, .column, .choice, .list, .columnMap, .classMap: break
                }
            }
        }
        for kind in StageKind.allCases { visit(kind.description.options, kind.rawValue) }
        return found
    }

    @Test func `option names are kebab-case`() {
        for (path, option) in Self.options {
            let isKebab = option.name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
            #expect(isKebab, "\(path)")
        }
    }

    @Test func `names are unique within a kind`() {
        for kind in StageKind.allCases.map(\.description) {
            #expect(Set(kind.inputs.map(\.name)).count == kind.inputs.count)
            #expect(Set(kind.outputs.map(\.name)).count == kind.outputs.count)
            #expect(Set(kind.outputs.map(\.fileName)).count == kind.outputs.count)
        }
        #expect(Set(Self.options.map(\.path)).count == Self.options.count)
    }

    @Test func `a default is a value of its option's type`() {
        for (path, option) in Self.options {
            guard let value = option.defaultValue else { continue }
            #expect(Self.allows(option.type, value), "\(path)")
        }
    }

    @Test func `each option is required, has a default, or says what its absence means`() {
        for (path, option) in Self.options {
            #expect(!option.defaultText.isEmpty, "\(path)")
            #expect(!option.summary.isEmpty && !option.summary.hasSuffix("."), "\(path)")
        }
    }

    @Test func `an option that needs an input names one of its kind`() {
        for kind in StageKind.allCases {
            for (path, option) in Self.options where path.hasPrefix("\(kind.rawValue).") {
                guard let input = option.needsInput else { continue }
                #expect(kind.description.input(input)?.isRequired == false, "\(path)")
            }
        }
    }

    @Test func `outputs that follow a format name an input, and conditions name an option`() {
        for kind in StageKind.allCases.map(\.description) {
            for output in kind.outputs {
                if let port = output.formatFollows { #expect(kind.input(port) != nil) }
                if case .whenPositive(let option) = output.condition { #expect(kind.option(option) != nil) }
            }
        }
    }

    @Test func `split has a validation part only when a share is given`() throws {
        let output = try #require(SplitKind.description.output("validation"))
        #expect(!output.exists(under: [:]))
        #expect(!output.exists(under: ["validation": 0]))
        #expect(output.exists(under: ["validation": 0.1]))
    }

    @Test func `a range holds its ends unless they are excluded`() {
        let share = NumberRange(min: 0, max: 1, excludesMin: true)
        #expect(!share.contains(0))
        #expect(share.contains(1))
        #expect(!share.contains(1.0000001))
        #expect(!share.contains(.nan))
        #expect(!NumberRange().contains(.infinity))
        #expect(NumberRange().contains(-1e308))
    }

    @Test func `every task has a learner and a metric`() {
        for task in LearningTask.allCases {
            #expect(LearnerKind.allCases.contains { $0.tasks.contains(task) })
            #expect(Metric.allCases.contains { $0.task == task })
        }
    }

    private static func allows(_ type: OptionType, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case (.boolean, .boolean): true
        case (.integer(let min, let max), .integer(let value)): value >= min ?? .min && value <= max ?? .max
        case (.number(let range), _): value.numberValue.map(range.contains) ?? false
        case (.string, .string), (.column, .string): true
        case (.choice(let words), .string(let word)): words.contains(word)
        case (.list(let item, let least), .array(let items)): items.count >= least && items.allSatisfy { allows(item, $0) }
        case (.object(let options), .object(let members)):
            members.allSatisfy { member in options.contains { $0.name == member.name && allows($0.type, member.value) } }
                && options.allSatisfy { option in !option.isRequired || members.contains { $0.name == option.name } }
        case (.variants(let tag, let variants), .object): variants.contains { .string($0.name) == value[tag] }
        case (.columnMap, .object), (.classMap, .object): true
        case (.boolean, _), (.integer, _), (.string, _), (.column, _), (.choice, _), (.list, _), (.object, _), (.variants, _),
            (.columnMap, _), (.classMap, _):
            false
        }
    }
}
