import Manifests
import StageKinds

/// A graph in Graphviz's language.
struct DotRendering {
    let outline: GraphOutline

    var text: String {
        var text = "digraph \(quoted(outline.name)) {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n"
        text += "  edge [fontname=\"sans-serif\", fontsize=10];\n"
        for node in outline.nodes {
            text += "  \(quoted(node.id))\(attributes(node.subject));\n"
        }
        for edge in outline.edges {
            let label = edge.output.map { $0 == edge.input ? $0 : "\($0) as \(edge.input)" } ?? edge.input
            text += "  \(quoted(outline.nodes[edge.from].id)) -> \(quoted(outline.nodes[edge.to].id)) [label=\(quoted(label))];\n"
        }
        return text + "}\n"
    }

    private func attributes(_ subject: GraphOutline.Subject) -> String {
        switch subject {
        case .data(_, let path): path.map { " [shape=cylinder, tooltip=\(label($0.text))]" } ?? " [shape=cylinder]"
        case .file(let path): " [shape=note, label=\(label("./" + path.text))]"
        case .stage(let name, let kind):
            kind.map { " [label=\(label("\(name)\n\($0.rawValue)"))]" } ?? " [shape=component]"
        }
    }

    /// Text that is shown: Graphviz replaces entities in it, which an identifier is spared.
    private func label(_ text: String) -> String {
        quoted(text.replacing("&", with: "&amp;"))
    }

    /// A quoted string; Graphviz reads `\n` in it as a line break and `\\` as one backslash.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
