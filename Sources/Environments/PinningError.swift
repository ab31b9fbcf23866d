package import Platform
package import Storage

/// Why a program, its libraries, or a library that wheels need cannot be pinned.
package enum PinningError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No program of that name in these folders.
    case notFound(String, searched: [String])
    /// Only a version manager's stand-in for the program was found, at this path.
    case shim(String, path: String)
    /// A shared library that nothing on this machine provides, and the file that asks for it.
    case noLibrary(String, neededBy: String)
    /// A script whose `#!` line names no program that can be pinned; the script, and what the line says.
    case noInterpreter(String, line: String)
    /// A file that is no program of this machine: its path, and what is wrong with it.
    case notProgram(String, reason: String)
    /// An interpreter that does not say what it is made of.
    case silentInterpreter(String, reason: String)
    /// A program whose package holds more than an environment can take.
    case tooLarge(String, reason: String)
    /// Two different files of the machine belong at one place of the environment.
    case clash(path: String, files: [String])
    /// A wheel that cannot be installed, and why.
    case badWheel(String, reason: String)
    case unreadable(SystemError)
    /// A file or folder that cannot be kept, such as one that changes all the time.
    case unkept(ImportError)
    case store(StoreError)

    /// What the store or the disk refuses, whatever is pinned; nil where something is wrong with what is pinned.
    var refusal: StoreError? {
        switch self {
        case .store(let error), .unkept(.store(let error)): error
        // Only the store is written to; a file that may not be read is something wrong with the file.
        case .unkept(.refused(let error)) where !Self.readings.contains(error.operation): .refused(error)
        case .unreadable(let error), .unkept(.refused(let error)): error.isFull || error.isInterruption ? .refused(error) : nil
        case .notFound, .shim, .noLibrary, .noInterpreter, .notProgram, .silentInterpreter, .tooLarge, .clash, .badWheel, .unkept: nil
        }
    }

    private static let readings = ["look at", "list", "open", "read", "read the link", "resolve"]

    package var description: String {
        switch self {
        case .notFound(let name, let searched):
            searched.isEmpty
                ? "there is no program '\(name)': PATH names no folder"
                : "there is no program '\(name)' in \(searched.map { "'\($0)'" }.joined(separator: ", "))"
        case .shim(let name, let path):
            "'\(path)' only stands in for '\(name)' of a version manager; put the folder of the real program on PATH before it"
        case .noLibrary(let library, let user): "'\(user)' needs the library '\(library)', which is not on this machine"
        case .noInterpreter(let script, let line): "the script '\(script)' starts with '\(line)', which names no program that can be pinned"
        case .notProgram(let path, let reason): "'\(path)' is no program that can be pinned: \(reason)"
        case .silentInterpreter(let path, let reason): "'\(path)' does not say what it is made of: \(reason)"
        case .tooLarge(let name, let reason): "'\(name)' is too large to be pinned: \(reason)"
        case .clash(let path, let files): "\(files.map { "'\($0)'" }.joined(separator: " and ")) both belong at '\(path)'"
        case .badWheel(let wheel, let reason): "'\(wheel)' cannot be installed: \(reason)"
        case .unreadable(let error): error.description
        case .unkept(let error): error.description
        case .store(let error): error.description
        }
    }
}
