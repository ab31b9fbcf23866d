import Commands
import Diagnostics
import Manifests
import Running
import Testing

@Suite struct HelpTopicTests {
    @Test func `the example on manifests is one, with nothing to say about it`() {
        let read = ManifestReader.read(SourceText(name: "mlops.json", bytes: Array(HelpTopic.example.utf8)))
        #expect(read.value != nil)
        #expect(read.diagnostics.isEmpty, "\(read.diagnostics.map(\.message))")
        #expect(HelpTopic.manifest.text.contains(HelpTopic.example))
    }

    @Test func `the page on manifests names every section, that on variations every variation`() {
        let lines = HelpTopic.manifest.text.split(separator: "\n")
        for key in ["version", "name", "parameters", "data", "environment", "environments", "stages", "model", "deployment"] {
            #expect(lines.count { $0.hasPrefix("  \(key) ") } == 1, "\(key)")
        }
        for variation in Variation.allCases {
            #expect(HelpTopic.variations.text.contains("\n  \(variation.rawValue) "), "\(variation)")
        }
    }

    @Test(arguments: HelpTopic.allCases) func `a topic is short, and found by its name and near it`(topic: HelpTopic) throws {
        let lines = topic.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 45)
        for line in lines { #expect(line.count <= 140, "\(line)") }
        #expect(HelpText.overview.contains("'mlbuild help \(topic.rawValue)'"))
        guard case .topic(topic) = try Arguments.read(["help", topic.rawValue]) else {
            Issue.record("'help \(topic.rawValue)' is not understood")
            return
        }
        let error = #expect(throws: UsageError.self) { try Arguments.read(["help", topic.rawValue + "x"]) }
        #expect(error?.suggestion == topic.rawValue)
    }
}
