/// What pinned programs, libraries and wheels run on.
package enum EnvironmentPlatform {
    /// System and architecture of this mlbuild, such as `linux-x86_64`.
    package static var here: String { "\(system)-\(architecture)" }

    private static var system: String {
        #if os(Linux)
            "linux"
        #else
            "other"
        #endif
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            "other"
        #endif
    }
}
