internal import Platform

/// Whether sandboxes can be had here.
package enum SandboxSupport: Hashable, Sendable {
    case available
    /// `reason` names what refused; `remedy` is what an administrator can do.
    case unavailable(reason: String, remedy: String)

    /// Tries it, with a sandbox that does nothing.
    package static func probe() -> SandboxSupport {
        let host: SandboxHost
        do throws(SystemError) {
            host = try SandboxHost.start()
        } catch {
            return .unavailable(reason: "\(error)", remedy: "let this user start more processes")
        }
        // All but the program is made; that it is missing is the last step's answer.
        var plan = SandboxPlan(
            root: HostPath("/"), work: HostPath("/"), arguments: ["/dev/null"], variables: [],
            entropy: .derived(key: [UInt8](repeating: 0, count: 32)))
        plan.workFolder = "/home/work"
        do throws(SandboxError) {
            _ = try host.run(plan)
            return .available
        } catch {
            switch error {
            case .unavailable(let reason, let remedy): return .unavailable(reason: reason, remedy: remedy)
            case .noProgram: return .available
            case .setUp(let step, let code):
                let why = SystemError(operation: step, path: nil, code: code)
                return .unavailable(reason: "\(why)", remedy: "see Specs/sandbox.md for what a sandbox needs of the kernel")
            }
        }
    }

    /// Why namespaces could not be made, in words.
    static func refusal(of code: Int32) -> SandboxError {
        func number(_ path: String) -> String? {
            guard let bytes = try? Files.read(HostPath(path)) else { return nil }
            return String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
        let why = SystemError(operation: "make namespaces", path: nil, code: code).reason
        if number("/proc/sys/user/max_user_namespaces") == "0" {
            return .unavailable(
                reason: "user namespaces are switched off (user.max_user_namespaces is 0)",
                remedy: "sysctl -w user.max_user_namespaces=15000")
        }
        if number("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
            return .unavailable(
                reason: "user namespaces are kept from ordinary users (kernel.unprivileged_userns_clone is 0)",
                remedy: "sysctl -w kernel.unprivileged_userns_clone=1")
        }
        switch code {
        case 28:
            return .unavailable(
                reason: "there are as many namespaces as are allowed, or nested too deeply (\(why))",
                remedy: "raise user.max_user_namespaces and its neighbours with sysctl, or end what holds them")
        case 1:
            return .unavailable(
                reason: "the system refuses namespaces (\(why)): a container's filter of system calls does so, and a changed root (chroot)",
                remedy:
                    "run outside of the chroot; start the container with '--security-opt seccomp=unconfined --security-opt systempaths=unconfined'"
            )
        case 22, 38:
            return .unavailable(
                reason: "the kernel has no user namespaces (\(why))", remedy: "use a kernel of version 5.12 or newer with CONFIG_USER_NS")
        default:
            return .unavailable(reason: "namespaces cannot be made (\(why))", remedy: "let this user start more processes and namespaces")
        }
    }

    /// A step that fails because of the system as a whole, not because of the plan, is named as such.
    static func refusal(of step: String, code: Int32) -> SandboxError {
        let isRestricted = code == 1 || code == 13
        if isRestricted, step.hasPrefix("write '/proc/self/") || step == "make private '/'" {
            return .unavailable(
                reason: "the system makes user namespaces without their rights (it refused to \(step))",
                remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give mlbuild an AppArmor profile with 'userns'")
        }
        if isRestricted, step == "mount a file system of type 'proc'" {
            return .unavailable(
                reason: "no /proc can be mounted: parts of the one that is there are hidden, as containers do",
                remedy: "start the container with '--security-opt systempaths=unconfined'")
        }
        if code == 38 { return .unavailable(reason: "the kernel is too old to \(step)", remedy: "use a kernel of version 5.12 or newer") }
        return .setUp(step: step, code: code)
    }
}
