import Manifests
import StageKinds

/// A graph as a Mermaid flowchart.
struct MermaidRendering {
    let outline: GraphOutline

    var text: String {
        var text = "flowchart LR\n"
        // Mermaid has words of its own that names may not be, such as `end`; a number behind a letter is none of them.
        for (index, node) in outline.nodes.enumerated() {
            text += "  n\(index)\(shape(node))\n"
        }
        for edge in outline.edges {
            let label = edge.output.map { $0 == edge.input ? $0 : "\($0) as \(edge.input)" } ?? edge.input
            text += "  n\(edge.from) -->|\(quoted(label))| n\(edge.to)\n"
        }
        return text
    }

    private func shape(_ node: GraphOutline.Node) -> String {
        switch node.subject {
        case .data: "[(\(quoted(node.id)))]"
        case .file: "[/\(quoted(node.id))/]"
        case .stage(let name, let kind): kind.map { "[\(quoted("\(name): \($0.rawValue)"))]" } ?? "[[\(quoted(name))]]"
        }
    }

    /// A quoted label; Mermaid has no escapes but entities, and reads Markdown and HTML in labels.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", " ", ".", "-", "/", ":": result.unicodeScalars.append(scalar)
            // One underscore alone is no emphasis, and names are full of them.
            case "_": result.unicodeScalars.append(scalar)
            default: result += scalar.value < 0x80 ? "#\(scalar.value);" : String(scalar)
            }
        }
        return result + "\""
    }
}
