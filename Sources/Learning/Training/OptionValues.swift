package import Canonical
package import StageKinds

/// Options as somebody wrote them, read with the defaults and ranges of their descriptions.
///
/// The manifest reader has checked them already; here a wrong value is an error all the same, never a trap.
package struct OptionValues {
    let written: JSONValue
    let descriptions: [OptionDescription]

    package init(written: JSONValue, descriptions: [OptionDescription]) {
        self.written = written
        self.descriptions = descriptions
    }

    /// The value that stands: the written one, else the default.
    func value(_ name: String) -> JSONValue? {
        if let value = written[name] { return value }
        return descriptions.first { $0.name == name }?.defaultValue
    }

    private func refuse(_ name: String, _ rule: String) -> LearningError {
        .problem("bad-option", "option '\(name)' must be \(rule)")
    }

    func number(_ name: String) throws(LearningError) -> Double {
        guard let number = value(name)?.numberValue, number.isFinite else { throw refuse(name, "a number") }
        if case .number(let range)? = descriptions.first(where: { $0.name == name })?.type, !range.contains(number) {
            throw refuse(name, "within its range")
        }
        return number
    }

    /// A whole number, or nil where the option may be absent and is.
    func optionalInteger(_ name: String) throws(LearningError) -> Int? {
        guard let value = value(name) else { return nil }
        guard let integer = value.integerValue else { throw refuse(name, "a whole number") }
        if case .integer(let low, let high)? = descriptions.first(where: { $0.name == name })?.type {
            if let low, integer < low { throw refuse(name, "at least \(low)") }
            if let high, integer > high { throw refuse(name, "at most \(high)") }
        }
        return integer
    }

    package func integer(_ name: String) throws(LearningError) -> Int {
        guard let integer = try optionalInteger(name) else { throw refuse(name, "a whole number") }
        return integer
    }

    func boolean(_ name: String) throws(LearningError) -> Bool {
        guard let boolean = value(name)?.booleanValue else { throw refuse(name, "true or false") }
        return boolean
    }

    package func optionalText(_ name: String) throws(LearningError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue else { throw refuse(name, "text") }
        return text
    }

    /// A list of whole numbers, or nil where the option is absent.
    func optionalIntegers(_ name: String) throws(LearningError) -> [Int]? {
        guard let value = value(name) else { return nil }
        let integers = value.arrayValue?.compactMap(\.integerValue)
        guard let integers, integers.count == value.arrayValue?.count else { throw refuse(name, "a list of whole numbers") }
        return integers
    }

    /// A list of texts, or nil where the option is absent.
    func optionalTexts(_ name: String) throws(LearningError) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let list = value.arrayValue else { throw refuse(name, "a list of column names") }
        var texts: [String] = []
        for element in list {
            guard let text = element.stringValue else { throw refuse(name, "a list of column names") }
            texts.append(text)
        }
        return texts
    }
}
