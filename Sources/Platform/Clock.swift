internal import CPlatform

/// The time, in nanoseconds. No time ever enters a key or a result.
package enum Clock {
    /// Since some moment before the process began; never goes back.
    package static func monotonic() -> Int64 { platform_clock(0) }
    /// Since 1970, as this machine believes.
    package static func wall() -> Int64 { platform_clock(1) }
    /// Waits; a signal may end it early.
    package static func sleep(nanoseconds: Int64) {
        if nanoseconds > 0 { platform_sleep(nanoseconds) }
    }
}
