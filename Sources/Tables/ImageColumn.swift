/// How large an image is, and how many elements each of its pixels has.
package struct ImageShape: Hashable, Sendable {
    package let height: Int
    package let width: Int
    /// 1 for shades of grey, 3 for red, green and blue.
    package let channels: Int

    package init(height: Int, width: Int, channels: Int) {
        precondition(height >= 0 && width >= 0 && (channels == 1 || channels == 3), "an image has an extent, and 1 or 3 channels")
        self.height = height
        self.width = width
        self.channels = channels
    }

    package var count: Int { height * width * channels }
}

/// A column of images, one per row, their elements one after the other.
///
/// Each image is (height, width, channels), row-major. Images of a column may differ in shape; whoever needs one shape asks for
/// ``commonShape``.
package struct ImageColumn: Hashable, Sendable {
    package enum Elements: Hashable, Sendable {
        /// 0 is black, 255 is full light. What a file holds in other depths was scaled to this.
        case bytes([UInt8])
        /// As an array of floating-point numbers has them; all are finite.
        case floats([Float])
    }

    package let elements: Elements
    /// The shape of each row's image.
    package let shapes: [ImageShape]
    /// Where the elements of each row start, then the end of the last.
    package let starts: [Int]

    /// - Parameter elements: As many as the shapes say together.
    package init(_ elements: Elements, shapes: [ImageShape]) {
        self.elements = elements
        self.shapes = shapes
        var starts = [0]
        starts.reserveCapacity(shapes.count + 1)
        var end = 0
        for shape in shapes {
            end += shape.count
            starts.append(end)
        }
        self.starts = starts
        switch elements {
        case .bytes(let bytes): precondition(bytes.count == end, "the shapes say how many elements there are")
        case .floats(let floats): precondition(floats.count == end, "the shapes say how many elements there are")
        }
    }

    package var rowCount: Int { shapes.count }

    /// The shape that all images have; nil when they differ or there are none.
    package var commonShape: ImageShape? {
        guard let first = shapes.first, shapes.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    /// Where the elements of a row stand.
    package func range(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

    /// The elements of a row, bytes as 0 to 255.
    package func pixels(_ row: Int) -> [Float] {
        switch elements {
        case .bytes(let bytes): bytes[range(row)].map { Float($0) }
        case .floats(let floats): Array(floats[range(row)])
        }
    }
}
