package import Canonical

/// `convolutional-network`: filters that move over images, then layers of weighted sums.
package enum ConvolutionalNetworkLearner {
    package static let description = VariantDescription(
        LearnerKind.convolutionalNetwork.rawValue, summary: "filters that move over images, and layers of weighted sums after them",
        options: [
            .optional(
                "image", .object(imageOptions), absent: "a column of images is read",
                "the image that the numeric features, in their order, are the pixels of: by rows, and the channels of a pixel together"),
            .defaulted(
                "layers", .list(of: .variants(tag: "kind", NetworkLayerKind.allCases.map(\.description)), minCount: 1), defaultLayers,
                "the layers before the last one, which has one output for each answer"),
        ] + NetworkTraining.options(epochs: 20, weightDecay: 0.01))

    package static let imageOptions: [OptionDescription] = [
        .required("height", .integer(min: 1, max: 4096), "rows of pixels"),
        .required("width", .integer(min: 1, max: 4096), "pixels in a row"),
        .defaulted("channels", .integer(min: 1, max: 1024), .integer(1), "numbers of a pixel"),
    ]

    /// Two convolutions with a pool after each, and a dense layer: good for small images.
    package static let defaultLayers: JSONValue = .array([
        layer(.convolution, ("filters", 32)), layer(.maxPool), layer(.convolution, ("filters", 64)), layer(.maxPool),
        layer(.dense, ("units", 128)), layer(.dropout, ("share", 0.5)),
    ])

    private static func layer(_ kind: NetworkLayerKind, _ members: (String, JSONValue)...) -> JSONValue {
        .object([JSONMember("kind", .string(kind.rawValue))] + members.map { JSONMember($0.0, $0.1) })
    }
}

/// What a layer of a convolutional network is.
package enum NetworkLayerKind: String, CaseIterable, Sendable {
    case convolution
    case maxPool = "max-pool"
    case averagePool = "average-pool"
    case batchNorm = "batch-norm"
    case dropout
    case dense
}

extension NetworkLayerKind {
    /// The kind's name and options.
    package var description: VariantDescription {
        switch self {
        case .convolution:
            VariantDescription(
                rawValue, summary: "filters over square windows, then the activation",
                options: [
                    .defaulted("filters", .integer(min: 1, max: 4096), .integer(32), "numbers that come of each window"),
                    .defaulted("size", .integer(min: 1, max: 64), .integer(3), "height and width of a window"),
                    .defaulted("stride", .integer(min: 1, max: 64), .integer(1), "pixels from one window to the next"),
                    .defaulted(
                        "padding", .choice(ConvolutionPadding.allCases.map(\.rawValue)), .string(ConvolutionPadding.same.rawValue),
                        "whether zeros around the image keep its size at a stride of 1, or windows lie inside the image"),
                ])
        case .maxPool: VariantDescription(rawValue, summary: "the largest of each window", options: Self.pool)
        case .averagePool: VariantDescription(rawValue, summary: "the mean of each window", options: Self.pool)
        case .batchNorm:
            VariantDescription(
                rawValue,
                summary: "standardises each channel over a batch; after a convolution or a dense layer it comes before its activation",
                options: [])
        case .dropout:
            VariantDescription(
                rawValue, summary: "leaves out values at random while training",
                options: [
                    .defaulted(
                        "share", .number(NumberRange(min: 0, max: 1, excludesMax: true)), .number(0.5),
                        "share of the values that is left out")
                ])
        case .dense:
            VariantDescription(
                rawValue, summary: "weighted sums of all values, then the activation",
                options: [.required("units", .integer(min: 1, max: 65_536), "how many sums")])
        }
    }

    private static let pool: [OptionDescription] = [
        .defaulted("size", .integer(min: 1, max: 16), .integer(2), "height and width of a window"),
        .optional("stride", .integer(min: 1, max: 64), absent: "the size", "pixels from one window to the next"),
    ]
}

/// What a convolution does at the edges.
package enum ConvolutionPadding: String, CaseIterable, Sendable {
    case same
    case valid
}
