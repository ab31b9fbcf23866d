import StageKinds

/// What images are made before a model sees them: what `features.images` says.
struct ImageOptions: Hashable, Sendable {
    let height: Int?
    let width: Int?
    /// 1 or 3; nil for what most images have.
    let channels: Int?
    let isStandardised: Bool

    init(_ values: OptionValues) throws(LearningError) {
        height = try values.optionalInteger("height")
        width = try values.optionalInteger("width")
        isStandardised = try values.boolean("standardise")
        guard let text = try values.optionalText("channels") else {
            channels = nil
            return
        }
        switch ImageFeatures.Channels(rawValue: text) {
        case .grey: channels = 1
        case .colour: channels = 3
        case nil: throw .problem("bad-option", "option 'channels' must be grey or colour")
        }
    }
}
