/// A half-open range of byte offsets in a ``SourceText``.
package struct SourceSpan: Hashable, Sendable {
    package let lower: Int
    package let upper: Int

    package init(_ lower: Int, _ upper: Int) {
        precondition(0 <= lower && lower <= upper, "a span's bounds are ordered")
        self.lower = lower
        self.upper = upper
    }
}

/// A place in a text as people name it: line and column, both counted from 1; a column is one Unicode scalar.
package struct SourcePosition: Hashable, Sendable {
    package let line: Int
    package let column: Int
}

/// A named text that diagnostics point into, as the bytes that were read.
package struct SourceText: Sendable {
    /// The name people know it by, such as `mlops.json`; a path relative to where they stand.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    package init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// The position of the byte at `offset`; the end of the text is a position too.
    ///
    /// - Complexity: O(`offset`); made for the few places that are shown.
    package func position(at offset: Int) -> SourcePosition {
        let end = min(max(offset, 0), bytes.count)
        var line = 1
        var start = 0
        for index in 0..<end where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            start = index + 1
        }
        // A byte that continues a UTF-8 sequence is no column of its own.
        let column = bytes[start..<end].count { $0 & 0xC0 != 0x80 } + 1
        return SourcePosition(line: line, column: column)
    }

    /// The bytes of the line around `offset`, without its line end, and the offset of its first byte.
    package func line(around offset: Int) -> (start: Int, bytes: ArraySlice<UInt8>) {
        let end = min(max(offset, 0), bytes.count)
        let start = (bytes[..<end].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        var stop = bytes[end...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        if stop > start, bytes[stop - 1] == UInt8(ascii: "\r") { stop -= 1 }
        return (start, bytes[start..<stop])
    }
}
