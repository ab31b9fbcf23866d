import Canonical
import Platform

/// The layout of `.mlbuild/index`; all integers are little-endian.
///
/// ```
/// magic 8 | SHA-256 of all that follows 32 | version 4 | flags 4 | paths 4 | stages 4 | bytes of paths 4 | bytes of names 4
/// | signature of the program 40 | signature of the store 40 | a signature of 40 for each path
/// | the paths | the store's path | the names of the stages          each text ends with a NUL
/// ```
// SPEC: state.md#index
enum NoOpIndexFormat {
    static let magic: [UInt8] = Array("mlbindex".utf8)
    static let version: UInt32 = 1
    static let coversAllStages: UInt32 = 1
    static let checkedFrom = 40
    static let headerBytes = 64
    static let signatureBytes = 40
    static let signaturesFrom = headerBytes + 2 * signatureBytes
    static let largest = 1 << 30
}

/// What goes into an index.
struct NoOpIndexContent {
    /// Everything a build looks at, with the signatures it must have.
    var signed = SignedPaths()
    let stages: [String]
    let coversAllStages: Bool
    let store: HostPath
    let marks: IndexMarks

    /// Nil for one that would be too large to read.
    func encode() -> [UInt8]? {
        guard signed.signatures.count + signed.paths.count < NoOpIndexFormat.largest / 2 else { return nil }
        let names = store.bytes + [0] + stages.flatMap { Array($0.utf8) + [0] }
        var body: [UInt8] = []
        body.reserveCapacity(signed.signatures.count + signed.paths.count + names.count + 128)
        let flags = coversAllStages ? NoOpIndexFormat.coversAllStages : 0
        let counts = [UInt32(signed.count), UInt32(stages.count), UInt32(signed.paths.count), UInt32(names.count)]
        for value in [NoOpIndexFormat.version, flags] + counts {
            for shift in stride(from: 0, to: 32, by: 8) { body.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
        }
        body += marks.program.bytes
        body += marks.store.bytes
        body += signed.signatures
        body += signed.paths
        body += names
        return NoOpIndexFormat.magic + Digest.of(body).bytes + body
    }
}

/// An index as it was read: its parts as ranges of the bytes, checked to lie inside them.
struct NoOpIndexView {
    private let signatures: UnsafeRawBufferPointer
    private let paths: UnsafeRawBufferPointer
    private let names: UnsafeRawBufferPointer
    private let program: UnsafeRawBufferPointer
    private let storeSignature: UnsafeRawBufferPointer
    private let stageCount: Int
    private let coversAllStages: Bool

    /// Nil when `bytes` are no index of this version, or are damaged anywhere.
    init?(_ bytes: UnsafeRawBufferPointer) {
        typealias Format = NoOpIndexFormat
        guard bytes.count >= Format.signaturesFrom, bytes.prefix(Format.magic.count).elementsEqual(Format.magic),
            Digest.of(UnsafeRawBufferPointer(rebasing: bytes[Format.checkedFrom...])).bytes.elementsEqual(bytes[8..<40])
        else { return nil }
        func integer(_ index: Int) -> Int {
            Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: Format.checkedFrom + 4 * index, as: UInt32.self)))
        }
        guard integer(0) == Int(Format.version) else { return nil }
        coversAllStages = UInt32(integer(1)) & Format.coversAllStages != 0
        stageCount = integer(3)
        let signatureBytes = integer(2) * Format.signatureBytes
        let pathsFrom = Format.signaturesFrom + signatureBytes
        let namesFrom = pathsFrom + integer(4)
        guard namesFrom + integer(5) == bytes.count else { return nil }
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
        program = part(Format.headerBytes..<Format.headerBytes + 40)
        storeSignature = part(Format.headerBytes + 40..<Format.signaturesFrom)
        signatures = part(Format.signaturesFrom..<pathsFrom)
        paths = part(pathsFrom..<namesFrom)
        names = part(namesFrom..<bytes.count)
    }

    func answer(root: HostPath, store: HostPath, targets: [String]) -> NoOpAnswer {
        guard covers(targets), let storeEnd = names.firstIndex(of: 0), names[..<storeEnd].elementsEqual(store.bytes),
            let marks = try? IndexMarks.now(store: store), marks.store.bytes.elementsEqual(storeSignature),
            marks.program.bytes.elementsEqual(program)
        else { return .notCovered }
        let difference: Int?
        do throws(SystemError) {
            difference = try Files.firstDifference(paths: paths, signatures: signatures, relativeTo: root)
        } catch {
            return .changed(path: root.description)
        }
        guard let difference else { return .nothingToDo(stages: stageCount) }
        let changed = paths.split(separator: 0, omittingEmptySubsequences: false).dropFirst(difference).first
        return .changed(path: String(decoding: changed ?? paths[..<0], as: UTF8.self))
    }

    private func covers(_ targets: [String]) -> Bool {
        if targets.isEmpty { return coversAllStages }
        let stages = names.split(separator: 0, omittingEmptySubsequences: false).dropFirst()
        return targets.allSatisfy { target in stages.contains { $0.elementsEqual(target.utf8) } }
    }
}

/// The signatures by which an index tells that it is still the same program and the same store.
struct IndexMarks {
    let program: StatSignature
    let store: StatSignature

    /// - Throws: ENOENT when one of the two is gone.
    static func now(store: HostPath) throws(SystemError) -> IndexMarks {
        IndexMarks(program: try signature(of: Host.executablePath()), store: try signature(of: store.appending("format")))
    }

    private static func signature(of path: HostPath) throws(SystemError) -> StatSignature {
        guard let status = try Files.status(path) else { throw SystemError(operation: "look at", path: path.description, code: 2) }
        return status.signature
    }
}
