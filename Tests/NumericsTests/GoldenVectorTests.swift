import Glibc
import Numerics
import Testing

/// The lines of the fenced block `golden` in `Specs/determinism.md`.
func goldenLines() throws -> [[String]] {
    var path = #filePath
    for _ in 0..<3 { path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
    let file = try #require(fopen(path + "/Specs/determinism.md", "r"), "the specification lies in Specs")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "```golden"))
    let end = try #require(lines[(start + 1)...].firstIndex(of: "```"))
    return lines[(start + 1)..<end].filter { !$0.isEmpty }.map { $0.split(separator: " ").map(String.init) }
}

func hexadecimal(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

private func text(_ value: Double) -> String { hexadecimal(value.bitPattern) }

/// FNV-1a 64 over the little-endian bytes of the numbers.
private func hash(_ values: [Double]) -> String {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
        for shift in stride(from: 0, to: 64, by: 8) { state = (state ^ (value.bitPattern >> UInt64(shift) & 0xFF)) &* 0x100_0000_01B3 }
    }
    return hexadecimal(state)
}

/// `count` numbers from -1 to 1, multiplied by a power of two from 2^-8 to 2^7.
func numbers(_ count: Int, seed: Int) -> [Double] {
    let stream = RandomStream(seed: seed, purpose: "golden")
    return (0..<count).map { index in
        let power = Double(sign: .plus, exponent: stream.below(16, UInt64(index) + 1 << 32) - 8, significand: 1)
        return (2 * stream.uniform(UInt64(index)) - 1) * power
    }
}

/// The result of a line, as the specification's text says it is computed; nil for a line of unknown form.
private func result(of words: [String]) -> String? {
    if let function = elementaryFunctions[words[0]], let bits = UInt64(words[1], radix: 16) {
        return text(function(Double(bitPattern: bits)))
    }
    if ["bits", "uniform", "below", "permutation"].contains(words[0]), let seed = Int(words[1]), let number = UInt64(words[3]) {
        let stream = RandomStream(seed: seed, purpose: words[2])
        switch words[0] {
        case "bits": return hexadecimal(stream.bits(number))
        case "uniform": return text(stream.uniform(number))
        case "below": return "\(stream.below(1000, number))"
        default: return stream.permutation(Int(number)).map(String.init).joined(separator: ",")
        }
    }
    if let result = elementaryResult(of: words) ?? floatResult(of: words) ?? treeResult(of: words) { return result }
    let sizes = words.dropFirst().prefix(3).compactMap { Int($0) }
    switch (words[0], sizes.count) {
    case ("sum", 1): return text(Reduction.sum(numbers(sizes[0], seed: 1)))
    case ("dot", 1): return text(Reduction.dot(numbers(sizes[0], seed: 1), numbers(sizes[0], seed: 2)))
    case ("squared-deviations", 1): return text(Reduction.squaredDeviations(numbers(sizes[0], seed: 1), from: 0.25))
    case ("multiply", 3):
        let (rows, depth, width) = (sizes[0], sizes[1], sizes[2])
        return hash(
            Dense.multiply(numbers(rows * depth, seed: 1), rows: rows, depth: depth, by: numbers(depth * width, seed: 2), width: width))
    case ("transposed-multiply", 3):
        let (rows, columns, width) = (sizes[0], sizes[1], sizes[2])
        return hash(
            Dense.transposedMultiply(
                numbers(rows * columns, seed: 1), rows: rows, columns: columns, by: numbers(rows * width, seed: 2), width: width))
    case ("rows-dot", 2):
        let (rows, columns) = (sizes[0], sizes[1])
        return hash(
            Dense.multiply(numbers(rows * columns, seed: 1), rows: rows, columns: columns, by: numbers(columns, seed: 2)))
    case ("sparse-multiply", 3):
        let (rows, columns, width) = (sizes[0], sizes[1], sizes[2])
        return goldenSparse(rows: rows, columns: columns).map { hash($0.multiply(numbers(columns * width, seed: 2), width: width)) }
    case ("gram", 2):
        let (rows, columns) = (sizes[0], sizes[1])
        return hash(
            Dense.gram(numbers(rows * columns, seed: 1), rows: rows, columns: columns, weights: numbers(rows, seed: 2)))
    case ("logistic-sums", 2): return hash(goldenLogisticSums(rows: sizes[0], columns: sizes[1]))
    case ("cholesky", 1):
        let size = sizes[0]
        var matrix = Dense.gram(numbers(4 * size * size, seed: 1), rows: 4 * size, columns: size)
        for index in 0..<size { matrix[index * size + index] += 1 }
        return Cholesky(matrix, size: size).map { hash($0.solve(numbers(size, seed: 2))) }
    default: return nil
    }
}

/// Loss, gradient and curvature of rows whose last column is ones.
private func goldenLogisticSums(rows: Int, columns: Int) -> [Double] {
    var elements = numbers(rows * (columns - 1), seed: 1)
    for index in stride(from: 0, to: elements.count, by: 11) { elements[index] = .nan }
    let own = (0..<columns - 1).map { column in
        StandardColumns.Column(Array(elements[column * rows..<(column + 1) * rows]), mean: 0.25, deviation: 3)
    }
    let standard = StandardColumns(own, furthest: 64)
    let sums = LogisticSums(
        columns: columns, weights: numbers(columns, seed: 2).map { $0 / 256 }, codes: (0..<rows).map { $0 % 3 == 0 ? 1 : 0 },
        rowWeights: numbers(rows, seed: 3).map { $0 * $0 }, withCurvature: true, threads: 2
    ) { rows, target, stride in standard.fill(rows, into: target, stride: stride) }
    return [sums.loss] + sums.gradient + sums.curvature
}

@Suite struct GoldenVectorTests {
    @Test func `the golden vectors of the specification hold`() throws {
        let lines = try goldenLines()
        #expect(lines.count >= 100)
        for words in lines {
            #expect(result(of: words) == words.last, "\(words.joined(separator: " "))")
        }
    }
}
