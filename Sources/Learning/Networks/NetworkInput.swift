import Canonical
import Numerics
import Tables

/// What goes into a network for a row of features.
enum NetworkInput: Hashable, Sendable {
    /// The columns of the design: standardised numbers, and indicators of categories.
    case columns(DesignLayout)
    /// The numeric features are pixels; each channel is standardised with all its pixels.
    case grid(NetworkShape, channels: [Channel])

    /// The one feature is a column of images, standardised as its profile says.
    case images(NetworkShape)

    /// Mean and deviation of a channel's pixels.
    struct Channel: Hashable, Sendable {
        let mean: Double
        let deviation: Double
    }

    /// Numbers further from the mean than this many deviations count as this far.
    static let furthest = 1000.0
    /// More numbers than this are refused: 4 GiB.
    private static let mostElements = 1 << 30
    private static let blockRows = 128

    var shape: NetworkShape {
        switch self {
        case .columns(let layout): NetworkShape(count: layout.columns.count)
        case .grid(let shape, _), .images(let shape): shape
        }
    }

    /// The images of a pipeline that has no other feature.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` if it has.
    init(imagesOf pipeline: FeaturePipeline) throws(LearningError) {
        var shapes: [NetworkShape] = []
        for case .images(let profile) in pipeline.features.map(\.kind) {
            shapes.append(NetworkShape(height: profile.shape.height, width: profile.shape.width, channels: profile.shape.channels))
        }
        guard shapes.count == 1, pipeline.features.count == 1 else {
            let found = shapes.isEmpty ? "there is no column of images" : "there are other features beside a column of images"
            throw .problem(
                "not-pixels", "\(found), and a network of convolutions sees images alone",
                notes: [
                    shapes.isEmpty
                        ? "where columns of numbers are the pixels, say their image: \"image\": { \"height\": 8, \"width\": 8 }"
                        : "name the column of images in \"features\": { \"include\": [...] }"
                ])
        }
        self = .images(shapes[0])
    }

    /// The pixels of images, from a pipeline whose features are numbers in the order of `shape`.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` if they are not.
    init(pixels shape: NetworkShape, of pipeline: FeaturePipeline) throws(LearningError) {
        var profiles: [NumberProfile] = []
        for feature in pipeline.features {
            guard case .number(let profile) = feature.kind else {
                throw .problem(
                    "not-pixels", "the feature '\(feature.name)' is no number, and pixels are numbers",
                    notes: ["leave it out with 'features.exclude'"])
            }
            profiles.append(profile)
        }
        guard profiles.count == shape.count else {
            throw .problem(
                "not-pixels",
                "an image of \(shape.description) has \(shape.count) pixels' numbers, and there are \(profiles.count) numeric features",
                notes: ["correct 'image', or choose the columns of pixels with 'features.include'"])
        }
        self = .grid(shape, channels: (0..<shape.channels).map { Channel(profiles, $0, of: shape.channels) })
    }

    /// All rows of a table, (rows, columns).
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when they would not fit into memory.
    func rows(_ table: FeatureTable, threads: Int) throws(LearningError) -> FloatBuffer {
        let width = shape.count
        let (count, overflow) = table.rowCount.multipliedReportingOverflow(by: width)
        guard !overflow, count <= Self.mostElements else {
            throw .problem("too-large", "\(table.rowCount) rows of \(width) numbers are too large for a network")
        }
        let buffer = FloatBuffer(count)
        ParallelLoop.run(count: (table.rowCount + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
            let first = block * Self.blockRows
            fill(buffer.base + first * width, first..<min(table.rowCount, first + Self.blockRows), of: table)
        }
        return buffer
    }

    /// Some rows of a table, (rows, columns).
    func fill(_ target: UnsafeMutablePointer<Float>, _ rows: Range<Int>, of table: FeatureTable) {
        let width = shape.count
        switch self {
        case .columns(let layout):
            for (place, column) in layout.columns.enumerated() {
                switch column {
                case .standardised(let feature, let mean, let deviation):
                    Self.standardise(table.columns[feature], rows, mean, deviation, into: target + place, step: width)
                case .indicator(let feature, let code):
                    guard case .codes(let codes) = table.columns[feature] else { preconditionFailure("a category's column holds codes") }
                    for row in rows { target[(row - rows.lowerBound) * width + place] = codes[row] == code ? 1 : 0 }
                }
            }
        case .images:
            guard case .images(let elements) = table.columns[0] else { preconditionFailure("a column of images holds images") }
            elements.withUnsafeBufferPointer { elements in
                let first = rows.lowerBound * width
                for place in 0..<rows.count * width {
                    target[place] = min(max(elements[first + place], -Float(Self.furthest)), Float(Self.furthest))
                }
            }
        case .grid(let shape, let channels):
            for place in 0..<shape.count {
                let channel = channels[place % shape.channels]
                Self.standardise(table.columns[place], rows, channel.mean, channel.deviation, into: target + place, step: width)
            }
        }
    }

    /// Numbers as deviations from their mean, a missing one as 0.
    private static func standardise(
        _ column: FeatureTable.Column, _ rows: Range<Int>, _ mean: Double, _ deviation: Double, into target: UnsafeMutablePointer<Float>,
        step: Int
    ) {
        guard case .numbers(let numbers) = column else { preconditionFailure("a number's column holds numbers") }
        numbers.withUnsafeBufferPointer { numbers in
            for row in rows {
                let number = numbers[row]
                let distance = number.isNaN || deviation <= 0 ? 0 : (number - mean) / deviation
                target[(row - rows.lowerBound) * step] = Float(min(max(distance, -furthest), furthest))
            }
        }
    }
}

extension NetworkInput.Channel {
    /// Of every `step`-th profile from `first` on, as if each pixel stood in as many rows as the others.
    fileprivate init(_ profiles: [NumberProfile], _ first: Int, of step: Int) {
        let own = stride(from: first, to: profiles.count, by: step).map { profiles[$0] }
        let mean = Reduction.mean(own.map(\.mean))
        let squares = own.map { profile in
            let distance = profile.mean - mean
            return profile.deviation * profile.deviation + distance * distance
        }
        self.init(mean: mean, deviation: Reduction.mean(squares).squareRoot())
    }
}
