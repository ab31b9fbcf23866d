internal import Actions
internal import Platform

/// The process that performs one built-in stage, started by mlbuild itself under an emulator of other processors.
///
/// It is no verb: it reads one request from a file, and answers on its standard output.
enum EngineProcess {
    /// The path of the request; nil for a command line of any other kind.
    static func request(_ words: [String]) -> HostPath? {
        words.count == 2 && words[0] == EmulatedKind.word ? HostPath(words[1]) : nil
    }

    static func run(_ path: HostPath) -> Never {
        do throws(SystemError) {
            let request = try Files.read(path, limit: 1 << 26)
            Terminal.write(EmulatedKind.answer(request), to: .output)
            Host.exit(Terminal.failure == nil ? 0 : 4)
        } catch {
            Terminal.write("\(error)\n", to: .error)
            Host.exit(4)
        }
    }
}
