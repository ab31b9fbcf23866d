internal import CPlatform

extension Host {
    /// Architecture and instruction-set level of this machine: `linux-x86-64-v1` to `-v4` by the x86-64 psABI, `linux-aarch64`.
    ///
    /// Asks the processor, not a file, and asks it once: an emulator that shows another processor gives that one's class.
    package static let platformClass: String = {
        #if os(Linux)
            let system = "linux"
        #elseif os(macOS)
            let system = "macos"
        #else
            let system = "other"
        #endif
        #if arch(x86_64)
            return "\(system)-x86-64-v\(platform_processor_level())"
        #elseif arch(arm64)
            return "\(system)-aarch64"
        #else
            return "\(system)-other"
        #endif
    }()
}
