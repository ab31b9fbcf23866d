/// The words of `--help`, made from the table of verbs.
package enum HelpText {
    package static let version = "0.1.0"

    package static var overview: String {
        var text = """
            mlbuild: a reproducible build tool for machine learning

            Usage: mlbuild COMMAND [FLAGS] [ARGUMENTS]


            """
        for group in Verb.Group.allCases {
            text += "\(title(group)):\n"
            for verb in Verb.allCases where verb.group == group {
                text += "  " + padded(verb.rawValue, to: 12) + verb.summary + "\n"
            }
            text += "\n"
        }
        text += """
            'mlbuild help COMMAND' shows the flags of one. 'mlbuild --version' shows the version.
            'mlbuild help manifest' is about mlops.json, 'mlbuild help variations' about 'build --vary'.

            In an empty folder:  mlbuild init && mlbuild build && mlbuild package

            """
        return text
    }

    package static func help(for verb: Verb) -> String {
        var text = "mlbuild \(verb.rawValue): \(verb.summary)\n\nUsage: \(verb.usage)\n"
        if !verb.operands.isEmpty {
            text += "\nArguments:\n"
            for operand in verb.operands { text += "  " + padded(operand.name, to: 26) + operand.meaning + "\n" }
        }
        text += "\nFlags:\n"
        for flag in verb.flags + Verb.common { text += "  " + padded(flag.shown, to: 26) + flag.meaning + "\n" }
        text += "\nExit status:\n"
        for status in ExitStatus.allCases where status.concerns(verb) {
            text += "  " + padded(String(status.rawValue), to: 5) + status.meaning + "\n"
        }
        return text
    }

    private static func title(_ group: Verb.Group) -> String {
        switch group {
        case .start: "Start"
        case .reproduce: "Reproduce"
        case .ship: "Ship"
        case .share: "Share"
        case .help: "Help"
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
