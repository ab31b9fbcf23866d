internal import Archives
internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Numerics
internal import Packing
internal import Running
internal import Storage

/// Shows what a build measured: a line for each stage with metrics, and one for each gate of the model.
struct MetricView {
    let reporter: Reporter
    let manifest: Manifest
    let store: DirectoryStore

    /// Whether a gate on a metric keeps the model from being packed, as far as the build tells.
    func hasUnmetGate(_ report: BuildReport) -> Bool {
        guard let model = manifest.model, !model.gates.isEmpty else { return false }
        if case .output(let stage, _) = model.metrics, report[stage]?.outcome.hasResult != true { return false }
        do throws(PackingError) {
            let metrics = try Metrics.read(model.metrics, in: manifest, lock: report.lockfile, store: store)
            return Gates.verdicts(of: model, metrics).contains { !$0.isMet }
        } catch {
            // Gates that cannot be told are not met; why is shown with the metrics.
            return true
        }
    }

    /// Shows the metrics that the build made or fetched, and how the gates stand that they decide.
    func show(_ report: BuildReport) {
        if reporter.quiet, !reporter.json { return }
        for stage in report.stages {
            switch stage.outcome {
            case .ran, .restored: show(stage, report)
            default: continue
            }
        }
        guard let model = manifest.model, !model.gates.isEmpty else { return }
        if case .output(let stage, _) = model.metrics, report[stage]?.outcome.hasResult != true { return }
        do throws(PackingError) {
            let metrics = try Metrics.read(model.metrics, in: manifest, lock: report.lockfile, store: store)
            Self.show(Gates.verdicts(of: model, metrics), metrics: metrics.numbers.map(\.name), reporter)
        } catch {
            unreadable("the gates cannot be told", error)
        }
    }

    private func show(_ report: StageReport, _ build: BuildReport) {
        guard let stage = manifest.stage(report.stage) else { return }
        var references = Metrics.references(of: stage)
        // A command's file is metrics because the model says so.
        if let named = manifest.model?.metrics, case .output(stage.name, _) = named, !references.contains(named) {
            references.append(named)
        }
        for reference in references {
            do throws(PackingError) {
                let metrics = try Metrics.read(reference, in: manifest, lock: build.lockfile, store: store)
                let values = metrics.numbers
                if values.isEmpty { continue }
                reporter.say("\(stage.name): " + values.map { "\($0.name) \(SignificantDigits.text($0.value))" }.joined(separator: ", "))
                reporter.record(
                    "metrics",
                    [
                        JSONMember("stage", .string(stage.name)),
                        JSONMember("metrics", .object(values.map { JSONMember($0.name, .number($0.value)) })),
                    ])
            } catch {
                unreadable("\(stage.name): its metrics cannot be shown", error)
            }
        }
    }

    private func unreadable(_ what: String, _ error: PackingError) {
        let failure = CommandFailure(error, manifest: manifest)
        reporter.say("\(what): \(failure.message ?? failure.diagnostics.first?.message ?? "no result")")
    }

    /// Shows each gate with its verdict; `metrics` are the names that there are, for gates that miss theirs.
    static func show(_ gates: [GateVerdict], metrics: [String], _ reporter: Reporter) {
        for gate in gates {
            reporter.say("gate \(text(gate))")
            var members = [JSONMember("metric", .string(gate.metric))]
            if let minimum = gate.minimum { members.append(JSONMember("min", .number(minimum))) }
            if let maximum = gate.maximum { members.append(JSONMember("max", .number(maximum))) }
            members.append(JSONMember("value", gate.value.map { .number($0) } ?? .null))
            members.append(JSONMember("met", .boolean(gate.isMet)))
            reporter.record("gate", members)
        }
        if gates.contains(where: { $0.value == nil }) {
            reporter.say(metrics.isEmpty ? "  there are no metrics" : "  the metrics there are: \(metrics.joined(separator: ", "))")
        }
    }

    /// One gate in words: what was asked, what was measured, and whether that is enough.
    static func text(_ gate: GateVerdict) -> String {
        var bounds: [String] = []
        if let minimum = gate.minimum { bounds.append("at least \(DecimalText.text(minimum))") }
        if let maximum = gate.maximum { bounds.append("at most \(DecimalText.text(maximum))") }
        return "\(gate.metric): \(bounds.joined(separator: " and ")), is \(value(of: gate)): \(gate.isMet ? "met" : "not met")"
    }

    /// Rounded, unless that would contradict the verdict.
    private static func value(of gate: GateVerdict) -> String {
        guard let value = gate.value else { return "missing" }
        let short = SignificantDigits.text(value)
        let rounded = GateVerdict(metric: gate.metric, minimum: gate.minimum, maximum: gate.maximum, value: DecimalText.parse(short))
        return rounded.isMet == gate.isMet ? short : DecimalText.text(value)
    }
}
