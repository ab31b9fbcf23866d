import Numerics

/// FNV-1a 64 over the little-endian bytes of the numbers.
private func hash(_ values: [Float]) -> String {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
        for shift in stride(from: 0, to: 32, by: 8) {
            state = (state ^ UInt64(value.bitPattern >> UInt32(shift) & 0xFF)) &* 0x100_0000_01B3
        }
    }
    return hexadecimal(state)
}

private func floats(_ count: Int, seed: Int) -> [Float] { numbers(count, seed: seed).map { Float($0) } }

private func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }

/// The matrix of `sparse-multiply`.
func goldenSparse(rows: Int, columns: Int) -> SparseMatrix? {
    let stream = RandomStream(seed: 1, purpose: "golden")
    var (starts, indices, values): ([Int], [Int32], [Double]) = ([0], [], [])
    for (index, value) in numbers(rows * columns, seed: 1).enumerated() {
        if stream.below(4, UInt64(index) + 1 << 33) == 0 {
            indices.append(Int32(index % columns))
            values.append(value)
        }
        if (index + 1) % columns == 0 { starts.append(values.count) }
    }
    return SparseMatrix(rows: rows, columns: columns, starts: starts, indices: indices, values: values)
}

/// The result of a line about operations on Float; nil for another.
func floatResult(of words: [String]) -> String? {
    let sizes = words.dropFirst().dropLast().compactMap { Int($0) }
    switch (words[0], sizes.count) {
    case ("float-multiply", 3):
        let (rows, depth, columns) = (sizes[0], sizes[1], sizes[2])
        return hash(
            FloatMatrix.multiply(
                floats(rows * depth, seed: 1), floats(depth * columns, seed: 2), rows: rows, columns: columns, depth: depth))
    case ("float-softmax", 2):
        var (x, losses) = (floats(sizes[0] * sizes[1], seed: 1), zeros(sizes[0]))
        let labels = (0..<sizes[0]).map { Int32($0 % sizes[1]) }
        FloatRows.softmax(&x, rows: sizes[0], columns: sizes[1], labels: labels, losses: &losses)
        return hash(x + losses)
    case ("float-log-softmax", 2):
        var x = floats(sizes[0] * sizes[1], seed: 1)
        FloatRows.logSoftmax(&x, rows: sizes[0], columns: sizes[1])
        return hash(x)
    case ("float-column-sums", 2):
        var sums = zeros(sizes[1])
        FloatRows.columnSums(floats(sizes[0] * sizes[1], seed: 1), rows: sizes[0], columns: sizes[1], into: &sums)
        return hash(sums)
    case ("float-adam", 2):
        var adam = Adam(rate: 0.01, penalty: 0.125, decay: 0.02)
        var (weights, first, second) = (floats(sizes[0], seed: 1), zeros(sizes[0]), zeros(sizes[0]))
        for step in 0..<sizes[1] {
            adam.advance()
            adam.update(&weights, gradient: floats(sizes[0], seed: step + 2), first: &first, second: &second, count: sizes[0])
        }
        return hash(weights)
    case ("float-momentum", 2):
        let momentum = Momentum(rate: 0.01, momentum: 0.9, penalty: 0.125, looksAhead: true)
        var (weights, velocity) = (floats(sizes[0], seed: 1), zeros(sizes[0]))
        for step in 0..<sizes[1] {
            momentum.update(&weights, gradient: floats(sizes[0], seed: step + 2), velocity: &velocity, count: sizes[0])
        }
        return hash(weights)
    case ("float-convolution", 8): return convolution(sizes)
    case ("float-max-pool", 6), ("float-mean-pool", 6): return pool(sizes, isLargest: words[0] == "float-max-pool")
    default: return nil
    }
}

private func convolution(_ sizes: [Int]) -> String? {
    guard
        let convolution = FloatConvolution(
            height: sizes[1], width: sizes[2], channels: sizes[3], filters: sizes[4], kernelHeight: sizes[5], kernelWidth: sizes[5],
            stride: sizes[6], padding: sizes[7])
    else { return nil }
    let images = floats(sizes[0] * convolution.inputCount, seed: 1)
    let weights = floats(convolution.weightCount, seed: 2)
    let gradient = floats(sizes[0] * convolution.outputCount, seed: 3)
    var (results, ofWeights, ofImages) = (zeros(gradient.count), zeros(weights.count), zeros(images.count))
    convolution.apply(images, count: sizes[0], weights: weights, into: &results)
    convolution.weightGradient(images, gradient: gradient, count: sizes[0], into: &ofWeights)
    convolution.imageGradient(gradient, weights: weights, count: sizes[0], into: &ofImages)
    return hash(results + ofWeights + ofImages)
}

private func pool(_ sizes: [Int], isLargest: Bool) -> String? {
    guard let pool = FloatPooling(height: sizes[1], width: sizes[2], channels: sizes[3], size: sizes[4], stride: sizes[5]) else {
        return nil
    }
    let images = floats(sizes[0] * pool.inputCount, seed: 1)
    let gradient = floats(sizes[0] * pool.outputCount, seed: 2)
    var (results, ofImages) = (zeros(gradient.count), zeros(images.count))
    if isLargest {
        var places = [UInt8](repeating: 0, count: gradient.count)
        pool.largest(images, count: sizes[0], into: &results, places: &places)
        pool.largestGradient(gradient, places: places, count: sizes[0], into: &ofImages)
    } else {
        pool.mean(images, count: sizes[0], into: &results)
        pool.meanGradient(gradient, count: sizes[0], into: &ofImages)
    }
    return hash(results + ofImages)
}
