import StageKinds
import Tables

extension FeaturePipeline {
    /// What the columns were taken for, for people: `30 numbers, 1 text (41233 terms), 2 categories`.
    package var summary: String {
        var numbers = 0
        var categories = 0
        var dates = 0
        var others: [String] = []
        for feature in features {
            if feature.part != nil {
                if feature.part == .day { dates += 1 }
                continue
            }
            switch feature.kind {
            case .number: numbers += 1
            case .category: categories += 1
            case .text(let profile): others.append("text '\(feature.name)' (\(profile.width) \(profile.isHashed ? "columns" : "terms"))")
            case .images(let profile):
                let kind = profile.shape.channels == 1 ? "grey" : "colour"
                others.append("images '\(feature.name)' (\(profile.shape.height) x \(profile.shape.width), \(kind))")
            }
        }
        func counted(_ count: Int, _ one: String, _ many: String) -> [String] {
            count == 0 ? [] : ["\(count) \(count == 1 ? one : many)"]
        }
        let parts =
            counted(numbers, "number", "numbers") + counted(categories, "category", "categories") + counted(dates, "date", "dates") + others
        return parts.joined(separator: ", ")
    }
}
