internal import Platform
internal import Sandboxing

/// What starts sandboxes, or why it could not be had: that matters only once a command is to be run.
struct SandboxStart: Sendable {
    private let result: Result<SandboxHost, SystemError>

    /// Starts it. Sandboxes are cloned from a process that should be small, so that this comes before anything is read.
    init() {
        do throws(SystemError) {
            result = .success(try SandboxHost.start())
        } catch {
            result = .failure(error)
        }
    }

    func get() throws(CommandFailure) -> SandboxHost {
        switch result {
        case .success(let host): return host
        case .failure(let error): throw CommandFailure(error)
        }
    }
}
