import Diagnostics
import Tables
import Testing

private func idx(_ type: UInt8, _ shape: [UInt8], _ elements: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(shape.count)] + shape.flatMap { [0, 0, 0, $0] } + elements
}

private func npy(_ header: String, _ elements: [UInt8]) -> [UInt8] {
    [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
        + elements
}

private func read(_ bytes: [UInt8], _ format: TableFormatKind) -> Diagnosed<Table> {
    TableReader.read(SourceText(name: "a", bytes: bytes), format)
}

private func codes(_ bytes: [UInt8], _ format: TableFormatKind) -> [String] {
    let result = read(bytes, format)
    #expect((result.value == nil) == result.hasErrors)
    return result.diagnostics.map(\.code)
}

@Suite struct ArrayReadingTests {
    @Test func `IDX has six types of elements, all big-endian`() throws {
        let cases: [(UInt8, [UInt8], [Double])] = [
            (0x08, [0, 255], [0, 255]), (0x09, [0x80, 1], [-128, 1]), (0x0B, [0xFF, 0xFE, 1, 0], [-2, 256]),
            (0x0C, [0xFF, 0xFF, 0xFF, 0xFD, 0, 1, 0, 0], [-3, 65_536]), (0x0D, [0x3F, 0xC0, 0, 0, 0x7F, 0xC0, 0, 0], [1.5, .nan]),
            (0x0E, [0xBF, 0xF0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0], [-1, 2]),
        ]
        for (type, elements, expected) in cases {
            let table = try #require(read(idx(type, [2], elements), .idx).value)
            guard case .numbers(let values) = table.columns[0].values else { throw Strange() }
            #expect(table.columns[0].name == "0")
            #expect(values.map { $0.isNaN ? "missing" : "\($0)" } == expected.map { $0.isNaN ? "missing" : "\($0)" })
        }
    }

    private struct Strange: Error {}

    @Test func `a folder of arrays is one table`() throws {
        let images = idx(0x08, [2, 1, 3], [1, 2, 3, 4, 5, 6])
        let labels = idx(0x08, [2], [7, 8])
        let more = idx(0x08, [2, 2], [1, 2, 3, 4])
        let files = [("label.idx", labels), ("image.idx", images), ("size.idx", more), (".hidden", [])].map {
            TableFile(path: $0, bytes: $1)
        }
        let table = try #require(TableReader.read(.folder(name: "digits", files: files), .idx).value)
        #expect(table.columns.map(\.name) == ["image", "label", "size.0", "size.1"])
        guard case .images(let column) = table.columns[0].values else { throw Strange() }
        #expect(column.commonShape == ImageShape(height: 1, width: 3, channels: 1))
        #expect(column.pixels(1) == [4, 5, 6])
        #expect(table.columns[3].values == .numbers([2, 4]))
        #expect(table.location(row: 1, column: 1) == Diagnostic.Location(source: "digits/label.idx[1]", span: nil))
        #expect(table.text(row: 1, column: 0) == "1" && table.text(row: 1, column: 1) == "8")
        #expect(table.categories(of: 1).levels == ["7", "8"])
        let part = [
            ("image.idx", idx(0x08, [1, 1, 3], [4, 5, 6])), ("label.idx", idx(0x08, [1], [8])), ("size.idx", idx(0x08, [1, 2], [3, 4])),
        ]
        #expect(TableWriter.part(table, rows: [1]) == .tree(part.map { TableFile(path: $0, bytes: $1) }))
    }

    @Test func `truth values are categories`() throws {
        let table = try #require(read(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", [1, 0, 1]), .npy).value)
        #expect(table.columns[0].values == .categories(codes: [1, 0, 1], levels: ["false", "true"]))
    }

    @Test func `channels may stand second`() throws {
        let elements = (0..<24).map { UInt8($0) }
        let table = try #require(read(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3, 4, 2), }", elements), .npy).value)
        guard case .images(let column) = table.columns[0].values else { throw Strange() }
        #expect(column.commonShape == ImageShape(height: 4, width: 2, channels: 3))
        #expect(column.pixels(0).prefix(6) == [0, 8, 16, 1, 9, 17])
    }

    @Test func `what is no array is refused before memory is taken for it`() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
        #expect(codes(npy(good, [0, 0, 0, 0, 0, 0, 0, 0]), .npy) == [])
        #expect(codes(npy(good, [0, 0, 0, 0]), .npy) == ["data/bad-array"])
        #expect(codes(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", []), .npy) == ["data/bad-array"])
        #expect(
            codes(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9, 0), }", []), .npy) == ["data/array-shape"])
        #expect(codes(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4), }", []), .npy) == ["data/no-rows"])
        #expect(codes(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", [0, 0, 0, 0]), .npy) == ["data/array-shape"])
        #expect(
            codes(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2, 2), }", [1, 2, 3, 4, 5, 6, 7, 8]), .npy) == [
                "data/array-shape"
            ])
        #expect(codes(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", [0]), .npy) == ["data/array-type"])
        #expect(codes(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [0]), .npy) == ["data/array-type"])
        #expect(codes(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", [0]), .npy) == ["data/array-type"])
        for header in [
            "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'shape': (2,), 'fortran_order': 0}", good + "x",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "", "{'descr': '<f4",
        ] {
            #expect(codes(npy(header, [0, 0, 0, 0, 0, 0, 0, 0]), .npy) == ["data/bad-array"], "\(header)")
        }
        #expect(codes([0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0, 0], .npy) == ["data/bad-array"])
        #expect(codes(idx(0x08, [2], [1]), .idx) == ["data/bad-array"])
        #expect(codes(idx(0x08, [2], [1, 2, 3]), .idx) == ["data/bad-array"])
        #expect(codes(idx(0x07, [2], [1, 2]), .idx) == ["data/array-type"])
        #expect(codes([0x1F, 0x8B, 8, 0], .idx) == ["data/bad-array"])
    }

    @Test func `numbers that cannot be kept exactly, or are infinite, are named by their row`() {
        let large = npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0])
        let result = read(large, .npy)
        #expect(result.diagnostics.map(\.code) == ["data/number-out-of-range"])
        #expect(result.diagnostics[0].location == Diagnostic.Location(source: "a[1]", span: nil))
        #expect(codes(idx(0x0D, [1], [0x7F, 0x80, 0, 0]), .idx) == ["data/number-out-of-range"])
        #expect(codes(idx(0x0D, [1, 1, 1], [0x7F, 0xC0, 0, 0]), .idx) == ["data/number-out-of-range"])
    }

    @Test func `files of a folder that do not go together are each named`() {
        func codes(_ files: [(String, [UInt8])], _ format: TableFormatKind = .idx) -> [String] {
            let result = TableReader.read(.folder(name: "f", files: files.map { TableFile(path: $0, bytes: $1) }), format)
            #expect(result.value == nil)
            return result.diagnostics.map { "\($0.code) \($0.location?.source ?? "")" }
        }
        let one = idx(0x08, [1], [1])
        #expect(codes([]) == ["data/no-rows f"])
        #expect(codes([("a.idx", one), ("b.txt", one)]) == ["data/foreign-file f/b.txt"])
        #expect(codes([("a.idx", one), ("b.idx", idx(0x08, [2], [1, 2]))]) == ["data/row-count f/b.idx"])
        #expect(codes([("a.idx", one), ("a.IDX", one)]) == ["data/duplicate-column f/a.idx"])
        #expect(codes([("a.idx", one), ("s/b.idx", one)]) == ["data/folder-layout f/s/b.idx"])
        #expect(codes([("a.png", [1])], .png) == ["data/bad-image f/a.png"])
        #expect(codes([("a.png", [1]), ("c/a.png", [1])], .png) == ["data/folder-layout f/c/a.png"])
        #expect(codes([("a.csv", one)], .csv) == ["data/folder-layout f"])
    }

    @Test func `no mutation of an array traps`() {
        let seeds = [
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", [0, 0, 0, 0, 0, 0, 0, 0]),
            npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }", [0, 0, 0, 0, 0, 0, 0, 0]),
            idx(0x08, [2, 1, 1, 3], [1, 2, 3, 4, 5, 6]),
        ]
        var state: UInt64 = 3
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<20_000 {
            let place = next(seeds.count)
            var bytes = seeds[place]
            for _ in 0...next(3) { bytes[next(bytes.count)] = next(2) == 0 ? UInt8(next(256)) : UInt8(0x28 + next(20)) }
            if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
            let result = read(bytes, place == 2 ? .idx : .npy)
            #expect((result.value == nil) == result.hasErrors)
            if let table = result.value { #expect(table.columns.allSatisfy { $0.name != "" } && table.rowCount > 0) }
        }
    }
}
