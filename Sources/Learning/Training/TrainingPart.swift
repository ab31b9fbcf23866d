package import Canonical
import Numerics

/// Which fit of several a step belongs to; where there is only one, nothing is set.
package struct TrainingPart: Hashable, Sendable {
    /// One of several, counted from 1.
    struct Place: Hashable, Sendable {
        let number: Int
        let count: Int
    }

    /// The part of the rows that judges the fit, in the stage's cross-validation.
    var fold: Place?
    /// The candidate of a search, and the part of the rows that judges it.
    var candidate: Place?
    var candidateFold: Place?
    /// What learns, where it is chosen by a search.
    var kind: String?
    /// The fits before this one, and all that there will be.
    var done = 0
    var total = 1

    /// What the log says of it.
    var members: [JSONMember] {
        var members: [JSONMember] = []
        if let fold { members.append(JSONMember("fold", .integer(fold.number))) }
        if let candidate { members.append(JSONMember("candidate", .integer(candidate.number))) }
        if let candidateFold { members.append(JSONMember("candidateFold", .integer(candidateFold.number))) }
        return members
    }

    /// The same for people, such as `fold 2 of 5`; empty where there is one fit.
    var phrase: String {
        var parts: [String] = []
        if let fold { parts.append("fold \(fold.number) of \(fold.count)") }
        if let candidate { parts.append("candidate \(candidate.number) of \(candidate.count)") }
        if let kind { parts.append(kind) }
        if let candidateFold { parts.append("part \(candidateFold.number) of \(candidateFold.count)") }
        return parts.joined(separator: ", ")
    }
}

extension TrainingStep {
    /// The step in words: `fold 2 of 5, round 3 of 100, loss 0.1234`.
    package var phrase: String {
        let of = total.map { " of \($0)" } ?? ""
        let rounds = "round \(round)\(of), loss \(DecimalText.rounded(loss))"
        return part.phrase.isEmpty ? rounds : "\(part.phrase), \(rounds)"
    }

    /// The share of all training that is done with it, where that is known.
    package var share: Double? {
        if part.total > 1 {
            let within = total.map { Double(round) / Double(max($0, round)) } ?? 0
            return min((Double(part.done) + within) / Double(part.total), 1)
        }
        return total.map { Double(round) / Double(max($0, round)) }
    }
}

/// Something that is known after a fit or several: a line of the log, and its words for people.
package struct TrainingNote: Sendable {
    package let record: JSONValue
    package let phrase: String
    /// The share of all training that is done with it.
    package let share: Double?
}

extension DecimalText {
    /// A number with four significant digits, for people.
    static func rounded(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return text(number.isFinite ? number : 0) }
        var scale = 1.0
        while (number * scale).magnitude < 1000, scale < 1e12 { scale *= 10 }
        return text((number * scale).rounded() / scale)
    }
}
