import Comparing
import Platform
import TestSupport

/// A pair of files of `Data`, whose README says how they were made.
struct Sample {
    let first: [UInt8]
    let second: [UInt8]
    let name: String

    init(_ name: String) throws {
        self.name = name
        let parts = name.split(separator: ".", maxSplits: 1)
        let folder = Places.repository().appending("Tests/ComparingTests/Data")
        first = try Files.read(folder.appending("\(parts[0]).1.\(parts[1])"))
        second = try Files.read(folder.appending("\(parts[0]).2.\(parts[1])"))
    }

    /// The names of all pairs.
    static func all() throws -> [String] {
        let files = try Files.list(Places.repository().appending("Tests/ComparingTests/Data"))
        return files.compactMap { file in
            let parts = String(decoding: file.name, as: UTF8.self).split(separator: ".", maxSplits: 2)
            return parts.count == 3 && parts[1] == "1" ? "\(parts[0]).\(parts[2])" : nil
        }
    }

    func comparison() -> Comparison? { Comparison.between(first, second, name: name) }
}

extension Comparison {
    /// Everything on one line: place, cause, both sides.
    var line: String { "\(place ?? "-") | \(cause ?? "-") | \(first) | \(second)" }
}

/// Compares two texts.
func comparison(_ first: String, _ second: String, _ name: String = "notes.txt") -> Comparison? {
    Comparison.between(Array(first.utf8), Array(second.utf8), name: name)
}
