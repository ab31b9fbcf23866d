import Canonical
import Diagnostics
import Manifests
import Testing

@testable import Planning

@Suite struct GraphRenderingTests {
    private static let text = """
        {"version": 1, "name": "penguins",
         "data": {"penguins": {"path": "data/penguins.csv"}, "spare": {"path": "data/spare.csv"}},
         "stages": {
           "evaluate": {"uses": "evaluate", "inputs": {"model": "train.model", "table": "split.test"}},
           "split": {"uses": "split", "inputs": {"table": "data.penguins"}},
           "train": {"uses": "train", "inputs": {"table": "split.train"}, "with": {"target": "species"}},
           "figure": {"run": ["python", "a\\"b.py"], "inputs": {"script": "./a\\"b#<&>.py", "metrics": "evaluate.metrics"},
                      "outputs": {"picture": "figure.svg"}}}}
        """

    private func outline(_ text: String = text, stages: [String] = []) throws -> GraphOutline {
        try #require(GraphOutline.of(readManifest(text), stages: stages).value)
    }

    @Test func `the tree leads from what nothing needs down to the data`() throws {
        #expect(
            GraphRendering.tree.text(of: try outline()) == """
                penguins
                ├── figure (runs a command)
                │   ├── script: ./a"b#<&>.py
                │   └── metrics: evaluate.metrics (uses evaluate)
                │       ├── model: train.model (uses train)
                │       │   └── table: split.train (uses split)
                │       │       └── table: data.penguins (data/penguins.csv)
                │       └── table: split.test (above)
                └── data.spare (data/spare.csv)

                """)
    }

    @Test func `a part of the graph has what it needs and no more`() throws {
        #expect(
            GraphRendering.tree.text(of: try outline(stages: ["train"])) == """
                penguins
                └── train (uses train)
                    └── table: split.train (uses split)
                        └── table: data.penguins (data/penguins.csv)

                """)
        let result = GraphOutline.of(try readManifest(Self.text), stages: ["evalute"])
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["plan/unknown-stage"])
        #expect(result.diagnostics.first?.notes.map(\.message) == ["did you mean 'evaluate'?"])
    }

    @Test func `Graphviz gets quoted names`() throws {
        #expect(
            GraphRendering.dot.text(of: try outline()) == #"""
                digraph "penguins" {
                  rankdir=LR;
                  node [shape=box, fontname="sans-serif"];
                  edge [fontname="sans-serif", fontsize=10];
                  "data.penguins" [shape=cylinder, tooltip="data/penguins.csv"];
                  "data.spare" [shape=cylinder, tooltip="data/spare.csv"];
                  "./a\"b#<&>.py" [shape=note, label="./a\"b#<&amp;>.py"];
                  "split" [label="split\nsplit"];
                  "train" [label="train\ntrain"];
                  "evaluate" [label="evaluate\nevaluate"];
                  "figure" [shape=component];
                  "data.penguins" -> "split" [label="table"];
                  "split" -> "train" [label="train as table"];
                  "train" -> "evaluate" [label="model"];
                  "split" -> "evaluate" [label="test as table"];
                  "./a\"b#<&>.py" -> "figure" [label="script"];
                  "evaluate" -> "figure" [label="metrics"];
                }

                """#)
    }

    @Test func `Mermaid gets numbered nodes and entities`() throws {
        #expect(
            GraphRendering.mermaid.text(of: try outline()) == """
                flowchart LR
                  n0[("data.penguins")]
                  n1[("data.spare")]
                  n2[/"./a#34;b#35;#60;#38;#62;.py"/]
                  n3["split: split"]
                  n4["train: train"]
                  n5["evaluate: evaluate"]
                  n6[["figure"]]
                  n0 -->|"table"| n3
                  n3 -->|"train as table"| n4
                  n4 -->|"model"| n5
                  n3 -->|"test as table"| n5
                  n2 -->|"script"| n6
                  n5 -->|"metrics"| n6

                """)
    }

    @Test func `JSON has every node and edge under names that stay`() throws {
        let text = GraphRendering.json.text(of: try outline())
        let document = try #require(JSONDocument.parse(SourceText(name: "graph", text: text)).value).root.value
        #expect(document["version"] == 1)
        #expect(document["name"] == "penguins")
        #expect(
            document["nodes"] == [
                ["id": "data.penguins", "type": "data", "name": "penguins", "path": "data/penguins.csv"],
                ["id": "data.spare", "type": "data", "name": "spare", "path": "data/spare.csv"],
                ["id": "./a\"b#<&>.py", "type": "file", "path": "a\"b#<&>.py"],
                ["id": "split", "type": "stage", "name": "split", "uses": "split"],
                ["id": "train", "type": "stage", "name": "train", "uses": "train"],
                ["id": "evaluate", "type": "stage", "name": "evaluate", "uses": "evaluate"],
                ["id": "figure", "type": "stage", "name": "figure", "runs": "command"],
            ])
        #expect(
            document["edges"]?.arrayValue?.prefix(2) == [
                ["from": "data.penguins", "to": "split", "input": "table"],
                ["from": "split", "to": "train", "output": "train", "input": "table"],
            ])
        #expect(document["edges"]?.arrayValue?.count == 6)
    }

    @Test func `a workspace without stages is drawn too`() throws {
        let outline = try outline("{\"version\": 1, \"name\": \"empty\", \"stages\": {}}")
        #expect(GraphRendering.tree.text(of: outline) == "empty\n")
        #expect(GraphRendering.mermaid.text(of: outline) == "flowchart LR\n")
        #expect(GraphRendering.allCases.allSatisfy { $0.text(of: outline).hasSuffix("\n") })
    }

    /// A workspace of splits, each of the table that `table` names.
    private func splits(_ count: Int, _ table: (Int) -> String) throws -> GraphOutline {
        let stages = (0..<count).map { "\"s\($0)\": {\"uses\": \"split\", \"inputs\": {\"table\": \"\(table($0))\"}}" }
        return try outline(
            "{\"version\": 1, \"name\": \"large\", \"data\": {\"rows\": {\"path\": \"rows.csv\"}}, \"stages\": {"
                + stages.joined(separator: ", ") + "}}")
    }

    @Test func `a wide graph that fits is shown whole`() throws {
        let lines = GraphRendering.tree.text(of: try splits(200) { _ in "data.rows" }).split(separator: "\n")
        #expect(lines.count == 1 + 2 * 200)
        #expect(lines.last == "    └── table: data.rows (rows.csv)")
    }

    @Test func `a wide graph is cut short and counted`() throws {
        let text = GraphRendering.tree.text(of: try splits(10_000) { _ in "data.rows" })
        let lines = text.split(separator: "\n")
        #expect(lines.count == 1 + 2 * 19 + 1 + 1)
        #expect(lines.dropLast().last == "└── … 9981 more")
        #expect(lines.last == "9981 of 10000 stages are not shown here; the other formats have them all")
    }

    @Test func `a deep graph is cut short and counted`() throws {
        let text = GraphRendering.tree.text(of: try splits(10_000) { $0 == 0 ? "data.rows" : "s\($0 - 1).train" })
        let lines = text.split(separator: "\n")
        #expect(lines.count == 1 + 24 + 1 + 1)
        #expect(lines[25].hasSuffix("└── … 1 more"))
        #expect(lines.last == "9976 of 10000 stages are not shown here; the other formats have them all")
    }

    @Test func `a bushy graph is cut short and counted`() throws {
        let text = GraphRendering.tree.text(of: try splits(2_000) { $0 < 50 ? "data.rows" : "s\($0 - 50).train" })
        let lines = text.split(separator: "\n")
        #expect(lines.count <= 402)
        #expect(lines.last?.hasSuffix("of 2000 stages are not shown here; the other formats have them all") == true)
    }
}
