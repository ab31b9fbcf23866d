import Canonical
package import Diagnostics
import StageKinds

/// Reads `mlops.json`.
package enum ManifestReader {
    /// Reads and checks all of `source`, and reports every problem in one go.
    ///
    /// Codes are `json/...` where the text is no JSON, else `manifest/...`. There is a value exactly when there is no error.
    ///
    /// - Complexity: O(n log n) in the length of the text; the sorting is that of paths.
    package static func read(_ source: SourceText) -> Diagnosed<Manifest> {
        let parsed = JSONDocument.parse(source)
        guard let document = parsed.value else { return Diagnosed(nil, parsed.diagnostics) }
        var reading = ManifestReading(problems: Problems(source: source))
        let manifest = reading.read(document.root)
        let diagnostics = parsed.diagnostics + reading.problems.diagnostics
        return Diagnosed(parsed.hasErrors ? nil : manifest, diagnostics)
    }
}

/// The steps from the root object to the manifest.
private struct ManifestReading {
    var problems: Problems

    mutating func read(_ root: JSONNode) -> Manifest? {
        guard root.kind == .object else {
            problems.error("wrong-type", "the manifest must be an object, not \(root.phrase)", at: root.span)
            return nil
        }
        guard checkVersion(root) else { return nil }
        let fixIts = ["version": Self.insertVersion(root)]
        guard let fields = Fields.read(root, Grammar.root, owner: "the manifest", fixIts: fixIts, &problems) else { return nil }

        let name = fields.string("name", &problems)
        if let name, let span = fields["name"]?.span { NameRule.workspace.check(name, at: span, &problems) }
        var options = OptionReading(parameters: ParameterTable.read(fields["parameters"], &problems))
        let (dataNames, data) = DataReading.read(fields["data"], &problems)
        let environments = EnvironmentReading.read(fields, &problems)
        let environmentNames = EnvironmentNames(default: fields["environment"], named: fields["environments"])
        let drafts = StageReading.read(fields["stages"], environmentNames, &options, &problems)
        let references = ReferenceReading(drafts: drafts, dataNames: dataNames, data: data)
        let connections = drafts.map { InputReading.read($0, references, &problems) }
        let model = fields["model"].flatMap { node in
            fields.keySpan("model").flatMap { ModelReading.read(node, keySpan: $0, references, &problems) }
        }
        let deployment = fields["deployment"].flatMap { node in
            fields.keySpan("deployment").flatMap { ModelReading.deployment(node, keySpan: $0, &problems) }
        }

        let order = checkCycles(drafts, connections, references)
        checkPaths(drafts, connections, data, environments)
        if let model {
            GateTaskCheck(drafts: drafts, connections: connections, references: references).report(model, &problems)
        }
        // What has errors may not have been read to where it takes a parameter or data.
        if problems.errorCount == 0 {
            options.parameters.reportUnused(&problems)
            UnusedDataCheck.report(data, connections, model, &problems)
            UnusedEnvironmentCheck.report(environments, drafts, &problems)
        }
        guard problems.errorCount == 0, let name, let nameSpan = fields["name"]?.span else { return nil }
        return Manifest(
            source: problems.source, name: name, nameSpan: nameSpan, parameters: options.parameters.parameters, data: data,
            environments: environments,
            stages: StageAssembly.stages(drafts, connections, references, order: order), model: model, deployment: deployment)
    }

    /// Whether the grammar is the one that this code knows; a missing version is reported with the other keys.
    private mutating func checkVersion(_ root: JSONNode) -> Bool {
        guard let node = root["version"] else { return true }
        guard let version = node.wholeNumber else {
            problems.error(
                "wrong-type", "'version' must be the number \(Manifest.version), not \(Fields.described(node, problems))", at: node.span,
                fixIt: .replace(node.span, with: String(Manifest.version)))
            return true
        }
        if version > Manifest.version {
            problems.error(
                "newer-version",
                "the manifest is of version \(version); this mlbuild reads version \(Manifest.version), so take a newer one", at: node.span)
            return false
        }
        if version < Manifest.version {
            problems.error(
                "unknown-version", "'version' must be the number \(Manifest.version), not \(problems.written(node))", at: node.span,
                fixIt: .replace(node.span, with: String(Manifest.version)))
        }
        return true
    }

    private static func insertVersion(_ root: JSONNode) -> FixIt {
        let place = SourceSpan(root.span.lower + 1, root.span.lower + 1)
        let member = "\"version\": \(Manifest.version)"
        return FixIt("insert '\(member)'", [FixIt.Edit(place, root.members.isEmpty ? member : "\n  \(member),")])
    }

    /// Reports cycles; gives the order in which the stages can run.
    private mutating func checkCycles(
        _ drafts: [StageDraft], _ connections: [[InputReading.Connection]], _ references: ReferenceReading
    ) -> [Int] {
        let dependencies = connections.map { inputs in
            inputs.compactMap { connection -> Int? in
                guard case .output(let stage, _) = connection.input.reference else { return nil }
                return references.index(ofStage: stage)
            }
        }
        let check = CycleCheck(dependencies: dependencies)
        let order = check.order()
        if order.count < drafts.count { check.report(drafts, connections, &problems) }
        return order
    }

    private mutating func checkPaths(
        _ drafts: [StageDraft], _ connections: [[InputReading.Connection]], _ data: [DataEntry], _ environments: [Environment]
    ) {
        var check = PathClashCheck()
        for draft in drafts {
            for output in draft.outputs {
                guard let path = output.path, let span = output.span else { continue }
                check.add(path, .output("\(draft.name).\(output.name)"), at: span)
            }
        }
        for (draft, inputs) in zip(drafts, connections) {
            for connection in inputs {
                guard case .file(let path) = connection.input.reference else { continue }
                let phrase = "input '\(connection.input.name)' of stage '\(draft.name)'"
                check.add(path, .input(phrase, isInput: true), at: connection.input.span)
            }
        }
        for entry in data {
            guard case .path(let path) = entry.origin else { continue }
            check.add(path, .input("data '\(entry.name)'", isInput: false), at: entry.originSpan)
        }
        for python in environments.compactMap(\.python) {
            guard let file = python.requirementsFile else { continue }
            check.add(file, .input("the file of requirements", isInput: false), at: python.span)
        }
        check.report(&problems)
    }
}
