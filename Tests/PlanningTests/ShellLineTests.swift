import Platform
import Testing

@testable import Planning

@Suite struct ShellLineTests {
    /// Values that a shell would take for something else.
    static let values = [
        "plain", "", "two words", "it's", "\"quoted\"", "$HOME `id` $(id)", "a\\b", "-n", "*", "~", "#x", "a;b", "é ü", "a\tb", "x=1 &",
        "!!", "%s",
    ]
    /// Lines that print a value between `[` and `]`.
    static let lines = [
        "printf '[%s]' ${x}",
        "printf '[%s]' a${x}b",
        "printf \"[%s]\" \"${x}\"",
        "printf '%s' \"[${x}]\"",
        "printf '%s' '[${x}]'",
        "printf '[%s]' \"$(printf '%s' ${x})\"",
        "printf '[%s]' \"$(printf '%s' \"${x}\")\"",
        "printf '[%s]' \"`printf '%s' ${x} | cat`\"",
        "# don't: ${x}\nprintf '[%s]' ${x}",
        "(printf '[%s]' $(($${#}+0))${x})",
        "y=${x}; printf '[%s]' \"$y\"",
        "echo \\\"\\' >/dev/null; printf '[%s]' ${x}",
        "cat >/dev/null <<'EOF'\nit's \"\nEOF\nprintf '[%s]' ${x}",
        "cat >/dev/null <<-A <<\\B # it's\n\tit's\n\tA\n\"$(\nB\nprintf '[%s]' ${x}",
        "y=${x}; cat <<EOF | tr -d '\\n'\n[$y]\nEOF\n",
        "echo $((1 << 2)) '<<EOF' \"<<EOF\" >/dev/null # <<EOF\nprintf '[%s]' ${x}",
    ]

    @Test(arguments: lines, values) func `a value reaches the shell as the text that it is`(line: String, value: String) throws {
        // Inside backticks a backslash is the shell's, whoever writes it.
        if line.contains("`"), value.contains("\\") || value.contains("'") || value.contains("`") || value.contains("$") { return }
        let text = CommandText(line).shellLine { _ in value }
        let found = try ProcessRunner.run(["/bin/sh", "-euc", text])
        let expected = line.contains("a${x}b") ? "a\(value)b" : line.contains("$(($") ? "0" + value : value
        #expect(found.status == 0, "\(text)")
        #expect(String(decoding: found.output, as: UTF8.self) == "[\(expected)]", "\(text)")
    }

    @Test func `what needs no quotes has none`() {
        #expect(
            CommandText("a ${x} \"b ${x}\" 'c ${x}'").shellLine { _ in "data/x-1.csv" }
                == "a data/x-1.csv \"b data/x-1.csv\" 'c data/x-1.csv'")
        #expect(CommandText("a ${x}").shellLine { _ in "" } == "a ''")
    }

    @Test func `a doubled dollar is a literal one`() {
        #expect(CommandText("$${HOME} $$ ${x} $").argument { _ in "v" } == "${HOME} $$ v $")
        #expect(CommandText("${a}${b.c}").references == ["a", "b.c"])
    }
}
