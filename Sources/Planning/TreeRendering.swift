import Manifests
import StageKinds

/// A graph as indented text: at the top what nothing else needs, below each stage what it takes.
///
/// A stage is opened where it is first met and named `(above)` from then on, so that a graph with many ways through it stays as
/// small as it is. A graph that fits into the lines is shown whole, but for its deepest levels; of a larger one, what goes beyond
/// the limits is counted instead of shown.
struct TreeRendering {
    /// How much of a large graph is shown.
    struct Limits {
        /// Most entries below one in a graph that does not fit into the lines.
        var children = 20
        /// Most levels, each four columns wide.
        var depth = 24
        /// Most lines.
        var lines = 400
    }

    private let outline: GraphOutline
    private let limits: Limits
    /// What nothing needs, stages first.
    private let roots: [Int]
    /// For each node the edges that lead to it, as indices.
    private let takes: [[Int]]

    init(_ outline: GraphOutline, limits: Limits = Limits()) {
        self.outline = outline
        var takes = [[Int]](repeating: [], count: outline.nodes.count)
        var isTaken = [Bool](repeating: false, count: outline.nodes.count)
        for (index, edge) in outline.edges.enumerated() {
            takes[edge.to].append(index)
            isTaken[edge.from] = true
        }
        let free = outline.nodes.indices.filter { !isTaken[$0] }
        self.takes = takes
        roots = free.filter { outline.nodes[$0].isStage } + free.filter { !outline.nodes[$0].isStage }
        // Every node is opened once, so there is a line for each root and each edge.
        let fits = roots.count + outline.edges.count <= limits.lines
        self.limits = fits ? Limits(children: .max, depth: limits.depth, lines: limits.lines) : limits
    }

    /// What one line stands for.
    private enum Item {
        case node(Int)
        case edge(Int)
        /// So many entries that are not shown.
        case more(Int)
    }

    /// An item that waits for its line.
    private struct Pending {
        let item: Item
        /// What stands before the branch of this line.
        let lead: String
        let depth: Int
        let isLast: Bool
    }

    func text() -> String {
        var text = outline.name + "\n"
        var isShown = [Bool](repeating: false, count: outline.nodes.count)
        var lines = 0
        var stack: [Pending] = []
        push(roots.map { Item.node($0) }, lead: "", depth: 1, on: &stack)
        while let next = stack.popLast() {
            if lines == limits.lines { break }
            lines += 1
            text += next.lead + (next.isLast ? "└── " : "├── ")
            let node: Int
            switch next.item {
            case .more(let count):
                text += "… \(count) more\n"
                continue
            case .node(let index):
                node = index
                text += outline.nodes[index].id
            case .edge(let index):
                let edge = outline.edges[index]
                node = edge.from
                text += "\(edge.input): \(outline.nodes[node].id)" + (edge.output.map { ".\($0)" } ?? "")
            }
            let below = takes[node]
            let isRepeated = isShown[node] && !below.isEmpty
            isShown[node] = true
            text += (isRepeated ? " (above)" : remark(outline.nodes[node].subject)) + "\n"
            if isRepeated || below.isEmpty { continue }
            let lead = next.lead + (next.isLast ? "    " : "│   ")
            if next.depth == limits.depth {
                stack.append(Pending(item: .more(below.count), lead: lead, depth: next.depth + 1, isLast: true))
            } else {
                push(below.map { Item.edge($0) }, lead: lead, depth: next.depth + 1, on: &stack)
            }
        }
        return text + summary(isShown)
    }

    private func push(_ items: [Item], lead: String, depth: Int, on stack: inout [Pending]) {
        var shown = items
        if items.count > limits.children {
            shown = Array(items.prefix(limits.children - 1))
            shown.append(.more(items.count - shown.count))
        }
        for (index, item) in shown.enumerated().reversed() {
            stack.append(Pending(item: item, lead: lead, depth: depth, isLast: index == shown.count - 1))
        }
    }

    private func remark(_ subject: GraphOutline.Subject) -> String {
        switch subject {
        case .data(_, let path): path.map { " (\($0.text))" } ?? ""
        case .file: ""
        case .stage(_, let kind): kind.map { " (uses \($0.rawValue))" } ?? " (runs a command)"
        }
    }

    private func summary(_ isShown: [Bool]) -> String {
        let hidden = outline.nodes.indices.count { outline.nodes[$0].isStage && !isShown[$0] }
        guard hidden > 0 else { return "" }
        let all = outline.nodes.count(where: \.isStage)
        return "\(hidden) of \(all) stages are not shown here; the other formats have them all\n"
    }
}

extension GraphOutline.Node {
    fileprivate var isStage: Bool {
        if case .stage = subject { true } else { false }
    }
}
