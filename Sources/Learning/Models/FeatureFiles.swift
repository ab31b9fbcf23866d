import Canonical
import StageKinds
import Tables

/// Features in a model's files: an entry of `model.json` each, and tensors for what is too long for it.
extension Feature {
    /// What `model.json` says of the feature.
    var document: JSONValue {
        var members = [JSONMember("name", .string(name))]
        if let part { members.append(JSONMember("part", .string(part.rawValue))) }
        switch kind {
        case .number(let profile):
            members += [
                JSONMember("type", "number"), JSONMember("mean", .number(profile.mean)),
                JSONMember("deviation", .number(profile.deviation)),
                JSONMember("minimum", .number(profile.minimum)), JSONMember("maximum", .number(profile.maximum)),
                JSONMember("present", .integer(profile.present)), JSONMember("missing", .integer(profile.missing)),
            ]
        case .category(let profile):
            let levels =
                profile.hasLongLevels
                ? JSONMember("levelCount", .integer(profile.levels.count))
                : JSONMember("levels", .array(profile.levels.map(JSONValue.string)))
            members += [
                JSONMember("type", "category"), levels, JSONMember("others", .integer(profile.others)),
                JSONMember("missing", .integer(profile.missing)),
            ]
        case .text(let profile):
            members += [
                JSONMember("type", "text"),
                JSONMember("ngrams", .array([.integer(profile.lengths.lowerBound), .integer(profile.lengths.upperBound)])),
                JSONMember("sublinear", .boolean(profile.isSublinear)),
                JSONMember("stopWords", .array(profile.stopWords.map(JSONValue.string))),
            ]
            switch profile.columns {
            case .terms(let table): members.append(JSONMember("terms", .integer(table.count)))
            case .hashed(let bits): members.append(JSONMember("hashingBits", .integer(bits)))
            }
            members += [JSONMember("rows", .integer(profile.rows)), JSONMember("missing", .integer(profile.missing))]
        case .images(let profile):
            members += [
                JSONMember("type", "images"), JSONMember("height", .integer(profile.shape.height)),
                JSONMember("width", .integer(profile.shape.width)), JSONMember("channels", .integer(profile.shape.channels)),
                JSONMember("means", .array(profile.means.map(JSONValue.number))),
                JSONMember("deviations", .array(profile.deviations.map(JSONValue.number))),
            ]
        }
        return .object(members)
    }

    /// What a caller has to give for the feature; of a date's, that of its day.
    var input: JSONValue {
        var members = [JSONMember("name", .string(name))]
        switch kind {
        case .number(let profile):
            members.append(JSONMember("type", part == nil ? "number" : "date"))
            if profile.present > 0, part == nil {
                members.append(JSONMember("minimum", .number(profile.minimum)))
                members.append(JSONMember("maximum", .number(profile.maximum)))
            }
            members.append(JSONMember("missing", .boolean(profile.missing > 0)))
        case .category(let profile):
            members.append(JSONMember("type", "category"))
            if !profile.hasLongLevels { members.append(JSONMember("levels", .array(profile.levels.map(JSONValue.string)))) }
            members.append(JSONMember("others", .boolean(profile.others > 0)))
            members.append(JSONMember("missing", .boolean(profile.missing > 0)))
        case .text(let profile):
            members.append(JSONMember("type", "text"))
            members.append(JSONMember("missing", .boolean(profile.missing > 0)))
        case .images(let profile):
            members.append(JSONMember("type", "images"))
            members.append(JSONMember("height", .integer(profile.shape.height)))
            members.append(JSONMember("width", .integer(profile.shape.width)))
            members.append(JSONMember("channels", .integer(profile.shape.channels)))
        }
        return .object(members)
    }
}

extension CategoryProfile {
    /// Whether the levels are too many for `model.json`.
    fileprivate var hasLongLevels: Bool { levels.count > Self.mostLevels }
}

extension FeaturePipeline {
    /// What `features.safetensors` holds; nothing for most models.
    // SPEC: model.md#featuressafetensors
    var tensors: [Tensor] {
        var tensors: [Tensor] = []
        for (index, feature) in features.enumerated() {
            switch feature.kind {
            case .number, .images: break
            case .category(let profile):
                guard profile.hasLongLevels else { break }
                var bytes: [UInt8] = []
                var ends: [Int32] = []
                for level in profile.levels {
                    bytes += level.utf8
                    ends.append(Int32(bytes.count))
                }
                tensors += [
                    Tensor("\(index).ends", [ends.count], ends), Tensor("\(index).levels", [bytes.count], bytes),
                ]
            case .text(let profile):
                tensors.append(Tensor("\(index).documents", [profile.documents.count], profile.documents))
                guard case .terms(let table) = profile.columns else { break }
                tensors += [
                    Tensor("\(index).ends", [table.count], table.ends.map { Int32($0) }),
                    Tensor("\(index).terms", [table.arena.count], table.arena),
                ]
            }
        }
        return tensors
    }
}

/// Reads the features of a model.
struct FeatureReader {
    /// What `features.safetensors` holds; nil without such a file.
    let tensors: [Tensor]?

    /// - Throws: ``LearningError/damagedModel(_:)`` for a feature that ``Feature/document`` and ``FeaturePipeline/tensors`` cannot
    ///   have written.
    func pipeline(_ entries: [JSONValue]) throws(LearningError) -> FeaturePipeline {
        let list = TensorList(tensors ?? [])
        var features: [Feature] = []
        for (index, entry) in entries.enumerated() { features.append(try feature(entry, index, list)) }
        let names = features.map { Array("\($0.part?.rawValue ?? "") \($0.name)".utf8) }
        guard !features.isEmpty, Set(names).count == names.count else { throw .damagedModel("its features are not distinct columns") }
        let pipeline = FeaturePipeline(features: features)
        guard pipeline.tensors.count == tensors?.count ?? 0, tensors?.isEmpty != true else {
            throw .damagedModel("'\(TrainedModel.featuresPath)' is not what its features need")
        }
        return pipeline
    }

    static func count(_ value: JSONValue?) -> Int? {
        value?.integerValue.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Distinct texts in the order of their bytes.
    static func sortedTexts(_ value: JSONValue?) -> [String]? {
        guard let list = value?.arrayValue else { return nil }
        let texts = list.compactMap(\.stringValue)
        guard texts.count == list.count, zip(texts, texts.dropFirst()).allSatisfy({ $0.utf8.lexicographicallyPrecedes($1.utf8) })
        else { return nil }
        return texts
    }

    private func feature(_ entry: JSONValue, _ index: Int, _ tensors: TensorList) throws(LearningError) -> Feature {
        guard let name = entry["name"]?.stringValue else { throw .damagedModel("a feature has no name") }
        let wrong = LearningError.damagedModel("the profile of feature '\(name)' is not one")
        var part: DatePart?
        if let written = entry["part"] {
            part = written.stringValue.flatMap(DatePart.init(rawValue:))
            guard let part, (entry["type"] == "number") == (part == .day), entry["type"] == "number" || entry["type"] == "category"
            else { throw wrong }
        }
        let kind: Feature.Kind?
        switch entry["type"]?.stringValue {
        case "number": kind = Self.number(entry).map { .number($0) }
        case "category": kind = try category(entry, index, tensors, wrong).map { .category($0) }
        case "text": kind = try text(entry, index, tensors, wrong).map { .text($0) }
        case "images": kind = Self.images(entry).map { .images($0) }
        default: kind = nil
        }
        guard let kind else { throw wrong }
        return Feature(name: name, part: part, kind: kind)
    }

    private static func number(_ entry: JSONValue) -> NumberProfile? {
        let largest = FeatureColumn.largestNumber
        guard let mean = entry["mean"]?.numberValue, let deviation = entry["deviation"]?.numberValue,
            let minimum = entry["minimum"]?.numberValue, let maximum = entry["maximum"]?.numberValue,
            let present = count(entry["present"]), let missing = count(entry["missing"]), minimum <= maximum, -largest <= minimum,
            maximum <= largest, mean.magnitude <= largest, 0 <= deviation, deviation <= 2 * largest
        else { return nil }
        return NumberProfile(
            mean: mean, deviation: deviation, minimum: minimum, maximum: maximum, present: present, missing: missing)
    }

    private func category(
        _ entry: JSONValue, _ index: Int, _ tensors: TensorList, _ wrong: LearningError
    ) throws(LearningError) -> CategoryProfile? {
        guard let others = Self.count(entry["others"]), let missing = Self.count(entry["missing"]) else { return nil }
        if let levelCount = Self.count(entry["levelCount"]) {
            guard CategoryProfile.mostLevels < levelCount, levelCount <= CategoryProfile.mostSparseLevels else { return nil }
            let packed = try packedTexts(index, "levels", count: levelCount, tensors, wrong)
            var start = 0
            var levels: [String] = []
            levels.reserveCapacity(levelCount)
            for end in packed.ends {
                levels.append(String(decoding: packed.bytes[start..<end], as: UTF8.self))
                start = end
            }
            return CategoryProfile(levels: levels, others: others, missing: missing)
        }
        guard let levels = Self.sortedTexts(entry["levels"]), levels.count <= CategoryProfile.mostLevels else { return nil }
        return CategoryProfile(levels: levels, others: others, missing: missing)
    }

    private func text(
        _ entry: JSONValue, _ index: Int, _ tensors: TensorList, _ wrong: LearningError
    ) throws(LearningError) -> TextProfile? {
        guard let ngrams = entry["ngrams"]?.arrayValue?.compactMap(\.integerValue), ngrams.count == 2, 1 <= ngrams[0],
            ngrams[0] <= ngrams[1], ngrams[1] <= 3, let isSublinear = entry["sublinear"]?.booleanValue,
            let stopWords = Self.sortedTexts(entry["stopWords"]), let rows = Self.count(entry["rows"]), rows <= Int(Int32.max),
            let missing = Self.count(entry["missing"]), missing <= rows
        else { return nil }
        let columns: TextProfile.Columns
        let width: Int
        if let bits = Self.count(entry["hashingBits"]) {
            guard 8...24 ~= bits else { return nil }
            columns = .hashed(bits: bits)
            width = 1 << bits
        } else {
            guard let count = Self.count(entry["terms"]), 1...TextProfile.mostColumns ~= count else { return nil }
            let packed = try packedTexts(index, "terms", count: count, tensors, wrong)
            columns = .terms(TermTable(arena: packed.bytes, ends: packed.ends))
            width = count
        }
        let documents = try tensors.integers("\(index).documents", [width])
        guard documents.allSatisfy({ 0 <= $0 && $0 <= rows }), documents.contains(where: { $0 > 0 }) else { return nil }
        return TextProfile(
            lengths: ngrams[0]...ngrams[1], isSublinear: isSublinear, stopWords: stopWords, columns: columns, documents: documents,
            rows: rows, missing: missing)
    }

    /// Distinct texts in the order of their bytes, one after the other, and where each ends.
    private func packedTexts(
        _ index: Int, _ name: String, count: Int, _ tensors: TensorList, _ wrong: LearningError
    ) throws(LearningError) -> (bytes: [UInt8], ends: [Int]) {
        let ends = try tensors.integers("\(index).ends", [count]).map { Int($0) }
        let bytes = try tensors.bytes("\(index).\(name)", [ends.last ?? 0])
        var start = 0
        var last = 0..<0
        for (place, end) in ends.enumerated() {
            guard start <= end, end <= bytes.count else { throw wrong }
            let range = start..<end
            guard place == 0 || bytes[last].lexicographicallyPrecedes(bytes[range]) else { throw wrong }
            (last, start) = (range, end)
        }
        // Ends inside a character would not give back the same bytes.
        guard String(validating: bytes, as: UTF8.self) != nil, ends.allSatisfy({ $0 == bytes.count || bytes[$0] & 0xC0 != 0x80 })
        else { throw wrong }
        return (bytes, ends)
    }

    private static func images(_ entry: JSONValue) -> ImageProfile? {
        guard let height = count(entry["height"]), let width = count(entry["width"]), let channels = count(entry["channels"]),
            1...65_536 ~= height, 1...65_536 ~= width, channels == 1 || channels == 3
        else { return nil }
        let shape = ImageShape(height: height, width: width, channels: channels)
        guard shape.count <= ImageProfile.mostElements, let means = entry["means"]?.arrayValue?.compactMap(\.numberValue),
            let deviations = entry["deviations"]?.arrayValue?.compactMap(\.numberValue), means.count == channels,
            deviations.count == channels, means.allSatisfy({ $0.magnitude <= 1e30 }), deviations.allSatisfy({ 1e-30 <= $0 && $0 <= 1e30 })
        else { return nil }
        return ImageProfile(shape: shape, means: means, deviations: deviations)
    }
}
