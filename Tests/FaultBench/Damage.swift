import Canonical
import Glibc
import Platform

/// What can become of a file that nobody wrote to.
enum Damage: String, CaseIterable {
    case flip, byte, cut, grown, zeros, emptied, swapped
    /// Something else lies there.
    case folder, linkElsewhere, danglingLink, fifo
    case gone

    /// More often what hardware does.
    static func draw(_ random: inout Seeded) -> Damage {
        Bool.random(using: &random) ? .flip : allCases.randomElement(using: &random) ?? .flip
    }

    /// Damages the file; false when that would have changed nothing.
    ///
    /// - Parameters:
    ///   - other: what lies somewhere else, for a swap.
    ///   - outside: a place outside of everything, for a link to the very same bytes.
    func strike(_ path: HostPath, other: [UInt8], outside: HostPath, _ random: inout Seeded) throws -> Bool {
        let sound = try Files.read(path)
        var bytes = sound
        let mode = try Files.status(path)?.mode ?? 0o644
        switch self {
        case .flip:
            guard let index = bytes.indices.randomElement(using: &random) else { return false }
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case .byte:
            guard let index = bytes.indices.randomElement(using: &random) else { return false }
            bytes[index] = UInt8.random(in: 0...255, using: &random)
        case .cut: bytes.removeLast(bytes.isEmpty ? 0 : Int.random(in: 1...bytes.count, using: &random))
        case .grown: bytes.append(UInt8.random(in: 0...255, using: &random))
        case .zeros:
            guard let start = bytes.indices.randomElement(using: &random) else { return false }
            for index in start..<min(bytes.count, start + Int.random(in: 1...512, using: &random)) { bytes[index] = 0 }
        case .emptied: bytes = []
        case .swapped: bytes = other
        case .folder, .linkElsewhere, .danglingLink, .fifo, .gone: break
        }
        switch self {
        case .folder:
            try Files.removeFile(path)
            try Files.makeDirectory(path)
            return true
        case .linkElsewhere:
            try Files.removeTree(outside)
            try Files.write(sound, to: outside)
            try Files.removeFile(path)
            try Files.makeSymbolicLink(path, to: outside.bytes)
            return true
        case .danglingLink:
            try Files.removeFile(path)
            try Files.makeSymbolicLink(path, to: Array("nowhere".utf8))
            return true
        case .fifo:
            try Files.removeFile(path)
            guard mkfifo(path.description, 0o644) == 0 else { throw Finding("a fifo cannot be made") }
            return true
        case .gone:
            try Files.removeFile(path)
            return true
        default:
            if bytes == sound { return false }
            try Files.removeFile(path)
            try Files.write(bytes, to: path, mode: mode)
            return true
        }
    }

    /// Lays sound bytes in place of whatever is there.
    static func mend(_ path: HostPath, _ sound: [UInt8], mode: UInt32) throws {
        if let status = try Files.status(path, followLinks: false), status.kind == .regular, status.mode == mode,
            try Files.read(path) == sound
        {
            return
        }
        try Files.removeTree(path)
        try Files.write(sound, to: path)
        try Files.setPermissions(path, mode)
    }
}
