import Numerics

/// The answers of rows as a network learns them, and what its outputs cost.
struct NetworkAnswers: Sendable {
    enum Kind: Sendable {
        /// Places of classes; one output for each class.
        case classes([Int32], count: Int)
        /// Numbers as deviations from the mean; one output.
        case numbers([Float], scale: NetworkScale)
    }

    let kind: Kind
    /// How much each row counts, 1 on average; nil where all count 1.
    let weights: [Double]?

    /// - Parameter scale: That of the training rows, where the answers are others'.
    init(_ target: TargetColumn, weights: [Double]? = nil, scale: NetworkScale? = nil) {
        switch target {
        case .classes(let codes, let classes): kind = .classes(codes, count: classes.count)
        case .numbers(let numbers):
            let own = scale ?? NetworkScale(numbers)
            kind = .numbers(numbers.map(own.standardised), scale: own)
        case .none: preconditionFailure("networks learn from answers")
        }
        if let weights {
            let mean = Reduction.mean(weights)
            self.weights = mean > 0 ? weights.map { $0 / mean } : nil
        } else {
            self.weights = nil
        }
    }

    var outputCount: Int {
        switch kind {
        case .classes(_, let count): count
        case .numbers: 1
        }
    }

    var scale: NetworkScale? {
        if case .numbers(_, let scale) = kind { scale } else { nil }
    }

    /// The sum of the losses of some rows: log losses, or half the squared errors.
    ///
    /// - Parameters:
    ///   - outputs: (rows, outputs); becomes probabilities where there are classes.
    ///   - row: The row of which the place in the batch is given.
    ///   - gradient: Gets the gradient of the mean loss of the batch, (rows, outputs).
    ///   - memory: What a batch needs beside it.
    // DETERMINISM: the losses are added in Double, in the order of the batch.
    func loss(
        _ outputs: UnsafeMutablePointer<Float>, rows: Int, row: (Int) -> Int, gradient: UnsafeMutablePointer<Float>?, _ memory: Memory,
        threads: Int
    ) -> Double {
        var sum = 0.0
        switch kind {
        case .classes(let codes, let count):
            for place in 0..<rows { memory.labels[place] = codes[row(place)] }
            FloatRows.softmax(outputs, rows: rows, columns: count, labels: memory.labels, losses: memory.losses, threads: threads)
            for place in 0..<rows {
                let weight = weights?[row(place)] ?? 1
                sum += Double(memory.losses[place]) * weight
                guard let gradient else { continue }
                let (from, to) = (outputs + place * count, gradient + place * count)
                let factor = Float(weight / Double(rows))
                for output in 0..<count { to[output] = from[output] * factor }
                let own = Int(memory.labels[place])
                to[own] = (from[own] - 1) * factor
            }
        case .numbers(let numbers, let scale):
            for place in 0..<rows {
                let weight = weights?[row(place)] ?? 1
                let distance = outputs[place] - numbers[row(place)]
                let far = Double(distance) * scale.deviation
                sum += far * far * 0.5 * weight
                if let gradient { gradient[place] = distance * Float(weight / Double(rows)) }
            }
        }
        return sum
    }

    /// Labels and losses of a batch.
    final class Memory {
        let labels: UnsafeMutablePointer<Int32>
        let losses: UnsafeMutablePointer<Float>

        init(capacity: Int) {
            labels = .allocate(capacity: max(1, capacity))
            losses = .allocate(capacity: max(1, capacity))
        }

        deinit {
            labels.deallocate()
            losses.deallocate()
        }
    }
}

/// What an output of 0 and a difference of 1 stand for, where numbers are predicted.
struct NetworkScale: Hashable, Sendable {
    let mean: Double
    let deviation: Double

    init(mean: Double, deviation: Double) {
        self.mean = mean
        self.deviation = deviation
    }

    /// That of some answers; where they never vary, a difference of 1 is 1.
    init(_ numbers: [Double]) {
        let profile = NumberProfile(numbers)
        self.init(mean: profile.mean, deviation: profile.deviation > 0 ? profile.deviation : 1)
    }

    func standardised(_ number: Double) -> Float {
        Float(min(max((number - mean) / deviation, -NetworkInput.furthest), NetworkInput.furthest))
    }

    func number(_ output: Float) -> Double {
        mean + deviation * Double(output)
    }
}
