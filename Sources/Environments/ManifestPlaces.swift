import Canonical
import Diagnostics
import Locking
import Manifests

/// Where a manifest asks for the parts of an environment.
struct ManifestPlaces {
    private let source: String
    private let environment: Environment?
    private let node: JSONNode?

    init(_ manifest: Manifest, environment name: String) {
        source = manifest.source.name
        environment = manifest.environment(name)
        let root = JSONDocument.parse(manifest.source).value?.root
        node = name == Environment.defaultName ? root?["environment"] : root?["environments"]?[name]
    }

    var whole: Diagnostic.Location? { location(environment?.span) }
    var python: Diagnostic.Location? { location(environment?.python?.span) }
    var version: Diagnostic.Location? { location(node?["python"]?["version"]?.span) ?? python }
    var file: Diagnostic.Location? { location(node?["python"]?["requirementsFile"]?.span) ?? python }

    func tool(_ name: String) -> Diagnostic.Location? {
        location(item(of: node?["tools"]) { $0.utf8.elementsEqual(name.utf8) }) ?? whole
    }

    /// The requirement of `project`; else all of them, wherever they stand.
    func requirement(_ project: String) -> Diagnostic.Location? {
        let list = node?["python"]?["requirements"]
        return location(item(of: list) { Requirement.project($0) == project }) ?? location(list?.span) ?? file
    }

    private func item(of list: JSONNode?, _ isMeant: (String) -> Bool) -> SourceSpan? {
        list?.elements.first { $0.string.map(isMeant) ?? false }?.span
    }

    private func location(_ span: SourceSpan?) -> Diagnostic.Location? {
        span.map { Diagnostic.Location(source: source, span: $0) }
    }
}

/// What is read from a requirement without knowing all of its grammar.
enum Requirement {
    /// The name of its project, as indexes compare names.
    static func project(_ text: some StringProtocol) -> String {
        WheelName.project(text.drop(while: \.isWhitespace).prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
    }
}
