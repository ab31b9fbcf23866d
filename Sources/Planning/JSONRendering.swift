import Canonical
import Manifests
import StageKinds

/// A graph as one JSON document: all nodes and edges, in a fixed order, under names that stay.
///
/// ```json
/// {"version": 1, "name": "penguins",
///  "nodes": [{"id": "data.penguins", "type": "data", "name": "penguins", "path": "data/penguins.csv"},
///            {"id": "split", "type": "stage", "name": "split", "uses": "split"}],
///  "edges": [{"from": "data.penguins", "to": "split", "input": "table"}]}
/// ```
///
/// `type` is `data` (`path` is absent when the data lies elsewhere), `file` (`path`) or `stage` (`uses`, or `"runs": "command"`).
/// An edge from a stage has the `output` that it carries.
struct JSONRendering {
    let outline: GraphOutline

    var text: String {
        JSONText.pretty(document)
    }

    var document: JSONValue {
        [
            "version": 1,
            "name": .string(outline.name),
            "nodes": .array(outline.nodes.map(node)),
            "edges": .array(outline.edges.map(edge)),
        ]
    }

    private func node(_ node: GraphOutline.Node) -> JSONValue {
        var members = [JSONMember("id", .string(node.id))]
        switch node.subject {
        case .data(let name, let path):
            members += [JSONMember("type", "data"), JSONMember("name", .string(name))]
            if let path { members.append(JSONMember("path", .string(path.text))) }
        case .file(let path):
            members += [JSONMember("type", "file"), JSONMember("path", .string(path.text))]
        case .stage(let name, let kind):
            members += [JSONMember("type", "stage"), JSONMember("name", .string(name))]
            members.append(kind.map { JSONMember("uses", .string($0.rawValue)) } ?? JSONMember("runs", "command"))
        }
        return .object(members)
    }

    private func edge(_ edge: GraphOutline.Edge) -> JSONValue {
        var members = [
            JSONMember("from", .string(outline.nodes[edge.from].id)), JSONMember("to", .string(outline.nodes[edge.to].id)),
        ]
        if let output = edge.output { members.append(JSONMember("output", .string(output))) }
        members.append(JSONMember("input", .string(edge.input)))
        return .object(members)
    }
}
