import Diagnostics
import Platform
import TestSupport
import Testing

@testable import Tables

/// Files that other programs wrote, with what those programs read in them: numpy 2 arrays; images of every kind, each drawn from
/// known samples, and up to eight bits looked at with Pillow.
@Suite struct FormatFilesTests {
    private static func rows(_ name: String) throws -> Table {
        let source = SourceText(name: name, bytes: try Files.read(Places.repository().appending("Tests/TablesTests/Data/\(name)")))
        let read = TableReader.read(source, .jsonl)
        #expect(read.diagnostics == [])
        return try #require(read.value)
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { $0 < 0x40 ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private struct Picture {
        let name: String
        let file: [UInt8]
        let shape: ImageShape
        let pixels: [UInt8]

        static func all() throws -> [Picture] {
            let table = try rows("images.jsonl")
            func text(_ row: Int, _ name: String) throws -> String { table.text(row: row, column: try #require(table.index(of: name))) }
            return try (0..<table.rowCount).map { row in
                let extents = try ["height", "width", "channels"].map { try #require(Int(try text(row, $0))) }
                return Picture(
                    name: try text(row, "name"), file: bytes(try text(row, "png")),
                    shape: ImageShape(height: extents[0], width: extents[1], channels: extents[2]), pixels: bytes(try text(row, "pixels")))
            }
        }
    }

    @Test func `images of every type and depth have the pixels that were drawn`() throws {
        let pictures = try Picture.all()
        #expect(pictures.count == 62)
        for picture in pictures {
            let image = try PNGImage(picture.file)
            #expect(image.shape == picture.shape, "\(picture.name)")
            let pixels = try image.expanded()
            #expect(pixels == picture.pixels, "\(picture.name)")
        }
    }

    @Test func `a folder of images is a table`() throws {
        let pictures = try Picture.all()
        let files = pictures.map { TableFile(path: "\($0.name.hasPrefix("g") ? "b" : "a")/\($0.name).PNG", bytes: $0.file) }
        let hidden = TableFile(path: "a/.DS_Store", bytes: [1])
        for threads in [1, 3] {
            let table = try #require(TableReader.read(.folder(name: "p/", files: files + [hidden]), .png, threads: threads).value)
            #expect(table.columns.map(\.name) == ["image", "label"])
            let order = files.indices.sorted { files[$0].path.utf8.lexicographicallyPrecedes(files[$1].path.utf8) }
            guard case .images(let images) = table.columns[0].values else { throw WrongColumn() }
            #expect(images.shapes == order.map { pictures[$0].shape })
            #expect(images.elements == .bytes(order.flatMap { pictures[$0].pixels }))
            #expect(table.text(row: 1, column: 0) == files[order[1]].path)
            #expect(table.text(row: 1, column: 1) == "a")
            #expect(table.location(row: 1, column: 0) == Diagnostic.Location(source: "p/" + files[order[1]].path, span: nil))
            #expect(TableWriter.part(table, rows: [0, 40]) == .tree([files[order[0]], files[order[40]]]))
        }
        let flat = pictures.map { TableFile(path: "\($0.name).png", bytes: $0.file) }
        let table = try #require(TableReader.read(.folder(name: "p", files: flat), .png).value)
        #expect(table.columns.map(\.name) == ["image", "file"])
        #expect(table.text(row: 0, column: 1) == "by-pillow.png")
    }

    @Test func `no mutation of an image traps`() throws {
        let pictures = try Picture.all()
        var state: UInt64 = 7
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        var read = 0
        for round in 0..<12_000 {
            let picture = pictures[next(pictures.count)]
            var bytes = picture.file
            for _ in 0...next(3) { bytes[8 + next(bytes.count - 8)] = UInt8(next(256)) }
            if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
            // The checksums would refuse nearly all: half of them are made to fit.
            if round % 2 == 0 { Self.mendChecksums(&bytes) }
            guard let image = try? PNGImage(bytes), image.width * image.height < 1 << 20 else { continue }
            if let pixels = try? image.expanded() {
                #expect(pixels.count == image.shape.count)
                read += 1
            }
        }
        #expect(read > 100)
    }

    private static func mendChecksums(_ bytes: inout [UInt8]) {
        var offset = 8
        while bytes.count - offset >= 12 {
            let length = PNGImage.number(bytes[offset..<offset + 4])
            guard length <= bytes.count - offset - 12 else { return }
            let end = offset + 8 + length
            let sum = PNGChunk.checksum(bytes, offset + 4..<end)
            for place in 0..<4 { bytes[end + place] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * place)) }
            offset = end + 4
        }
    }

    // MARK: - Arrays

    private struct WrongColumn: Error {}

    /// All elements, row by row, whatever columns they came to.
    private static func values(_ table: Table) throws -> [Double] {
        var values: [Double] = []
        for row in 0..<table.rowCount {
            for column in table.columns {
                switch column.values {
                case .numbers(let numbers): values.append(numbers[row])
                case .images(let images): values += images.pixels(row).map { Double($0) }
                case .categories: throw WrongColumn()
                }
            }
        }
        return values
    }

    @Test func `arrays have the elements that numpy wrote`() throws {
        let table = try Self.rows("arrays.jsonl")
        #expect(table.rowCount == 43)
        for row in 0..<table.rowCount {
            func text(_ name: String) throws -> String { table.text(row: row, column: try #require(table.index(of: name))) }
            let file = Self.bytes(try text("file"))
            let read = TableReader.read(SourceText(name: try text("name"), bytes: file), .npy)
            #expect(read.diagnostics == [])
            let array = try #require(read.value)
            let expected = try text("values").split(separator: " ").map { try #require(Double($0)) }
            let name = try text("name")
            let values = try Self.values(array)
            #expect(values == expected, "\(name)")
            // A part of all rows reads the same; of some rows it has theirs.
            guard case .file(let whole) = TableWriter.part(array, rows: Array(0..<array.rowCount)),
                case .file(let last) = TableWriter.part(array, rows: [array.rowCount - 1])
            else { throw WrongColumn() }
            if !name.hasPrefix("version") { #expect(whole == file) }
            let again = try #require(TableReader.read(SourceText(name: "w", bytes: whole), .npy).value)
            #expect(again.columns == array.columns)
            let rest = try #require(TableReader.read(SourceText(name: "l", bytes: last), .npy).value)
            #expect(try Self.values(rest) == Array(expected.suffix(expected.count / array.rowCount)))
        }
    }
}
