import Tables

/// Brings images to one shape.
enum ImageScaling {
    /// Which elements along one extent make one of the new extent, and with which shares.
    private struct Share {
        let first: Int
        let weights: [Float]
    }

    /// A row's image as numbers, bytes scaled to 0...1, with the extents and channels of `shape`.
    static func scaled(_ images: ImageColumn, row: Int, to shape: ImageShape) -> [Float] {
        var from = images.shapes[row]
        var pixels = images.pixels(row)
        if case .bytes = images.elements { for place in pixels.indices { pixels[place] /= 255 } }
        if from.channels != shape.channels {
            pixels = shape.channels == 1 ? grey(pixels) : pixels.flatMap { [$0, $0, $0] }
            from = ImageShape(height: from.height, width: from.width, channels: shape.channels)
        }
        if from.width != shape.width {
            pixels = scaled(pixels, outer: from.height, from.width, to: shape.width, inner: shape.channels)
        }
        if from.height != shape.height {
            pixels = scaled(pixels, outer: 1, from.height, to: shape.height, inner: shape.width * shape.channels)
        }
        return pixels
    }

    /// The light of each pixel by the weights of ITU-R BT.601.
    private static func grey(_ pixels: [Float]) -> [Float] {
        (0..<pixels.count / 3).map { 0.299 * pixels[3 * $0] + 0.587 * pixels[3 * $0 + 1] + 0.114 * pixels[3 * $0 + 2] }
    }

    /// `pixels` is (outer, old, inner); the result is (outer, new, inner), each element one chain from zero.
    private static func scaled(_ pixels: [Float], outer: Int, _ old: Int, to new: Int, inner: Int) -> [Float] {
        let shares = old > new ? areas(old, new) : lines(old, new)
        var result = [Float](repeating: 0, count: outer * new * inner)
        for block in 0..<outer {
            for place in 0..<new {
                let share = shares[place]
                for element in 0..<inner {
                    var sum: Float = 0
                    for (index, weight) in share.weights.enumerated() {
                        sum += pixels[(block * old + share.first + index) * inner + element] * weight
                    }
                    result[(block * new + place) * inner + element] = sum
                }
            }
        }
        return result
    }

    /// For a smaller extent: each element is the mean of the stretch that it covers.
    private static func areas(_ old: Int, _ new: Int) -> [Share] {
        (0..<new).map { place in
            // In units of which an old element has `new` and a new one `old`.
            let (start, end) = (place * old, (place + 1) * old)
            let first = start / new
            let last = (end - 1) / new
            return Share(
                first: first,
                weights: (first...last).map { Float(min(end, ($0 + 1) * new) - max(start, $0 * new)) / Float(old) })
        }
    }

    /// For a larger extent: each element lies on the line between the two old ones next to it.
    private static func lines(_ old: Int, _ new: Int) -> [Share] {
        (0..<new).map { place in
            // The element's middle among the old elements' middles, in units of which an old element has `2 * new`.
            let middle = min(max((2 * place + 1) * old - new, 0), 2 * new * (old - 1))
            let first = middle / (2 * new)
            let rest = Float(middle - first * 2 * new) / Float(2 * new)
            return rest == 0 ? Share(first: first, weights: [1]) : Share(first: first, weights: [1 - rest, rest])
        }
    }
}
