import Canonical
import StageKinds

/// A layer of a network as its options say it; sizes follow from what comes before it, in a ``NetworkPlan``.
enum NetworkLayer: Hashable, Sendable {
    case convolution(filters: Int, size: Int, stride: Int, padding: ConvolutionPadding)
    case maxPool(size: Int, stride: Int)
    case averagePool(size: Int, stride: Int)
    case batchNorm
    case dropout(share: Double)
    case dense(units: Int)

    /// Reads an item of the option `layers`.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` for a kind that there is not, or a value outside its range.
    init(_ written: JSONValue) throws(LearningError) {
        guard let kind = written["kind"]?.stringValue.flatMap(NetworkLayerKind.init(rawValue:)) else {
            throw .problem(
                "bad-option", "a layer's 'kind' must be one of \(NetworkLayerKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let values = OptionValues(written: written, descriptions: kind.description.options)
        switch kind {
        case .convolution:
            guard let padding = try values.optionalText("padding").flatMap(ConvolutionPadding.init(rawValue:)) else {
                throw .problem(
                    "bad-option", "option 'padding' must be \(ConvolutionPadding.allCases.map(\.rawValue).joined(separator: " or "))")
            }
            let size = try values.integer("size")
            if padding == .same, size % 2 == 0 {
                throw .problem(
                    "bad-option",
                    "a convolution of 'size' \(size) cannot keep the size of its image; use an odd size, or the padding 'valid'")
            }
            self = .convolution(
                filters: try values.integer("filters"), size: size, stride: try values.integer("stride"), padding: padding)
        case .maxPool:
            let size = try values.integer("size")
            self = .maxPool(size: size, stride: try values.optionalInteger("stride") ?? size)
        case .averagePool:
            let size = try values.integer("size")
            self = .averagePool(size: size, stride: try values.optionalInteger("stride") ?? size)
        case .batchNorm: self = .batchNorm
        case .dropout: self = .dropout(share: try values.number("share"))
        case .dense: self = .dense(units: try values.integer("units"))
        }
    }

    var kind: NetworkLayerKind {
        switch self {
        case .convolution: .convolution
        case .maxPool: .maxPool
        case .averagePool: .averagePool
        case .batchNorm: .batchNorm
        case .dropout: .dropout
        case .dense: .dense
        }
    }

    /// The layer with all its options, as a model says it.
    var document: JSONValue {
        var members = [JSONMember("kind", .string(kind.rawValue))]
        switch self {
        case .convolution(let filters, let size, let stride, let padding):
            members += [
                JSONMember("filters", .integer(filters)), JSONMember("size", .integer(size)), JSONMember("stride", .integer(stride)),
                JSONMember("padding", .string(padding.rawValue)),
            ]
        case .maxPool(let size, let stride), .averagePool(let size, let stride):
            members += [JSONMember("size", .integer(size)), JSONMember("stride", .integer(stride))]
        case .batchNorm: break
        case .dropout(let share): members.append(JSONMember("share", .number(share)))
        case .dense(let units): members.append(JSONMember("units", .integer(units)))
        }
        return .object(members)
    }
}

/// How large what goes into a layer is; numbers that are no image are pixels of a channel each, side by side: (1, 1, count).
struct NetworkShape: Hashable, Sendable {
    let height: Int
    let width: Int
    let channels: Int

    /// So many numbers that are no image.
    init(count: Int) {
        self.init(height: 1, width: 1, channels: count)
    }

    init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    var pixels: Int { height * width }
    var count: Int { pixels * channels }
    var isImage: Bool { pixels > 1 }

    var description: String { "\(height) x \(width) with \(channels) channels" }
}
