internal import Manifests
internal import Planning

/// `completion`: prints a completion script, made from the table of verbs.
struct CompletionCommand {
    private enum ShellName: String, CaseIterable {
        case bash
        case zsh
        case fish
    }

    private let shell: ShellName

    init(_ arguments: Arguments) throws(CommandFailure) {
        let name = arguments.operands[0]
        guard let shell = ShellName(rawValue: name) else {
            throw CommandFailure(.usage, "there is no completion for '\(name)'", hint: "bash, zsh and fish are known")
        }
        self.shell = shell
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        switch shell {
        case .bash: reporter.result(bash)
        case .zsh: reporter.result("autoload -U +X bashcompinit && bashcompinit\n" + bash)
        case .fish: reporter.result(fish)
        }
        return .done
    }

    private var verbs: String { Verb.allCases.map(\.rawValue).joined(separator: " ") }

    private func words(of verb: Verb) -> String {
        (verb.flags + Verb.common).map { "--" + $0.name }.joined(separator: " ")
    }

    /// The values that a flag takes, where they are a few names.
    private func choices(_ flag: Flag, of verb: Verb) -> [String] {
        switch (verb, flag.name) {
        case (_, "template"): Template.all.map(\.name)
        case (_, "sandbox"): Isolation.allCases.map(\.rawValue)
        case (.graph, "format"): GraphRendering.allCases.map(\.rawValue)
        case (.predict, "format"): TableFormat.allCases.map(\.rawValue)
        default: []
        }
    }

    private var shells: [String] { ShellName.allCases.map(\.rawValue) }

    private var bash: String {
        var text = """
            _mlbuild() {
                local word=${COMP_WORDS[COMP_CWORD]} verb= i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case ${COMP_WORDS[i]} in -*) ;; *) verb=${COMP_WORDS[i]}; break ;; esac
                done
                local words=
                case $verb in
                    '') words='\(verbs) help --version' ;;

            """
        for verb in Verb.allCases { text += "        \(verb.rawValue)) words='\(words(of: verb))' ;;\n" }
        text += """
                esac
                case $verb:${COMP_WORDS[COMP_CWORD-1]} in

            """
        for verb in Verb.allCases {
            for flag in verb.flags where !choices(flag, of: verb).isEmpty {
                let words = choices(flag, of: verb).joined(separator: " ")
                text += "        \(verb.rawValue):--\(flag.name)) COMPREPLY=($(compgen -W '\(words)' -- \"$word\")); return ;;\n"
            }
        }
        text += """
                    completion:completion) COMPREPLY=($(compgen -W '\(shells.joined(separator: " "))' -- "$word")); return ;;
                esac
                case $word in
                    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
                    *) if [ -z "$verb" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi ;;
                esac
            }
            complete -o filenames -F _mlbuild mlbuild

            """
        return text
    }

    private var fish: String {
        var text = "complete -c mlbuild -f\n"
        for verb in Verb.allCases {
            text += "complete -c mlbuild -n __fish_use_subcommand -a \(verb.rawValue) -d \(Shell.quoted(verb.summary))\n"
            for flag in verb.flags + Verb.common {
                let short = flag.short.map { " -s \($0)" } ?? ""
                let words = choices(flag, of: verb).joined(separator: " ")
                let value = flag.value == nil || flag.isOptional ? "" : words.isEmpty ? " -r -F" : " -x -a '\(words)'"
                text +=
                    "complete -c mlbuild -n '__fish_seen_subcommand_from \(verb.rawValue)' -l \(flag.name)\(short)\(value) -d \(Shell.quoted(flag.meaning))\n"
            }
        }
        text += "complete -c mlbuild -n '__fish_seen_subcommand_from completion' -a '\(shells.joined(separator: " "))'\n"
        return text + "complete -c mlbuild -n '__fish_seen_subcommand_from inspect verify predict init' -F\n"
    }
}
