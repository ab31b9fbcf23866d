import Diagnostics
import Numerics
package import Tables

/// What training decided for a column of images: the shape that all are brought to, and how light is scaled.
package struct ImageProfile: Hashable, Sendable {
    /// Elements of an image; larger ones are refused.
    static let mostElements = 1 << 26
    /// Elements of all images; more are refused: 8 GiB.
    static let mostColumnElements = 1 << 31

    package let shape: ImageShape
    /// For each channel the mean of the training rows' elements and the root of their mean squared distance from it; 0 and 1
    /// where channels are not standardised, and a deviation of 1 where all elements are equal.
    package let means: [Double]
    package let deviations: [Double]

    init(shape: ImageShape, means: [Double], deviations: [Double]) {
        self.shape = shape
        self.means = means
        self.deviations = deviations
    }

    /// Chooses the shape, and learns the channels' means and deviations.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` for images without pixels, or more of them than memory holds.
    init(_ column: FeatureColumn, _ options: ImageOptions, threads: Int) throws(LearningError) {
        let images = try column.images()
        let common = Self.mostFrequent(images.shapes)
        let shape = ImageShape(
            height: options.height ?? common.height, width: options.width ?? common.width, channels: options.channels ?? common.channels)
        let channels = shape.channels
        let plain = ImageProfile(
            shape: shape, means: [Double](repeating: 0, count: channels), deviations: [Double](repeating: 1, count: channels))
        guard options.isStandardised else {
            self = plain
            return
        }
        let elements = try plain.elements(column, threads: threads)
        let perChannel = Double(images.rowCount * shape.height * shape.width)
        let sums = Self.sums(elements, shape, from: plain.means, isSquared: false, threads: threads)
        let means = sums.map { $0 / perChannel + 0 }
        let squares = Self.sums(elements, shape, from: means, isSquared: true, threads: threads)
        let deviations = squares.map { ($0 / perChannel).squareRoot() }
        self.init(shape: shape, means: means, deviations: deviations.map { $0 > 0 ? $0 : 1 })
    }

    /// The shape that most rows have; of equally frequent ones the one with fewest rows of pixels, then pixels, then channels.
    private static func mostFrequent(_ shapes: [ImageShape]) -> ImageShape {
        var counts: [ImageShape: Int] = [:]
        for shape in shapes { counts[shape, default: 0] += 1 }
        func order(_ entry: (key: ImageShape, value: Int)) -> (Int, Int, Int, Int) {
            (-entry.value, entry.key.height, entry.key.width, entry.key.channels)
        }
        // DETERMINISM: shapes differ, so the order is total.
        guard let best = counts.min(by: { order($0) < order($1) }) else { preconditionFailure("training has rows") }
        return best.key
    }

    /// For each channel the sum over all images of the elements' distances from `centers`, or of their squares.
    // DETERMINISM: in an image one chain for each channel, row by row; then images in the shape of Reduction.
    private static func sums(
        _ elements: [Float], _ shape: ImageShape, from centers: [Double], isSquared: Bool, threads: Int
    ) -> [Double] {
        let channels = shape.channels
        let count = elements.count / shape.count
        let parts = ParallelLoop.map(count: count, threads: threads) { image in
            var sums = [Double](repeating: 0, count: channels)
            let first = image * shape.count
            for channel in 0..<channels {
                var sum = 0.0
                for place in stride(from: first + channel, to: first + shape.count, by: channels) {
                    let distance = Double(elements[place]) - centers[channel]
                    sum += isSquared ? distance * distance : distance
                }
                sums[channel] = sum
            }
            return sums
        }
        return (0..<channels).map { channel in Reduction.sum(parts.map { $0[channel] }) }
    }

    /// The column's images as a model sees them, (rows, height, width, channels).
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` for images without pixels, or more of them than memory holds.
    // SPEC: model.md#images
    func elements(_ column: FeatureColumn, threads: Int) throws(LearningError) -> [Float] {
        let images = try column.images()
        guard shape.count <= Self.mostElements, images.rowCount <= Self.mostColumnElements / shape.count else {
            throw .problem(
                "too-large",
                "\(images.rowCount) images of \(shape.height) x \(shape.width) pixels in column '\(column.name)' are too large for a model")
        }
        let size = shape.count
        let means = means.map { Float($0) }
        let deviations = deviations.map { Float($0) }
        return [Float](unsafeUninitializedCapacity: images.rowCount * size) { buffer, initialized in
            nonisolated(unsafe) let result = buffer
            ParallelLoop.run(count: images.rowCount, threads: threads) { row in
                let image = ImageScaling.scaled(images, row: row, to: shape)
                for place in 0..<size {
                    let channel = place % shape.channels
                    result.initializeElement(at: row * size + place, to: (image[place] - means[channel]) / deviations[channel])
                }
            }
            initialized = images.rowCount * size
        }
    }
}

extension FeatureColumn {
    /// The column's images, none of which is without pixels.
    func images() throws(LearningError) -> ImageColumn {
        guard case .images(let images) = table.columns[index].values else {
            throw .diagnostics([
                Diagnostic(
                    code: "learning/not-images", "column '\(name)' holds no images, and the model was trained with images there",
                    at: Diagnostic.Location(source: table.source.name, span: nil))
            ])
        }
        let empty = images.shapes.indices.lazy.filter { images.shapes[$0].count == 0 }
        let problems = empty.prefix(Self.mostProblems).map { row in
            problem("empty-image", "the image in column '\(name)' has no pixels", row)
        }
        if !problems.isEmpty { throw .diagnostics(Array(problems)) }
        return images
    }
}
