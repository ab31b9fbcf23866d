import Canonical
import Diagnostics
import StageKinds

/// Reads `model` and `deployment`.
enum ModelReading {
    static func read(_ node: JSONNode, keySpan: SourceSpan, _ references: ReferenceReading, _ problems: inout Problems) -> Model? {
        guard let fields = Fields.read(node, Grammar.model, owner: "'model'", keySpan: keySpan, &problems) else { return nil }
        let from = fields["from"].flatMap { references.read($0, what: "'from' in 'model'", fitting: [.model], &problems) }
        if let from, let type = from.type, let span = fields["from"]?.span, type != .model, !from.isOpaque {
            problems.error(
                "wrong-artifact", "'from' in 'model' takes a model; \(from.phrase) is \(type.phrase)", at: span)
        }
        let version = version(fields, &problems)
        let metrics = fields["metrics"].flatMap { references.read($0, what: "'metrics' in 'model'", fitting: [.metrics], &problems) }
        if let metrics, let type = metrics.type, let span = fields["metrics"]?.span, type != .metrics, !(metrics.isOpaque && type == .file)
        {
            problems.error(
                "wrong-artifact", "'metrics' in 'model' takes metrics; \(metrics.phrase) is \(type.phrase)", at: span)
        }
        let samples = samples(fields, references, &problems)
        if let from, from.isOpaque, from.type != nil, let keySpan = fields.keySpan("samples") {
            problems.error(
                "opaque-samples", "'samples' are for a model that mlbuild can apply; a command made \(from.phrase)",
                at: keySpan, notes: [Diagnostic.Note("leave 'samples' out")])
        }
        let gates = gates(fields, metrics, &problems)
        guard let from, let fromSpan = fields["from"]?.span, let version else { return nil }
        return Model(
            from: from.reference, fromSpan: fromSpan, version: version, metrics: metrics?.reference, metricsSpan: fields["metrics"]?.span,
            samples: samples, gates: gates, span: keySpan)
    }

    private static func version(_ fields: Fields, _ problems: inout Problems) -> String? {
        guard let node = fields["version"], let text = fields.string("version", quoting: true, &problems) else { return nil }
        if SemanticVersion.isOne(text) { return text }
        problems.error(
            "bad-version", "'version' in 'model' must be a semantic version such as '1.0.0', not '\(text)'", at: node.span,
            fixIt: SemanticVersion.mended(text).map { .replaceString(at: node.span, with: $0) })
        return nil
    }

    private static func samples(_ fields: Fields, _ references: ReferenceReading, _ problems: inout Problems) -> Model.Samples? {
        guard let node = fields["samples"],
            let samples = Fields.read(node, Grammar.samples, owner: "'samples'", keySpan: fields.keySpan("samples"), &problems)
        else { return nil }
        let rows = samples.integer("rows", 1...Grammar.maxSamples, &problems)
        let port = PortDescription.table("from", "rows")
        guard let node = samples["from"],
            let target = references.read(node, what: "'from' in 'samples'", fitting: port.accepts, &problems)
        else { return nil }
        InputReading.check(target, fits: port, at: node.span, what: "'from' in 'samples'", &problems)
        return rows.map { Model.Samples(from: target.reference, span: node.span, rows: $0) }
    }

    private static func gates(_ fields: Fields, _ metrics: ReferenceReading.Target?, _ problems: inout Problems) -> [Model.Gate] {
        guard let node = fields["gates"], let keySpan = fields.keySpan("gates") else { return [] }
        guard node.kind == .object else {
            problems.error("wrong-type", "'gates' must be an object, not \(node.phrase)", at: node.span)
            return []
        }
        let bounded = node.members.first { $0.key != Model.Gate.reproducibility }
        if bounded != nil, !fields.intends("metrics") {
            problems.error(
                "gates-without-metrics", "'gates' need the key 'metrics' in 'model', which says whose numbers are bounded", at: keySpan)
        }
        // A command may write metrics of any name.
        let isOurs = metrics?.type == .metrics
        return node.members.compactMap { gate($0, isOurs: isOurs, &problems) }
    }

    private static func gate(_ member: JSONMemberNode, isOurs: Bool, _ problems: inout Problems) -> Model.Gate? {
        let owner = "gate '\(member.key)'"
        if member.key == Model.Gate.reproducibility { return levelGate(member, owner: owner, &problems) }
        let metric = Metric(rawValue: member.key)
        if isOurs, metric == nil {
            let known = Metric.allCases.map(\.rawValue) + [Model.Gate.reproducibility]
            let near = problems.closest(to: member.key, among: known)
            problems.error(
                "unknown-metric", "there is no metric '\(member.key)'", at: member.keySpan,
                notes: near == nil ? [Diagnostic.Note("the metrics are \(quotedList(known.dropLast()))")] : [],
                fixIt: near.map { .replaceString(at: member.keySpan, with: $0) })
        }
        guard let fields = Fields.read(member.value, Grammar.gate, owner: owner, keySpan: member.keySpan, &problems) else { return nil }
        let min = number(fields, "min", &problems)
        let max = number(fields, "max", &problems)
        if !fields.intends("min"), !fields.intends("max") {
            problems.error("missing-key", "\(owner) needs 'min', 'max' or both", at: member.keySpan)
        }
        if let min, let max, min > max {
            problems.error("gate-bounds", "\(owner) can never be met: 'min' is above 'max'", at: fields["min"]?.span ?? member.keySpan)
        }
        if isOurs, let metric {
            if let min, let most = metric.range.max, min > most {
                reportReach("min", metric, "above \(NumberRange.text(most))", fields, &problems)
            }
            if let max, let least = metric.range.min, max < least {
                reportReach("max", metric, "below \(NumberRange.text(least))", fields, &problems)
            }
        }
        return Model.Gate(metric: member.key, min: min, max: max, span: member.keySpan)
    }

    /// A gate on the level of proof of the stages that lead to the model.
    private static func levelGate(_ member: JSONMemberNode, owner: String, _ problems: inout Problems) -> Model.Gate? {
        let hints = ["max": "a level of proof is bounded from below only"]
        guard
            let fields = Fields.read(
                member.value, Grammar.levelGate, owner: owner, keySpan: member.keySpan, hints: hints, &problems)
        else { return nil }
        if let node = fields["min"], let text = node.string, let level = Grammar.levels.first(where: { text == "R\($0)" }) {
            problems.error(
                "wrong-type", "'min' in \(owner) must be a number; the level 'R\(level)' is written \(level)", at: node.span,
                fixIt: FixIt("write \(level)", [FixIt.Edit(node.span, String(level))]))
            return nil
        }
        return fields.integer("min", Grammar.levels, &problems).map { level in
            Model.Gate(metric: member.key, min: Double(level), max: nil, span: member.keySpan)
        }
    }

    private static func reportReach(_ key: String, _ metric: Metric, _ reach: String, _ fields: Fields, _ problems: inout Problems) {
        guard let node = fields[key] else { return }
        problems.error("gate-bounds", "\(fields.owner) can never be met: '\(metric.rawValue)' is never \(reach)", at: node.span)
    }

    private static func number(_ fields: Fields, _ key: String, _ problems: inout Problems) -> Double? {
        guard let node = fields[key] else { return nil }
        guard let number = node.number else {
            problems.error(
                "wrong-type", "'\(key)' in \(fields.owner) must be a number, not \(node.phrase)", at: node.span,
                fixIt: Fields.unquoted(node, isWhole: false))
            return nil
        }
        return number
    }

    static func deployment(_ node: JSONNode, keySpan: SourceSpan, _ problems: inout Problems) -> Deployment? {
        guard let fields = Fields.read(node, Grammar.deployment, owner: "'deployment'", keySpan: keySpan, &problems) else { return nil }
        var serve: Deployment.Serve?
        if let node = fields["serve"],
            let inner = Fields.read(node, Grammar.serve, owner: "'serve'", keySpan: fields.keySpan("serve"), &problems)
        {
            serve = Deployment.Serve(port: inner.integer("port", 1...65_535, &problems) ?? Deployment.defaultPort)
        }
        return Deployment(serve: serve, span: keySpan)
    }
}
