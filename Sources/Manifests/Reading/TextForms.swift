/// Semantic versions as semver.org 2.0.0 defines them.
enum SemanticVersion {
    private static let number = "(0|[1-9][0-9]*)"
    private static let identifier = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    static let pattern =
        "^\(number)\\.\(number)\\.\(number)(-\(identifier)(\\.\(identifier))*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$"

    static func isOne(_ text: String) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        let halves = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2, !halves[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isIdentifier) { return false }
        let parts = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            let identifiers = parts[1].split(separator: ".", omittingEmptySubsequences: false)
            guard identifiers.allSatisfy({ isIdentifier($0) && (!isDigits($0) || isNumber($0)) }) else { return false }
        }
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy(isNumber)
    }

    /// `1` and `1.0` filled up, a leading `v` dropped; nil where that gives no version.
    static func mended(_ text: String) -> String? {
        let bare = text.utf8.first == UInt8(ascii: "v") ? String(text.dropFirst()) : text
        let dots = bare.utf8.count { $0 == UInt8(ascii: ".") }
        let filled = dots < 2 ? bare + String(repeating: ".0", count: 2 - dots) : bare
        return filled != text && isOne(filled) ? filled : nil
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        isDigits(text) && (text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0"))
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    true
                default: byte == UInt8(ascii: "-")
                }
            }
    }
}

/// Durations such as `90s`, `5m` or `1h30m`: hours, minutes, seconds, in this order, each at most once.
enum DurationText {
    static let pattern = "^(?=[0-9])([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"
    /// Thirty days.
    static let longest = 30 * 24 * 3600

    /// Seconds; nil for a text of another form.
    static func seconds(_ text: String) -> Int? {
        var total = 0
        var units: [(UInt8, Int)] = [(UInt8(ascii: "h"), 3600), (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1)]
        var value = 0
        var digits = 0
        guard !text.isEmpty else { return nil }
        for byte in text.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
                digits += 1
                if digits > 6 { return nil }
            } else {
                guard digits > 0, let position = units.firstIndex(where: { $0.0 == byte }) else { return nil }
                total += value * units[position].1
                units.removeFirst(position + 1)
                value = 0
                digits = 0
            }
        }
        return digits == 0 ? total : nil
    }

    /// A bare number with the unit that it lacks, seconds; nil where that gives no time that is taken.
    static func mended(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        let result = text + "s"
        return seconds(result).map((1...longest).contains) == true ? result : nil
    }
}

/// Sizes such as `512MiB`: a whole number and a unit of 1024 bytes or a power of it.
enum ByteSizeText {
    static let pattern = "^[1-9][0-9]{0,15}(KiB|MiB|GiB|TiB)$"
    /// The most bytes that are taken: what a number in JSON holds exactly.
    static let most = 9_007_199_254_740_991
    private static let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]

    /// Bytes, ``most`` plus one for whatever is more; nil for a text of another form.
    static func bytes(_ text: String) -> Int? {
        guard let (digits, shift) = parts(text), let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 16 else {
            return nil
        }
        var count = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            count = count * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return count > most >> shift ? most + 1 : count << shift
    }

    private static func parts(_ text: String) -> (digits: [UInt8], shift: Int)? {
        let unit = units.first { text.utf8.count > $0.0.utf8.count && text.utf8.suffix($0.0.utf8.count).elementsEqual($0.0.utf8) }
        return unit.map { (Array(text.utf8.dropLast($0.0.utf8.count)), $0.1) }
    }

    /// The text with its unit written as one that is taken, as `512 MB` and `512m` mean it; nil where that gives no size.
    static func mended(_ text: String) -> String? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let word = text.utf8.dropFirst(digits.count).drop { $0 == 0x20 }.map { $0 | 0x20 }
        guard let letter = word.first, let unit = units.first(where: { $0.0.utf8.first.map { $0 | 0x20 } == letter }) else { return nil }
        guard ["", "b", "ib"].contains(where: { $0.utf8.elementsEqual(word.dropFirst()) }) else { return nil }
        let result = String(decoding: Array(digits), as: UTF8.self) + unit.0
        return result != text && bytes(result).map({ $0 <= most }) == true ? result : nil
    }
}

/// Files that name packages: what pip reads line by line, or a lock of PEP 751.
enum RequirementsFile {
    /// Whether the name is `pylock.toml` or `pylock.NAME.toml`.
    static func isLock(_ path: RelativePath) -> Bool {
        let parts = path.lastComponent.split(separator: ".", omittingEmptySubsequences: false)
        return parts.first == "pylock" && parts.last == "toml" && (parts.count == 2 || parts.count == 3 && !parts[1].isEmpty)
    }

    /// Whether the name is that of another tool's file, which would be misread line by line.
    static func isForeign(_ path: RelativePath) -> Bool {
        if isLock(path) { return false }
        guard let ending = path.fileExtension else { return path.lastComponent == "Pipfile" }
        return ["cfg", "json", "lock", "py", "toml", "yaml", "yml"].contains(ending)
    }

    /// The path in what stands where packages belong: `requirements.txt`, `./locks/pylock.toml`, `-r requirements.txt`; nil in a requirement.
    static func meant(_ text: String) -> RelativePath? {
        var rest = text[...]
        for option in ["--requirements", "--requirement", "-r"] where rest.hasPrefix(option) {
            rest = rest.dropFirst(option.count).drop { $0 == " " || $0 == "=" }
            break
        }
        let isOption = rest.utf8.count < text.utf8.count
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        guard let path = RelativePath(String(rest)), !rest.hasPrefix("-") else { return nil }
        if isOption { return path }
        if rest.contains(where: { " <>=!~;@[:".contains($0) }) { return nil }
        return ["txt", "toml"].contains(path.fileExtension) || rest.contains("/") ? path : nil
    }
}

/// Versions of Python: `3.11` or `3.11.4`.
enum PythonVersion {
    static let pattern = "^3\\.[0-9]{1,3}(\\.[0-9]{1,3})?$"

    static func isOne(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts[0] == "3" else { return false }
        return parts.dropFirst().allSatisfy { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
    }
}

/// Names of programs, as they are called.
enum ToolName {
    static let pattern = "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"

    static func isOne(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64, isLetterOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || "._+-".utf8.contains($0) }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }
}

/// Names of environment variables.
enum VariableName {
    static let pattern = "^[A-Za-z_][A-Za-z0-9_]{0,254}$"

    static func isOne(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 255 else { return false }
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) { return false }
        return text.utf8.allSatisfy { ToolName.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    }
}

/// Requirements as pip reads them: a name, extras, versions, a marker; no URLs, paths or options.
enum Requirement {
    /// Whether a text is `name[extra,...] op version, ... ; marker`.
    static func isOne(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), text.utf8.count <= 1024 else { return false }
        let halves = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2, halves[1].allSatisfy({ $0 == " " }) { return false }
        var rest = trimmed(halves[0])[...]
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard let first = name.utf8.first, let last = name.utf8.last, ToolName.isLetterOrDigit(first), ToolName.isLetterOrDigit(last) else {
            return false
        }
        rest = trimmed(rest.dropFirst(name.count))[...]
        if rest.first == "[" {
            guard let close = rest.firstIndex(of: "]") else { return false }
            let extras = rest[rest.index(after: rest.startIndex)..<close].split(separator: ",", omittingEmptySubsequences: false)
            guard extras.allSatisfy({ ToolName.isOne(trimmed($0)) }) else { return false }
            rest = trimmed(rest[rest.index(after: close)...])[...]
        }
        if rest.isEmpty { return true }
        return rest.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { isVersion(trimmed($0)) }
    }

    /// The text with `=` written `==`; nil where that gives no requirement.
    static func mended(_ text: String) -> String? {
        let doubled = text.split(separator: "=", omittingEmptySubsequences: false)
        guard doubled.count == 2, let operand = doubled.first, !"<>!~".contains(operand.last ?? "=") else { return nil }
        let result = doubled.joined(separator: "==")
        return isOne(result) ? result : nil
    }

    private static func isVersion(_ text: String) -> Bool {
        let operators = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"]
        guard let found = operators.first(where: text.hasPrefix) else { return false }
        let version = trimmed(text.dropFirst(found.count))
        return !version.isEmpty && version.utf8.allSatisfy { ToolName.isLetterOrDigit($0) || ".*+!_-".utf8.contains($0) }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
