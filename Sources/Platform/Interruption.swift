internal import CPlatform

/// Notices that somebody wants the process to stop, so that it can leave things in order.
package enum Interruption {
    /// From here on SIGINT and SIGTERM are remembered instead of killing; a second one kills at once.
    ///
    /// Also ignores SIGPIPE, and opens `/dev/null` for standard descriptors that came closed, so that no file takes their
    /// number. Call it first in the process.
    package static func install() { platform_install_signals() }

    /// The signal that was received, if one was.
    package static var signal: Int32? {
        let number = platform_received_signal()
        return number == 0 ? nil : number
    }

    /// What stands for it where it ends work that may fail.
    static var error: SystemError { SystemError(operation: "go on", path: nil, code: 4) }

    /// Gives up when the process was asked to stop: for the midst of work that takes long.
    ///
    /// - Throws: EINTR.
    package static func check() throws(SystemError) {
        if signal != nil { throw error }
    }

    /// Forgets it; for tests.
    package static func forget() { platform_forget_signal() }

    /// Waits up to `nanoseconds`; true when the process was asked to stop.
    package static func wait(nanoseconds: Int64) -> Bool {
        if signal == nil { Clock.sleep(nanoseconds: nanoseconds) }
        return signal != nil
    }
}
