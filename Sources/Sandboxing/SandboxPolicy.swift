internal import CSandbox

/// What a sandbox shows and allows, as a version.
package enum SandboxPolicy {
    /// Grows whenever what is shown or allowed changes; part of the keys of commands.
    package static var version: Int { Int(sandbox_policy_version) }
}
