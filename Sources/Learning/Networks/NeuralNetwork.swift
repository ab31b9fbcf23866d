import Canonical
import Numerics
import StageKinds

/// A network after training: `multilayer-perceptron` or `convolutional-network`, by its input.
package struct NeuralNetwork: Predictor {
    /// No number of a network is further from 0.
    static let largest: Float = 1e15
    /// Rows that are computed together.
    private static let blockRows = 256
    /// Numbers of a block of rows; fewer rows are taken where they have more.
    private static let blockValues = 1 << 24

    let input: NetworkInput
    let plan: NetworkPlan
    /// Where numbers are predicted.
    let scale: NetworkScale?
    /// The plan's tensors, one after the other.
    let parameters: [Float]

    /// The digest of some weights.
    static func digest(_ parameters: [Float]) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parameters.count * 4)
        for parameter in parameters { bytes.appendLittleEndian(parameter.bitPattern) }
        return Digest.of(bytes)
    }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) -> Outputs {
        let count = plan.architecture.outputCount
        let perRow = scale == nil && count > 2 ? count : 1
        let sums = [Double](unsafeUninitializedCapacity: rows.rowCount * perRow) { buffer, initialized in
            nonisolated(unsafe) let sums = buffer
            forBlocks(rows, threads: threads) { block, outputs, _ in
                for place in 0..<block.count {
                    let row = block.lowerBound + place
                    if let scale {
                        sums.initializeElement(at: row, to: scale.number(Self.plain(outputs[place])))
                    } else if count == 2 {
                        let (first, second) = (Self.plain(outputs[2 * place]), Self.plain(outputs[2 * place + 1]))
                        sums.initializeElement(at: row, to: Double(second) - Double(first))
                    } else {
                        for output in 0..<count {
                            sums.initializeElement(at: row * count + output, to: Double(Self.plain(outputs[place * count + output])))
                        }
                    }
                }
            }
            initialized = rows.rowCount * perRow
        }
        return .sums(sums)
    }

    /// The mean loss of rows.
    func meanLoss(_ rows: FeatureTable, _ answers: NetworkAnswers, threads: Int) -> Double {
        let blocks = blocks(rows)
        let losses = [Double](unsafeUninitializedCapacity: blocks.count) { buffer, initialized in
            nonisolated(unsafe) let losses = buffer
            forBlocks(rows, threads: threads) { block, outputs, index in
                let memory = NetworkAnswers.Memory(capacity: block.count)
                let loss = answers.loss(outputs, rows: block.count, row: { block.lowerBound + $0 }, gradient: nil, memory, threads: 1)
                losses.initializeElement(at: index, to: loss)
            }
            initialized = blocks.count
        }
        return losses.reduce(0, +) / Double(max(1, rows.rowCount))
    }

    /// What a network of bounded numbers gives can still be beyond Float.
    private static func plain(_ output: Float) -> Float {
        output.isNaN ? 0 : min(max(output, -1e30), 1e30)
    }

    // MARK: Blocks

    private func blocks(_ rows: FeatureTable) -> (size: Int, count: Int) {
        let size = max(1, min(Self.blockRows, Self.blockValues / (plan.valueCount + input.shape.count)))
        return (size, (rows.rowCount + size - 1) / size)
    }

    /// Calls `body` with each block of rows, their outputs, and the block's index, on several threads.
    private func forBlocks(
        _ rows: FeatureTable, threads: Int, _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Float>, Int) -> Void
    ) {
        let (size, count) = blocks(rows)
        let workers = min(threads, count)
        guard workers > 0 else { return }
        let width = input.shape.count
        ParallelLoop.run(count: workers, threads: workers) { worker in
            let capacity = min(size, rows.rowCount)
            let pass = NetworkPass(plan, capacity: capacity, isTraining: false, threads: 1)
            let gathered = FloatBuffer(capacity * width)
            let numbers = FloatBuffer(plan.parameterCount)
            numbers.copy(from: parameters)
            for block in stride(from: worker, to: count, by: workers) {
                let range = block * size..<min(rows.rowCount, (block + 1) * size)
                input.fill(gathered.base, range, of: rows)
                body(range, pass.forward(gathered.base, rows: range.count, parameters: numbers.base), block)
            }
        }
    }
}
