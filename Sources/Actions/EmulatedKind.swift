internal import Canonical
internal import Diagnostics
internal import Planning
package import Platform
internal import Running
package import Storage

/// A built-in kind performed by a process of mlbuild's own, as it would run on a processor with fewer instructions.
///
/// The process gets a request as a file, puts the outputs into the store, and answers with what they are.
package struct EmulatedKind {
    /// The first word of the process's command line; no verb has this name.
    package static let word = "engine-process"

    /// The processors, as the emulator names them: one without AVX, one with AVX2 and fused multiply-add.
    static let processors = ["Nehalem", "Haswell"]

    private static let emulator = "qemu-x86_64"

    let store: DirectoryStore
    /// A file of mlbuild.
    let program: HostPath

    package init(store: DirectoryStore, program: HostPath) {
        self.store = store
        self.program = program
    }

    /// Why no other processor can be tried here; nil when one can.
    static var obstacle: String? {
        #if arch(x86_64)
            return emulatorPath == nil ? "'\(emulator)' is not installed (package 'qemu-user'), so no other processor can be tried" : nil
        #else
            return "other processors are emulated on x86-64 only"
        #endif
    }

    private static var emulatorPath: HostPath? {
        let folders = (Host.environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").filter { $0.hasPrefix("/") }
        return folders.map { HostPath(String($0)).appending(emulator) }.first { path in
            // A folder that cannot be looked into has nothing to offer.
            guard let status = try? Files.status(path) else { return false }
            return status.kind == .regular && status.isExecutable
        }
    }

    static func ownProgram() throws(ActionFailure) -> HostPath {
        do throws(SystemError) {
            return try Host.executablePath()
        } catch {
            throw .message(error.description)
        }
    }

    func perform(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment, on processor: String
    ) throws(ActionFailure) -> [String: ActionOutput] {
        guard let emulator = Self.emulatorPath else { throw .message(Self.obstacle ?? "no emulator is here") }
        let request = try EngineRequest(action, inputs: inputs, environment: environment, store: store)
        let outcome = try run([emulator.description, "-cpu", processor, program.description, Self.word], request)
        if environment.isCancelled() { throw .cancelled }
        let answer = JSONDocument.parse(SourceText(name: "answer", bytes: outcome.output)).value?.root.value
        if let failure = answer?["failure"]?.stringValue { throw .message("on processor \(processor): \(failure)") }
        guard outcome.status == 0, let outputs = answer?["outputs"]?.objectValue else {
            let last = outcome.errorText.split(separator: "\n").last.map { ": \($0)" } ?? ""
            throw .message("on processor \(processor) the engine ended with status \(outcome.status)\(last)")
        }
        var made: [String: ActionOutput] = [:]
        for output in outputs {
            guard let object = EngineRequest.object(output.value) else {
                throw .message("the engine's process gave an answer that is none")
            }
            made[output.name] = .stored(object)
        }
        return made
    }

    /// Runs the process with the path of a request as its last argument.
    private func run(_ words: [String], _ request: EngineRequest) throws(ActionFailure) -> ProcessRunner.Outcome {
        let folder: HostPath
        do throws(StoreError) { folder = try store.workFolder() } catch { throw .store(error) }
        // What is left of it goes with this process.
        defer { try? store.removeWorkFolder(folder) }
        let path = folder.appending("request.json")
        do throws(SystemError) {
            try Files.write(CanonicalJSON.encode(request.document), to: path)
            return try ProcessRunner.run(words + [path.description])
        } catch {
            throw .message("the engine's process cannot be run: \(error)")
        }
    }

    /// The other side: does what a request asks for, and gives the answer.
    package static func answer(_ request: [UInt8]) -> [UInt8] {
        do throws(ActionFailure) {
            let work = try EngineRequest.Work(request)
            let made = try KindPerformer().perform(work.action, inputs: work.inputs, environment: work.environment)
            do throws(StoreError) {
                var outputs: [JSONMember] = []
                for (name, output) in made.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                    switch output {
                    case .file(let bytes): outputs.append(JSONMember(name, EngineRequest.value(try work.store.put(file: bytes))))
                    case .tree(let files): outputs.append(JSONMember(name, EngineRequest.value(try work.store.put(files: files))))
                    case .stored(let object): outputs.append(JSONMember(name, EngineRequest.value(object)))
                    }
                }
                try work.store.flush()
                return CanonicalJSON.encode(["outputs": .object(outputs)])
            } catch {
                throw .store(error)
            }
        } catch {
            return CanonicalJSON.encode(["failure": .string(text(error))])
        }
    }

    private static func text(_ failure: ActionFailure) -> String {
        switch failure {
        case .diagnostics(let diagnostics, _), .failed(let diagnostics), .refused(let diagnostics):
            diagnostics.map(\.message).joined(separator: "; ")
        case .message(let message): message
        case .cancelled: "it was interrupted"
        case .store(let error): error.description
        }
    }
}
