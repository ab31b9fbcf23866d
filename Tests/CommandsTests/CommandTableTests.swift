import Commands
import Platform
import TestSupport
import Testing

/// `Specs/command-line.md` against the tables that the program reads its command line with.
@Suite struct CommandTableTests {
    /// The cells of the tables in the specification, each table by the first cell of its heading.
    private static func table(_ heading: String) throws -> [[String]] {
        let file = Places.repository().appending("Specs").appending("command-line.md")
        let lines = String(decoding: try Files.read(file), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let rows = lines.drop { !$0.hasPrefix("| \(heading) |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
        return rows.map { row in
            row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
    }

    private static func code(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: " ") }

    @Test func `the table of commands is the table of verbs`() throws {
        let rows = try Self.table("Command")
        let verbs = Verb.allCases.map { verb in
            [Self.code([verb.rawValue]), Self.code(verb.operands.map(\.shown)), Self.code(verb.flags.map { "--" + $0.name }), verb.summary]
        }
        #expect(rows.count == verbs.count)
        for (row, verb) in zip(rows, verbs) { #expect(row == verb) }
    }

    @Test func `the table of statuses is that of the program`() throws {
        #expect(try Self.table("Status") == ExitStatus.allCases.map { [String($0.rawValue), $0.meaning] })
    }

    @Test func `the flags of every command are told once for all`() throws {
        let file = Places.repository().appending("Specs").appending("command-line.md")
        let text = String(decoding: try Files.read(file), as: UTF8.self)
        for flag in Verb.common {
            #expect(text.contains("`--\(flag.name)\(flag.value.map { " \($0)" } ?? "")`"), "--\(flag.name)")
            if let short = flag.short { #expect(text.contains("(`-\(short)`)"), "-\(short)") }
        }
    }

    @Test(arguments: Verb.allCases) func `help names every operand and flag, and no line is too wide`(verb: Verb) {
        let help = HelpText.help(for: verb)
        #expect(help.contains("\nUsage: \(verb.usage)\n"))
        for operand in verb.operands { #expect(help.contains("\n  \(operand.name) ")) }
        for flag in verb.flags + Verb.common { #expect(help.contains("--\(flag.name)")) }
        for line in help.split(separator: "\n") { #expect(line.count <= 140, "\(line)") }
    }

    @Test func `flags are words, and the only letters are those that were agreed`() {
        var letters: Set<Character> = []
        for verb in Verb.allCases {
            let flags = verb.flags + Verb.common
            #expect(Set(flags.map(\.name)).count == flags.count, "\(verb) has a flag twice")
            for flag in flags {
                #expect(flag.name.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
                if let short = flag.short { letters.insert(short) }
            }
        }
        #expect(letters.isSubset(of: ["h", "v", "q", "j", "C", "o"]))
    }

    @Test func `the overview shows every command in its group, once`() {
        for verb in Verb.allCases {
            #expect(HelpText.overview.split(separator: "\n").count { $0.hasPrefix("  \(verb.rawValue) ") } == 1, "\(verb)")
        }
    }
}
