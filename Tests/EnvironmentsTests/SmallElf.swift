/// ELF files put together field by field: a header, one loaded segment, and a dynamic section with its strings.
struct SmallElf {
    var machine: UInt16 = {
        #if arch(arm64)
            183
        #else
            62
        #endif
    }()
    var interpreter: String?
    var needed: [String] = []
    var name: String?
    var runpath: String?
    var rpath: String?

    var bytes: [UInt8] {
        var strings: [UInt8] = [0]
        var dynamic: [UInt8] = []
        func entry(_ tag: UInt64, _ value: UInt64) { dynamic += Self.number(tag, 8) + Self.number(value, 8) }
        func text(_ tag: UInt64, _ text: String) {
            entry(tag, UInt64(strings.count))
            strings += Array(text.utf8) + [0]
        }
        for library in needed { text(1, library) }
        if let name { text(14, name) }
        if let rpath { text(15, rpath) }
        if let runpath { text(29, runpath) }
        let segments = interpreter == nil ? 2 : 3
        let start = 64 + segments * 56
        let loader: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
        let dynamicSize = dynamic.count + 3 * 16
        // Loaded 0x1000 bytes higher than it lies in the file, so that addresses and offsets differ.
        let stringsOffset = start + dynamicSize
        entry(5, UInt64(stringsOffset + 0x1000))
        entry(10, UInt64(strings.count))
        entry(0, 0)
        let total = stringsOffset + strings.count + loader.count
        func segment(_ kind: UInt64, _ offset: Int, _ size: Int) -> [UInt8] {
            Self.number(kind, 4) + Self.number(4, 4) + Self.number(UInt64(offset), 8) + Self.number(UInt64(offset + 0x1000), 8)
                + Self.number(UInt64(offset + 0x1000), 8) + Self.number(UInt64(size), 8) + Self.number(UInt64(size), 8) + Self.number(8, 8)
        }
        var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
        file += Self.number(3, 2) + Self.number(UInt64(machine), 2) + Self.number(1, 4) + Self.number(0, 8) + Self.number(64, 8)
        file += Self.number(0, 8) + Self.number(0, 4) + Self.number(64, 2) + Self.number(56, 2) + Self.number(UInt64(segments), 2)
        file += Self.number(0, 6)
        file += segment(1, 0, total) + segment(2, start, dynamic.count)
        if interpreter != nil { file += segment(3, total - loader.count, loader.count) }
        return file + dynamic + strings + loader
    }

    static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
