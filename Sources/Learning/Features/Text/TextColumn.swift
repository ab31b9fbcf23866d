import Tables

extension FeatureColumn {
    /// Whether a column of categories is texts: at least half of its values differ, and half have three words or more.
    var looksLikeText: Bool {
        guard case .categories(let codes, let levels) = table.columns[index].values else { return false }
        var present = 0
        var long = 0
        let isLong = levels.map(Self.hasThreeWords)
        for code in codes where code >= 0 {
            present += 1
            if isLong[Int(code)] { long += 1 }
        }
        return present > 0 && 2 * levels.count >= present && 2 * long >= present
    }

    /// Whether a text has three runs or more of bytes that are no blanks.
    private static func hasThreeWords(_ text: String) -> Bool {
        var runs = 0
        var isInside = false
        for byte in text.utf8 {
            let isBlank = byte == UInt8(ascii: " ") || (9...13).contains(byte)
            if !isBlank, !isInside { runs += 1 }
            if runs == 3 { return true }
            isInside = !isBlank
        }
        return false
    }
}
