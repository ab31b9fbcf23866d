import Locking
import Storage

/// How programs, and the libraries of wheels, become pins.
protocol Pinning: Sendable {
    func pin(interpreter: FoundInterpreter, store: DirectoryStore) throws(PinningError) -> ProgramPin
    func pin(tool: String, store: DirectoryStore) throws(PinningError) -> ProgramPin
    func libraries(for wheels: [WheelFile], programs: [ProgramPin], store: DirectoryStore) throws(PinningError) -> DataPin?
}

/// From the files of this machine.
struct MachinePinning: Pinning {
    func pin(interpreter: FoundInterpreter, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        try ProgramPinning.pin(interpreter: interpreter, store: store)
    }

    func pin(tool: String, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        try ProgramPinning.pin(tool: tool, store: store)
    }

    func libraries(for wheels: [WheelFile], programs: [ProgramPin], store: DirectoryStore) throws(PinningError) -> DataPin? {
        try ProgramPinning.libraries(for: wheels, programs: programs, store: store)
    }
}
