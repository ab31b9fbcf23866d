/// The forms in which a graph can be shown.
package enum GraphRendering: String, CaseIterable, Sendable {
    /// Text for a terminal: results at the top, what they need below; large graphs are cut short.
    case tree
    /// For Graphviz.
    case dot
    /// For Mermaid, which GitHub and GitLab draw in Markdown.
    case mermaid
    /// One JSON document with all nodes and edges, for programs.
    case json

    /// The text of `outline` in this form, ending with a line feed; a pure function of the outline.
    package func text(of outline: GraphOutline) -> String {
        switch self {
        case .tree: TreeRendering(outline).text()
        case .dot: DotRendering(outline: outline).text
        case .mermaid: MermaidRendering(outline: outline).text
        case .json: JSONRendering(outline: outline).text
        }
    }
}
