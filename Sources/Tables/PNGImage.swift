/// A PNG image (ISO/IEC 15948), taken apart but not yet expanded.
///
/// Every type and depth of pixels, interlaced or not. All checksums are compared, and what the standard leaves no room for is refused.
struct PNGImage {
    /// What is wrong with a file.
    struct Fault: Error {
        let message: String

        init(_ message: String) {
            self.message = message
        }
    }

    /// The most pixels that an image may have.
    static let mostPixels = 1 << 28

    enum Pixels: UInt8 {
        case grey = 0
        case colour = 2
        case palette = 3
        case greyAlpha = 4
        case colourAlpha = 6

        /// Samples of a pixel.
        var samples: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .colour: 3
            case .colourAlpha: 4
            }
        }

        func allows(depth: Int) -> Bool {
            switch self {
            case .grey: [1, 2, 4, 8, 16].contains(depth)
            case .palette: [1, 2, 4, 8].contains(depth)
            case .colour, .greyAlpha, .colourAlpha: depth == 8 || depth == 16
            }
        }
    }

    let width: Int
    let height: Int
    /// Bits of a sample.
    let depth: Int
    let pixels: Pixels
    let isInterlaced: Bool
    /// Red, green and blue of each colour of the palette.
    private(set) var palette: [UInt8] = []
    /// Of a palette the opacity of its first colours; else the samples of the one colour that is transparent.
    private(set) var transparency: [UInt8] = []
    /// The zlib stream.
    private(set) var stream: [UInt8] = []

    /// Grey images have one channel, all others three; opacity is not kept.
    var shape: ImageShape {
        ImageShape(height: height, width: width, channels: pixels == .grey || pixels == .greyAlpha ? 1 : 3)
    }

    /// Takes the chunks of a file apart.
    init(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
            throw Fault("it does not begin as a PNG file does")
        }
        var offset = 8
        let first = try PNGChunk(bytes, &offset)
        guard first.type == "IHDR", first.range.count == 13 else { throw Fault("its first chunk is no header") }
        let header = Array(bytes[first.range])
        width = Self.number(header[0..<4])
        height = Self.number(header[4..<8])
        depth = Int(header[8])
        guard let pixels = Pixels(rawValue: header[9]), pixels.allows(depth: depth) else {
            throw Fault("its header has the pixel type \(header[9]) with \(header[8]) bits, which PNG does not have")
        }
        self.pixels = pixels
        guard header[10] == 0, header[11] == 0, header[12] <= 1 else { throw Fault("its header names a method that PNG does not have") }
        isInterlaced = header[12] == 1
        guard (1..<1 << 31).contains(width), (1..<1 << 31).contains(height) else { throw Fault("its header has no width or no height") }
        guard width <= Self.mostPixels / height else {
            throw Fault("it has \(width) x \(height) pixels; expected at most \(Self.mostPixels)")
        }
        try readChunks(bytes, offset)
    }

    private mutating func readChunks(_ bytes: [UInt8], _ start: Int) throws(Fault) {
        var offset = start
        var last = "IHDR"
        var data: [Range<Int>] = []
        while last != "IEND" {
            let chunk = try PNGChunk(bytes, &offset)
            switch chunk.type {
            case "PLTE":
                guard palette.isEmpty, transparency.isEmpty, data.isEmpty, pixels != .grey, pixels != .greyAlpha else {
                    throw Fault("it has a palette where none may be")
                }
                let most = pixels == .palette ? 3 << depth : 768
                guard !chunk.range.isEmpty, chunk.range.count % 3 == 0, chunk.range.count <= most else {
                    throw Fault("its palette is damaged")
                }
                palette = Array(bytes[chunk.range])
            case "tRNS":
                let isFit =
                    switch pixels {
                    case .palette: !chunk.range.isEmpty && chunk.range.count <= palette.count / 3
                    case .grey, .colour: chunk.range.count == 2 * pixels.samples
                    case .greyAlpha, .colourAlpha: false
                    }
                guard isFit, transparency.isEmpty, data.isEmpty else { throw Fault("its transparency is damaged") }
                transparency = Array(bytes[chunk.range])
            case "IDAT":
                guard data.isEmpty || last == "IDAT" else { throw Fault("its image data is divided") }
                data.append(chunk.range)
            case "IEND":
                guard chunk.range.isEmpty else { throw Fault("its last chunk is damaged") }
            default:
                guard !chunk.isCritical, chunk.type != "IHDR" else {
                    throw Fault("it has the chunk '\(chunk.type)', which is not understood")
                }
            }
            last = chunk.type
        }
        guard offset == bytes.count else { throw Fault("bytes follow its end") }
        guard pixels != .palette || !palette.isEmpty else { throw Fault("it has no palette") }
        guard !data.isEmpty else { throw Fault("it has no image data") }
        stream.reserveCapacity(data.reduce(0) { $0 + $1.count })
        for range in data { stream += bytes[range] }
    }

    static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}

/// A chunk of a PNG file whose checksum is right.
struct PNGChunk {
    /// Four letters.
    let type: String
    /// Where its content stands.
    let range: Range<Int>

    /// Whether nobody may pass it over.
    let isCritical: Bool

    /// The chunk at `offset`, which moves behind it.
    init(_ bytes: [UInt8], _ offset: inout Int) throws(PNGImage.Fault) {
        guard bytes.count - offset >= 12 else { throw PNGImage.Fault("it ends too early") }
        let length = PNGImage.number(bytes[offset..<offset + 4])
        guard length <= bytes.count - offset - 12 else { throw PNGImage.Fault("it ends too early") }
        let name = bytes[offset + 4..<offset + 8]
        guard name.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) && $0 < 0x80 }) else { throw PNGImage.Fault("a chunk of it has no name") }
        type = String(decoding: name, as: UTF8.self)
        isCritical = name[offset + 4] & 0x20 == 0
        range = offset + 8..<offset + 8 + length
        let sum = PNGImage.number(bytes[range.upperBound..<range.upperBound + 4])
        guard Int(Self.checksum(bytes, offset + 4..<range.upperBound)) == sum else {
            throw PNGImage.Fault("the checksum of its chunk '\(type)' is wrong")
        }
        offset = range.upperBound + 4
    }

    /// CRC-32 as PNG has it.
    static func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        bytes.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                var crc: UInt32 = ~0
                for index in range { crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)] }
                return ~crc
            }
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        return value
    }
}
