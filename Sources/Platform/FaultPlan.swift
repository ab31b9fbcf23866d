internal import CPlatform

/// Makes the n-th call that changes persistent state fail, or kills the process there; for tests.
///
/// A plan acts on the thread that runs under it and on the threads started from there with ``Threads``, and on nothing else,
/// so tests with plans run beside others. Without a plan an entry point pays for one thread-local load.
package final class FaultPlan: @unchecked Sendable {
    /// Which calls are counted.
    package struct Operations: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let open = Operations(rawValue: UInt32(PLATFORM_OPEN.rawValue))
        package static let write = Operations(rawValue: UInt32(PLATFORM_WRITE.rawValue))
        package static let sync = Operations(rawValue: UInt32(PLATFORM_SYNC.rawValue))
        package static let rename = Operations(rawValue: UInt32(PLATFORM_RENAME.rawValue))
        package static let link = Operations(rawValue: UInt32(PLATFORM_LINK.rawValue))
        package static let remove = Operations(rawValue: UInt32(PLATFORM_REMOVE.rawValue))
        package static let makeDirectory = Operations(rawValue: UInt32(PLATFORM_MKDIR.rawValue))
        package static let setPermissions = Operations(rawValue: UInt32(PLATFORM_CHMOD.rawValue))
        package static let truncate = Operations(rawValue: UInt32(PLATFORM_TRUNCATE.rawValue))
        package static let lock = Operations(rawValue: UInt32(PLATFORM_LOCK.rawValue))
        package static let openForReading = Operations(rawValue: UInt32(PLATFORM_OPEN_READ.rawValue))
        package static let read = Operations(rawValue: UInt32(PLATFORM_READ.rawValue))
        package static let look = Operations(rawValue: UInt32(PLATFORM_LOOK.rawValue))

        /// Every call that changes persistent state.
        package static let persistent: Operations = [
            .open, .write, .sync, .rename, .link, .remove, .makeDirectory, .setPermissions, .truncate, .lock,
        ]
    }

    package enum Fault: Hashable, Sendable {
        case failOnce(Int32)
        /// From that call on, every one fails: the disk looks as after a kill just before it.
        case failEver(Int32)
        case killBefore
        case killAfter
        /// A read or write moves a single byte.
        case shorten
        /// A read or write moves a half of its bytes, then the process is killed; other calls are made whole before.
        case tear
    }

    /// The plan as C knows it, for `platform_plan_watch`.
    package let plan: OpaquePointer

    /// A plan for the `call`-th counted call, from 1.
    package init(_ fault: Fault, at call: Int, counting operations: Operations = .persistent) {
        let (kind, code): (platform_fault, Int32) =
            switch fault {
            case .failOnce(let code): (PLATFORM_FAIL_ONCE, code)
            case .failEver(let code): (PLATFORM_FAIL_EVER, code)
            case .killBefore: (PLATFORM_KILL_BEFORE, 0)
            case .killAfter: (PLATFORM_KILL_AFTER, 0)
            case .shorten: (PLATFORM_SHORTEN, 0)
            case .tear: (PLATFORM_TEAR, 0)
            }
        guard let plan = platform_plan_create(operations.rawValue, Int32(kind.rawValue), Int64(call), code) else {
            preconditionFailure("there is memory for a fault plan")
        }
        self.plan = plan
    }

    /// A plan that lets everything pass and counts.
    package convenience init(counting operations: Operations = .persistent) {
        self.init(.failOnce(0), at: 0, counting: operations)
    }

    deinit { platform_plan_free(plan) }

    /// How many calls were counted so far.
    package var count: Int { Int(platform_plan_count(plan)) }

    /// Runs `body` under the plan.
    package func run<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = platform_plan_set(plan)
        defer { platform_plan_set(before) }
        return try withExtendedLifetime(self) { () throws(Failure) in try body() }
    }
}
