/// Lines of a log as they read once a terminal has taken out what steers it.
enum LogText {
    /// The line without the escape sequences that colour it or move the cursor.
    static func plain(_ line: [UInt8]) -> String {
        guard line.contains(0x1B) else { return String(decoding: line, as: UTF8.self) }
        var text: [UInt8] = []
        var index = 0
        while index < line.count {
            guard line[index] == 0x1B else {
                text.append(line[index])
                index += 1
                continue
            }
            index = end(ofEscapeAt: index, in: line)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Where what follows an escape sequence begins; a sequence that the line cuts off ends with it.
    private static func end(ofEscapeAt start: Int, in line: [UInt8]) -> Int {
        guard start + 1 < line.count else { return line.count }
        switch line[start + 1] {
        case UInt8(ascii: "["):
            // Parameters, then one letter or the like.
            let last = line[(start + 2)...].firstIndex { !(0x20...0x3F).contains($0) }
            return last.map { $0 + 1 } ?? line.count
        case UInt8(ascii: "]"):
            // Titles and links, up to a bell or `ESC \`.
            guard let last = line[(start + 2)...].firstIndex(where: { $0 == 0x07 || $0 == 0x1B }) else { return line.count }
            let isBell = line[last] == 0x07
            return min(isBell ? last + 1 : last + 2, line.count)
        case 0x20...0x2F: return min(start + 3, line.count)
        default: return start + 2
        }
    }

    /// Whether a byte can stand in the name of a program, a module or a variable.
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
