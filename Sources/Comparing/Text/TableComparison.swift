/// CSV and TSV: the row, the column by its name, and both values.
enum TableComparison {
    static func finding(_ pair: Pair) -> Finding? {
        guard TextComparison.isText(pair.first), TextComparison.isText(pair.second) else { return nil }
        let isTab = pair.isNamed(".tsv")
        var (first, second) = (Rows(pair.first, isTab: isTab), Rows(pair.second, isTab: isTab))
        guard let header = first.next(), let other = second.next() else { return nil }
        if header != other {
            return Finding(
                "header", header.sorted(by: precede) == other.sorted(by: precede) ? .order(of: "columns") : nil, line(header), line(other))
        }
        let isReordered = LineOrder.isSame(pair.first, pair.second)
        var row = 0
        while true {
            row += 1
            switch (first.next(), second.next()) {
            case (nil, nil): return nil
            case (let fields?, nil): return Finding("row \(row)", nil, line(fields), "no row")
            case (nil, let fields?): return Finding("row \(row)", nil, "no row", line(fields))
            case (let fields?, let others?):
                if fields == others { continue }
                return difference(fields, others, header, row, isReordered)
            }
        }
    }

    private static func precede(_ first: [UInt8], _ second: [UInt8]) -> Bool { first.lexicographicallyPrecedes(second) }

    private static func difference(_ fields: [[UInt8]], _ others: [[UInt8]], _ header: [[UInt8]], _ row: Int, _ isReordered: Bool)
        -> Finding
    {
        guard fields.count == others.count, let column = fields.indices.first(where: { fields[$0] != others[$0] }) else {
            return Finding("row \(row)", nil, "\(fields.count) fields", "\(others.count) fields")
        }
        let name = column < header.count ? "'\(Shown.text(header[column]))'" : "\(column + 1)"
        let cause = isReordered ? .order(of: "rows") : TokenPair.cause(fields[column], others[column])
        return Finding(
            "row \(row), column \(name)", cause, String(decoding: fields[column], as: UTF8.self),
            String(decoding: others[column], as: UTF8.self))
    }

    private static func line(_ fields: [[UInt8]]) -> String {
        fields.prefix(32).map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
    }

    /// The rows of a table, each as its fields without quotes.
    private struct Rows {
        private let bytes: [UInt8]
        private let separator: UInt8
        private let isQuoting: Bool
        private var offset = 0

        init(_ bytes: [UInt8], isTab: Bool) {
            self.bytes = bytes
            separator = isTab ? 0x09 : 0x2C
            isQuoting = !isTab
        }

        mutating func next() -> [[UInt8]]? {
            guard offset < bytes.count else { return nil }
            var fields: [[UInt8]] = []
            var field: [UInt8] = []
            var isQuoted = false
            while offset < bytes.count {
                let byte = bytes[offset]
                offset += 1
                if isQuoting, byte == 0x22 {
                    isQuoted.toggle()
                } else if byte == separator, !isQuoted {
                    fields.append(field)
                    field = []
                } else if byte == 0x0A, !isQuoted {
                    if field.last == 0x0D { field.removeLast() }
                    break
                } else {
                    field.append(byte)
                }
            }
            fields.append(field)
            return fields
        }
    }
}
