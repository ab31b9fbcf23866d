import Diagnostics

/// Finds environments that no command runs in.
enum UnusedEnvironmentCheck {
    static func report(_ environments: [Environment], _ drafts: [StageDraft], _ problems: inout Problems) {
        let used = Set(
            drafts.compactMap { draft in
                if case .command(let command?) = draft.work { command.environment } else { nil }
            })
        for environment in environments where !used.contains(environment.name) {
            if environment.name == Environment.defaultName {
                // One that asks for nothing is no work that is left undone.
                if environment.isEmpty { continue }
                problems.warning(
                    "unused-environment", "no command runs in 'environment'", at: environment.span, notes: note(environment.name))
            } else {
                problems.warning(
                    "unused-environment", "no command runs in the environment '\(environment.name)'", at: environment.span,
                    notes: note(environment.name))
            }
        }
    }

    private static func note(_ name: String) -> [Diagnostic.Note] {
        [Diagnostic.Note("set \"environment\": \"\(name)\" in a stage with 'run', or remove it")]
    }
}
