/// tar: members, then what is in them, then times and owners.
enum TarComparison {
    static func isOne(_ bytes: [UInt8]) -> Bool {
        Bytes.slice(bytes, 257, 5).map { $0.elementsEqual("ustar".utf8) } ?? false
    }

    static func finding(_ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        guard let first = members(pair.first), let second = members(pair.second) else { return nil }
        return (names(first, second) ?? contents(first, second, pair, &unpacking) ?? headers(first, second, pair))?.inside("tar")
    }

    private struct Member {
        let header: Int
        let name: [UInt8]
        let content: Range<Int>
    }

    private static let most = 100_000

    private static func members(_ bytes: [UInt8]) -> [Member]? {
        var members: [Member] = []
        var offset = 0
        while let block = Bytes.slice(bytes, offset, 512), block.contains(where: { $0 != 0 }) {
            guard let size = octal(bytes, offset + 124, 12), Bytes.slice(bytes, offset + 512, size) != nil, members.count < most else {
                return nil
            }
            let prefix = block[(offset + 345)..<(offset + 500)].prefix { $0 != 0 }
            let name = (prefix.isEmpty ? [] : Array(prefix) + [0x2F]) + block.prefix(100).prefix { $0 != 0 }
            members.append(Member(header: offset, name: name, content: offset + 512..<offset + 512 + size))
            offset += 512 + (size + 511) / 512 * 512
        }
        return members.isEmpty ? nil : members
    }

    private static func octal(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int? {
        guard let field = Bytes.slice(bytes, offset, count) else { return nil }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func names(_ first: [Member], _ second: [Member]) -> Finding? {
        let (left, right) = (first.map(\.name), second.map(\.name))
        guard left != right else { return nil }
        let index = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(left.count, right.count)
        let sorted = { (names: [[UInt8]]) in names.sorted { $0.lexicographicallyPrecedes($1) } }
        func shown(_ names: [[UInt8]]) -> String { index < names.count ? "'\(Shown.text(names[index]))'" : "no member" }
        return Finding("member \(index + 1)", sorted(left) == sorted(right) ? .order(of: "members") : nil, shown(left), shown(right))
    }

    private static func contents(_ first: [Member], _ second: [Member], _ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        for (member, other) in zip(first, second) {
            if pair.first[member.content].elementsEqual(pair.second[other.content]) { continue }
            let name = Shown.text(member.name)
            let inner = Pair(first: Array(pair.first[member.content]), second: Array(pair.second[other.content]), name: name)
            // A header that goes before a member: its times and names as text.
            if [0x78, 0x67].contains(pair.first[member.header + 156]) {
                return TextComparison.finding(inner)?.inside("extended header '\(name)'")
            }
            return unpacking.inner(inner)?.inside("member '\(name)'")
        }
        return nil
    }

    private static func seconds(_ field: ArraySlice<UInt8>) -> String {
        octal(Array(field), 0, field.count).map { String($0) } ?? Shown.text(field)
    }

    private static func headers(_ first: [Member], _ second: [Member], _ pair: Pair) -> Finding? {
        let fields: [(name: String, offset: Int, count: Int, cause: Cause)] = [
            ("time stamp", 136, 12, .timeStamp), ("permissions", 100, 8, .owner), ("user number", 108, 8, .owner),
            ("group number", 116, 8, .owner), ("user name", 265, 32, .owner), ("group name", 297, 32, .owner),
        ]
        for (member, other) in zip(first, second) {
            for field in fields {
                let left = pair.first[(member.header + field.offset)...].prefix(field.count).prefix { $0 != 0 }
                let right = pair.second[(other.header + field.offset)...].prefix(field.count).prefix { $0 != 0 }
                if left.elementsEqual(right) { continue }
                let (before, after) = field.cause == .timeStamp ? (seconds(left), seconds(right)) : (Shown.text(left), Shown.text(right))
                return Finding("\(field.name) of member '\(Shown.text(member.name))'", field.cause, before, after)
            }
        }
        return nil
    }
}
