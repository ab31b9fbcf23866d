import Canonical
import Storage

/// What is kept of proofs beside a result: which bytes it is about, and what became of each variation.
// SPEC: store.md#proofs
struct ProofDocument {
    enum Outcome: Equatable {
        case same
        case differs
        case held
        case failed
        case notApplicable(String)

        var isNotApplicable: Bool { if case .notApplicable = self { true } else { false } }
    }

    private static let version = 1

    private let outputs: JSONValue
    private(set) var outcomes: [Variation: Outcome]

    var level: ProofLevel { .following(from: outcomes) }

    init(outputs: [(name: String, object: StoredObject)], outcomes: [Variation: Outcome] = [:]) {
        self.outputs = .object(
            outputs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                .map { JSONMember($0.name, .string("\($0.object.kind.rawValue) \($0.object.digest)")) })
        self.outcomes = outcomes
    }

    /// Takes a new outcome in.
    ///
    /// Other bytes for the same key stay a fact, however often the same bytes come afterwards.
    mutating func add(_ outcome: Outcome, of variation: Variation) {
        if outcomes[variation] != .differs { outcomes[variation] = outcome }
    }

    /// Keeps it for `key`, in the place of what was known.
    func record(of key: Digest, _ store: DirectoryStore) throws(StoreError) {
        let trials = Variation.allCases.compactMap { variation in outcomes[variation].map { Self.trial(variation, $0) } }
        try store.record(
            proof: ["version": .integer(Self.version), "level": .string(level.text), "outputs": outputs, "trials": .array(trials)], of: key)
    }

    private static func trial(_ variation: Variation, _ outcome: Outcome) -> JSONValue {
        var members = [JSONMember("variation", .string(variation.rawValue))]
        switch outcome {
        case .same: members.append(JSONMember("verdict", "same"))
        case .differs: members.append(JSONMember("verdict", "differs"))
        case .held: members.append(JSONMember("verdict", "held"))
        case .failed: members.append(JSONMember("verdict", "failed"))
        case .notApplicable(let reason):
            members += [JSONMember("verdict", "notApplicable"), JSONMember("reason", .string(reason))]
        }
        return .object(members)
    }

    /// What is known of `key`; nil when nothing is, or when it is about other bytes than `outputs`.
    static func read(of key: Digest, _ store: DirectoryStore, outputs: [(name: String, object: StoredObject)]) throws(StoreError)
        -> ProofDocument?
    {
        var document = ProofDocument(outputs: outputs)
        guard let proof = try store.proof(of: key), proof["version"]?.integerValue == version,
            let about = proof["outputs"], CanonicalJSON.digest(about) == CanonicalJSON.digest(document.outputs),
            let trials = proof["trials"]?.arrayValue
        else { return nil }
        for trial in trials {
            guard let variation = trial["variation"]?.stringValue.flatMap(Variation.init(rawValue:)) else { continue }
            switch trial["verdict"]?.stringValue {
            case "same": document.outcomes[variation] = .same
            case "differs": document.outcomes[variation] = .differs
            case "held": document.outcomes[variation] = .held
            case "failed": document.outcomes[variation] = .failed
            case "notApplicable": document.outcomes[variation] = .notApplicable(trial["reason"]?.stringValue ?? "")
            default: continue
            }
        }
        return document
    }
}
