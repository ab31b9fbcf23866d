import Locking
import Storage

@testable import Environments

/// Pins of programs that cost nothing; ``ProgramPinning`` has tests of its own.
struct QuickPinning: Pinning {
    func pin(interpreter: FoundInterpreter, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        try pin("env/lib/python\(TestPython.version)/os.py", interpreter.name, store)
    }

    func pin(tool: String, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        if tool == "no-such-program" { throw .notFound(tool, searched: ["/bin"]) }
        return try pin("usr/bin/\(tool)", tool, store)
    }

    private func pin(_ path: String, _ text: String, _ store: DirectoryStore) throws(PinningError) -> ProgramPin {
        do throws(StoreError) {
            return ProgramPin(tree: DataPin(try store.put(files: [(path, Array(text.utf8))])), origin: ["made-up 1"])
        } catch {
            throw .store(error)
        }
    }

    func libraries(for wheels: [WheelFile], programs: [ProgramPin], store: DirectoryStore) throws(PinningError) -> DataPin? { nil }
}
