import Canonical

/// `features.images`: what images are made before a model sees them.
package enum ImageFeatures {
    /// What `channels` may say.
    package enum Channels: String, CaseIterable, Sendable {
        case grey
        case colour
    }

    package static let options: [OptionDescription] = [
        .optional("height", .integer(min: 1, max: 4096), absent: "that of most images", "rows of pixels that every image is made to have"),
        .optional("width", .integer(min: 1, max: 4096), absent: "that of most images", "pixels in a row that every image is made to have"),
        .optional(
            "channels", .choice(Channels.allCases.map(\.rawValue)), absent: "as in most images",
            "whether a pixel is a shade of grey or has red, green and blue"),
        .defaulted(
            "standardise", .boolean, .boolean(true),
            "whether each channel has its mean over the training rows taken away and is divided by its deviation"),
    ]
}
