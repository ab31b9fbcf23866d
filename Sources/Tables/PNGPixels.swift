/// Expands the pixels of a PNG image.
extension PNGImage {
    /// The pixels as the image's shape has them, 0 to 255.
    ///
    /// Depths below eight bits are stretched to 0...255, sixteen bits are rounded to eight. What is transparent is seen over white:
    /// a colour of opacity `a` becomes `(a * colour + (255 - a) * 255)` divided by 255, rounded.
    func expanded() throws(Fault) -> [UInt8] {
        let passes = isInterlaced ? Self.adam7 : [Pass(x: 0, y: 0, across: 1, down: 1)]
        // At most 2^28 pixels of 8 bytes, and a filter byte for each of their lines: no overflow.
        let sizes = passes.map { pass in
            let (columns, rows) = (pass.columns(width), pass.rows(height))
            return columns == 0 ? 0 : rows * (1 + lineBytes(columns))
        }
        var raw: [UInt8]
        do throws(Inflate.Fault) {
            raw = try Inflate.zlib(stream, count: sizes.reduce(0, +))
        } catch {
            throw Fault("its image data is damaged: \(error.rawValue)")
        }
        var result = [UInt8](repeating: 0, count: shape.count)
        var offset = 0
        let fault = raw.withUnsafeMutableBufferPointer { raw -> Fault? in
            result.withUnsafeMutableBufferPointer { result -> Fault? in
                for (pass, size) in zip(passes, sizes) where size > 0 {
                    let lines = UnsafeMutableBufferPointer(rebasing: raw[offset..<offset + size])
                    offset += size
                    if let fault = expand(lines, pass, into: result) { return fault }
                }
                return nil
            }
        }
        if let fault { throw fault }
        return result
    }

    /// The pixels that stand at every `across`-th column from `x` and every `down`-th row from `y`.
    struct Pass {
        let x: Int
        let y: Int
        let across: Int
        let down: Int

        func columns(_ width: Int) -> Int { max(0, (width - x + across - 1) / across) }
        func rows(_ height: Int) -> Int { max(0, (height - y + down - 1) / down) }
    }

    private static let adam7 = [
        Pass(x: 0, y: 0, across: 8, down: 8), Pass(x: 4, y: 0, across: 8, down: 8), Pass(x: 0, y: 4, across: 4, down: 8),
        Pass(x: 2, y: 0, across: 4, down: 4), Pass(x: 0, y: 2, across: 2, down: 4), Pass(x: 1, y: 0, across: 2, down: 2),
        Pass(x: 0, y: 1, across: 1, down: 2),
    ]

    private func lineBytes(_ columns: Int) -> Int { (columns * pixels.samples * depth + 7) / 8 }

    private func expand(
        _ lines: UnsafeMutableBufferPointer<UInt8>, _ pass: Pass, into result: UnsafeMutableBufferPointer<UInt8>
    ) -> Fault? {
        let columns = pass.columns(width)
        let length = lineBytes(columns)
        let step = max(1, pixels.samples * depth / 8)
        for row in 0..<pass.rows(height) {
            let start = row * (length + 1) + 1
            guard Self.unfilter(lines, start, length, step, isFirst: row == 0) else { return Fault("a line of it has no known filter") }
            let line = UnsafeMutableBufferPointer(rebasing: lines[start..<start + length])
            let place = (pass.y + row * pass.down) * width + pass.x
            guard convert(line, columns, into: result, place, pass.across) else { return Fault("a pixel of it is not in its palette") }
        }
        return nil
    }

    /// Takes the filter of a line back (ISO/IEC 15948, 9.2); false for an unknown one.
    private static func unfilter(_ bytes: UnsafeMutableBufferPointer<UInt8>, _ start: Int, _ length: Int, _ step: Int, isFirst: Bool)
        -> Bool
    {
        let before = start - length - 1
        func up(_ index: Int) -> UInt8 { isFirst ? 0 : bytes[before + index] }
        func left(_ index: Int) -> UInt8 { index < step ? 0 : bytes[start + index - step] }
        switch bytes[start - 1] {
        case 0: return true
        case 1: for index in 0..<length { bytes[start + index] &+= left(index) }
        case 2: for index in 0..<length { bytes[start + index] &+= up(index) }
        case 3: for index in 0..<length { bytes[start + index] &+= UInt8((Int(left(index)) + Int(up(index))) / 2) }
        case 4:
            for index in 0..<length {
                let (a, b, c) = (Int(left(index)), Int(up(index)), index < step ? 0 : Int(up(index - step)))
                let (toA, toB, toC) = (abs(b - c), abs(a - c), abs(a + b - 2 * c))
                let nearest = toA <= toB && toA <= toC ? a : toB <= toC ? b : c
                bytes[start + index] &+= UInt8(nearest)
            }
        default: return false
        }
        return true
    }

    /// Writes the pixels of a line to every `across`-th place from `place` on; false when one is not in the palette.
    private func convert(
        _ line: UnsafeMutableBufferPointer<UInt8>, _ columns: Int, into result: UnsafeMutableBufferPointer<UInt8>, _ place: Int,
        _ across: Int
    ) -> Bool {
        let most = 1 << depth - 1
        func sample(_ index: Int) -> Int {
            switch depth {
            case 8: return Int(line[index])
            case 16: return Int(line[2 * index]) << 8 | Int(line[2 * index + 1])
            default: return Int(line[index * depth / 8]) >> (8 - depth - index * depth % 8) & most
            }
        }
        func scaled(_ sample: Int) -> Int { depth == 8 ? sample : (sample * 255 + most / 2) / most }
        func overWhite(_ colour: Int, _ opacity: Int) -> UInt8 {
            opacity == 255 ? UInt8(colour) : UInt8((opacity * colour + (255 - opacity) * 255 + 127) / 255)
        }
        switch pixels {
        case .grey:
            let hidden = transparency.isEmpty ? -1 : Self.number(transparency[0..<2]) & most
            for column in 0..<columns {
                let grey = sample(column)
                result[place + column * across] = grey == hidden ? 255 : UInt8(scaled(grey))
            }
        case .greyAlpha:
            for column in 0..<columns {
                result[place + column * across] = overWhite(scaled(sample(2 * column)), scaled(sample(2 * column + 1)))
            }
        case .colour:
            let hidden = transparency.isEmpty ? [] : [0, 2, 4].map { Self.number(transparency[$0..<$0 + 2]) & most }
            for column in 0..<columns {
                let to = 3 * (place + column * across)
                let colours = (sample(3 * column), sample(3 * column + 1), sample(3 * column + 2))
                let isHidden = !hidden.isEmpty && colours == (hidden[0], hidden[1], hidden[2])
                result[to] = isHidden ? 255 : UInt8(scaled(colours.0))
                result[to + 1] = isHidden ? 255 : UInt8(scaled(colours.1))
                result[to + 2] = isHidden ? 255 : UInt8(scaled(colours.2))
            }
        case .colourAlpha:
            for column in 0..<columns {
                let to = 3 * (place + column * across)
                let opacity = scaled(sample(4 * column + 3))
                for channel in 0..<3 { result[to + channel] = overWhite(scaled(sample(4 * column + channel)), opacity) }
            }
        case .palette:
            for column in 0..<columns {
                let to = 3 * (place + column * across)
                let colour = sample(column)
                guard colour < palette.count / 3 else { return false }
                let opacity = colour < transparency.count ? Int(transparency[colour]) : 255
                for channel in 0..<3 { result[to + channel] = overWhite(Int(palette[3 * colour + channel]), opacity) }
            }
        }
        return true
    }
}
