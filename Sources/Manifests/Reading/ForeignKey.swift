import Canonical
import Diagnostics

/// A key of a stage as other tools call it, with what it is here.
struct ForeignKey {
    /// The key that was meant; nil where the stage has none for it.
    let key: String?
    /// Whether the value can stand under that key as it is.
    let fits: Bool
    /// What is written instead, where the value cannot stay.
    let hint: String

    /// What `member` of a stage means; nil for a word that no other tool has.
    init?(_ member: JSONMemberNode, isCommand: Bool) {
        let kind = member.value.kind
        switch member.key {
        case "cmd", "command", "script":
            guard isCommand else { return nil }
            self.init("run", kind == .string || kind == .array, "'run' holds the command: a list of texts, or a line for the shell")
        case "env":
            guard isCommand else { return nil }
            if kind == .string {
                self.init("environment", true, "")
            } else {
                self.init("variables", kind == .object, "'variables' holds variables: { \"NAME\": \"text\" }")
            }
        case "deps", "dependencies":
            self.init("inputs", kind == .object, "'inputs' names what is read: { \"NAME\": \"./path\" }")
        case "outs":
            guard isCommand else { return nil }
            self.init("outputs", kind == .object, "'outputs' names what is made: { \"NAME\": \"path\" }")
        case "params":
            if isCommand {
                self.init(nil, false, "'parameters' of the manifest holds them, and 'run' takes them as '${NAME}'")
            } else {
                self.init("with", kind == .object, "'with' holds the options: { \"NAME\": value }")
            }
        default: return nil
        }
    }

    private init(_ key: String?, _ fits: Bool, _ hint: String) {
        self.key = key
        self.fits = fits
        self.hint = hint
    }

    /// Says that `owner` has no such key, and what there is in its place.
    func report(_ member: JSONMemberNode, owner: String, _ problems: inout Problems) {
        let meant = fits ? key : nil
        problems.error(
            "unknown-key", "unknown key '\(member.key)' in \(owner)", at: member.keySpan,
            notes: meant == nil ? [Diagnostic.Note(hint)] : [],
            fixIt: meant.map { .replaceString(at: member.keySpan, with: $0) })
    }
}
