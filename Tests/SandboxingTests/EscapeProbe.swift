import Platform
import Sandboxing
import Testing

/// One attack on the sandbox, and the place where it is shown to work.
///
/// The line is what `SandboxProbe` is given: a name, then words; ``EscapeScene`` fills in what stands in braces.
struct EscapeProbe: Sendable, CustomTestStringConvertible {
    /// What an attack is after, as the table of faults divides it.
    enum Kind: String, CaseIterable, Sendable {
        case reading, writing, network, processes, state, calls
    }

    /// Where the same attack works, so that a probe that can never work is no probe.
    enum Contrast: Sendable {
        /// In the same sandbox without these protections.
        case without(Protections)
        /// In a sandbox of another plan.
        case changed(@Sendable (inout SandboxPlan) -> Void)
        /// As an ordinary process of the machine: nothing less than the sandbox as a whole stands against it.
        case outside
        /// The same, with something before the line: `disturbed` or `with-terminal`.
        case outsideAfter(String)
        /// As an ordinary process that has to be root's.
        case outsideAsRoot
    }

    /// What tells whether the attack worked.
    enum Sign: Sendable {
        /// The exit status of the probe.
        case status
        /// Two runs tell different things.
        case difference
        /// The file of that name in the work folder holds the canary, some time after the end.
        case canary(String, afterMilliseconds: Int64)
        /// More bytes than these come out.
        case output(Int)
    }

    let kind: Kind
    let line: String
    let contrast: Contrast
    var sign = Sign.status
    /// What a second sandbox does, after the first or at the same time; then it is the second whose status tells.
    var second: String?
    var isAtOnce = false
    /// What both the plan and the contrast have.
    var plan: @Sendable (inout SandboxPlan) -> Void = { _ in }
    /// Whether the sandboxes come from a process in an unusual state.
    var isDisturbed = false
    /// What may keep the contrast from being shown on this machine.
    var obstacle = Obstacle.none

    init(
        _ kind: Kind, _ line: String, _ contrast: Contrast, sign: Sign = .status, second: String? = nil, isAtOnce: Bool = false,
        isDisturbed: Bool = false, obstacle: Obstacle = .none,
        plan: @escaping @Sendable (inout SandboxPlan) -> Void = { _ in }
    ) {
        self.kind = kind
        self.line = line
        self.contrast = contrast
        self.sign = sign
        self.second = second
        self.isAtOnce = isAtOnce
        self.isDisturbed = isDisturbed
        self.obstacle = obstacle
        self.plan = plan
    }

    /// Unique among all probes.
    var name: String { second.map { "\(line), then \($0)" } ?? line }
    var testDescription: String { name }
}

/// What one run of an attack showed.
enum EscapeVerdict: Sendable, CustomStringConvertible {
    case worked(String)
    case denied(String)
    /// This kernel or machine lacks what the attack needs.
    case impossible(String)
    /// The probe itself went wrong.
    case broken(String)

    init(status: Int32, text: String) {
        switch status {
        case 0: self = .worked(text)
        case 1: self = .denied(text)
        case 2: self = .impossible(text)
        case 128...: self = .denied("signal \(status - 128): \(text)")
        default: self = .broken("status \(status): \(text)")
        }
    }

    var description: String {
        switch self {
        case .worked(let text): "worked: \(text)"
        case .denied(let text): "denied: \(text)"
        case .impossible(let text): "impossible here: \(text)"
        case .broken(let text): "broken: \(text)"
        }
    }
}

/// Another way to make the same sandbox, which must hold as well.
enum EscapeVariant: String, CaseIterable, Sendable {
    case ordinary
    /// Somebody watches each attempt to open a file.
    case observed
    /// Random bytes come from the machine, so that nobody answers in its place.
    case hostEntropy
    /// The root lacks the work folder, so that `/` is made of its parts.
    case layered

    func apply(to plan: inout SandboxPlan) {
        switch self {
        case .ordinary, .layered: break
        case .observed: plan.observes = true
        case .hostEntropy: plan.entropy = .host
        }
    }
}
