import Canonical
import Diagnostics
import Numerics
import Tables
import Testing

@testable import Learning

/// Images as a model sees them.
@Suite struct ImageTests {
    private static func options(_ members: [(String, JSONValue)] = []) throws -> ImageOptions {
        try Samples.options(
            target: "y", "logistic",
            more: [("features", .object([JSONMember("images", .object(members.map { JSONMember($0.0, $0.1) }))]))]
        ).images
    }

    /// A folder of arrays: grey images of one shape, and a column `label`.
    private static func table(_ shape: [UInt8], _ pixels: [UInt8]) throws -> Table {
        func array(_ shape: [UInt8], _ elements: [UInt8]) -> [UInt8] {
            [0, 0, 0x08, UInt8(shape.count)] + shape.flatMap { [0, 0, 0, $0] } + elements
        }
        let labels = array([shape[0]], (0..<shape[0]).map { $0 % 2 })
        let files = [("image.idx", array(shape, pixels)), ("label.idx", labels)].map { TableFile(path: $0.0, bytes: $0.1) }
        let read = TableReader.read(.folder(name: "digits", files: files), .idx)
        return try #require(read.value, "\(read.diagnostics)")
    }

    private static func image(_ pixels: [Float], _ height: Int, _ width: Int, channels: Int = 1) -> ImageColumn {
        ImageColumn(.floats(pixels), shapes: [ImageShape(height: height, width: width, channels: channels)])
    }

    private static func scaled(_ image: ImageColumn, _ height: Int, _ width: Int, channels: Int = 1) -> [Float] {
        ImageScaling.scaled(image, row: 0, to: ImageShape(height: height, width: width, channels: channels))
    }

    @Test func `smaller images have the means of what their pixels cover`() {
        #expect(Self.scaled(Self.image([1, 3, 5, 7], 1, 4), 1, 2) == [2, 6])
        #expect(Self.scaled(Self.image([1, 2, 3, 4], 2, 2), 1, 1) == [2.5])
        // Each of two covers one and a half of three.
        let halves = Self.scaled(Self.image([0, 3, 6], 1, 3), 1, 2)
        #expect(zip(halves, [1, 5] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test func `larger images lie on lines between their pixels' middles`() {
        #expect(Self.scaled(Self.image([0, 4], 1, 2), 1, 4) == [0, 1, 3, 4])
        #expect(Self.scaled(Self.image([5], 1, 1), 2, 3) == [5, 5, 5, 5, 5, 5])
        #expect(Self.scaled(Self.image([1, 2, 3, 4, 5, 6], 2, 3), 2, 3) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `bytes are scaled to 1, colours become light, and light colours`() {
        let bytes = ImageColumn(.bytes([0, 51, 255]), shapes: [ImageShape(height: 1, width: 1, channels: 3)])
        #expect(Self.scaled(bytes, 1, 1, channels: 3) == [0, 0.2, 1])
        #expect(abs(Self.scaled(bytes, 1, 1)[0] - (0.587 * 0.2 + 0.114)) < 1e-6)
        #expect(Self.scaled(Self.image([0.5], 1, 1), 1, 1, channels: 3) == [0.5, 0.5, 0.5])
        // Channels stay apart when extents change.
        #expect(Self.scaled(Self.image([1, 10, 100, 3, 30, 300], 1, 2, channels: 3), 1, 1, channels: 3) == [2, 20, 200])
    }

    @Test func `training standardises channels, and models bring images to its shape`() throws {
        let table = try Self.table([2, 1, 2], [0, 255, 0, 255])
        let column = FeatureColumn(try #require(table.index(of: "image")), in: table)
        let profile = try ImageProfile(column, try Self.options(), threads: 2)
        #expect(profile == ImageProfile(shape: ImageShape(height: 1, width: 2, channels: 1), means: [0.5], deviations: [0.5]))
        #expect(try profile.elements(column, threads: 1) == [-1, 1, -1, 1])
        let other = try Self.table([1, 2, 4], [0, 0, 255, 255, 0, 0, 255, 255])
        #expect(try profile.elements(FeatureColumn(try #require(other.index(of: "image")), in: other), threads: 3) == [-1, 1])
        let plain = try ImageProfile(column, try Self.options([("standardise", false), ("width", 1), ("channels", "colour")]), threads: 1)
        #expect(try plain.elements(column, threads: 1) == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
        let flat = try Self.table([2, 1, 1], [9, 9])
        let constant = try ImageProfile(FeatureColumn(try #require(flat.index(of: "image")), in: flat), try Self.options(), threads: 1)
        #expect(constant.deviations == [1])
    }

    @Test func `what is no image, and an image without pixels, are refused`() throws {
        let profile = ImageProfile(shape: ImageShape(height: 1, width: 1, channels: 1), means: [0], deviations: [1])
        let numbers = try Samples.table("image\n1\n2\n")
        #expect(TextTests.codes { try profile.elements(FeatureColumn(0, in: numbers), threads: 1) } == ["learning/not-images"])
        #expect(TextTests.codes { try Self.options([("channels", "sepia")]) } == ["learning/bad-option"])
        #expect(TextTests.codes { try Self.options([("height", 0)]) } == ["learning/bad-option"])
        let table = try Self.table([4, 1, 1], [1, 2, 3, 4])
        let options = try Samples.options(target: "label", "logistic")
        #expect(TextTests.codes { try Trainer.train(table, options: options) } == ["learning/unfit-column"])
    }
}
