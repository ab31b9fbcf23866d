import Canonical
import Diagnostics

/// The names that a command can give for its environment.
struct EnvironmentNames {
    /// What `environment` and `environments` declare, whether or not it could be read.
    private let declared: [String]
    private let known: Set<String>

    init(default: JSONNode?, named: JSONNode?) {
        declared = (`default` == nil ? [] : [Environment.defaultName]) + (named?.members.map(\.key) ?? [])
        known = Set(declared + [Environment.baseName])
    }

    /// The environment of a command that names none.
    var standing: String {
        declared.first == Environment.defaultName ? Environment.defaultName : Environment.baseName
    }

    /// The name under `environment` in a stage, or the standing one; nil after saying that there is none of that name.
    func read(_ fields: Fields, _ problems: inout Problems) -> String? {
        guard let node = fields["environment"] else { return standing }
        guard let name = fields.string("environment", &problems) else { return nil }
        if known.contains(name) { return name }
        if name == Environment.defaultName {
            problems.error(
                "unknown-environment",
                "\(fields.owner) asks for the environment 'default', which the key 'environment' declares; it is absent",
                at: node.span)
            return nil
        }
        let names = declared + [Environment.baseName]
        let near = problems.closest(to: name, among: names)
        problems.error(
            "unknown-environment", "there is no environment '\(name)'", at: node.span,
            notes: near != nil || names.count > 20 ? [] : [Diagnostic.Note("the environments are \(quotedList(names))")],
            fixIt: near.map { .replaceString(at: node.span, with: $0) })
        return nil
    }
}
