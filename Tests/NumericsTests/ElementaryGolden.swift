import Numerics

/// The functions on Float by the names that the tables of vectors use.
let floatFunctions: [String: @Sendable (Float) -> Float] = [
    "float-exp": { Elementary.exp($0) }, "float-expm1": { Elementary.expm1($0) }, "float-log": { Elementary.log($0) },
    "float-log1p": { Elementary.log1p($0) }, "float-tanh": { Elementary.tanh($0) }, "float-sigmoid": { Elementary.sigmoid($0) },
    "float-softplus": { Elementary.softplus($0) }, "float-sin": { Elementary.sin($0) }, "float-cos": { Elementary.cos($0) },
]

/// The name of a function of one argument in the tables of vectors.
func goldenName(_ function: Elementwise.Function) -> String { "\(function)" }

/// The input of the lines `elementwise`: any bits, and numbers of moderate size, by turns.
func elementwiseInput(_ count: Int, seed: Int) -> [Double] {
    let stream = RandomStream(seed: seed, purpose: "golden")
    let moderate = numbers(count, seed: seed)
    return (0..<count).map { $0 % 2 == 0 ? Double(bitPattern: stream.bits(UInt64($0))) : moderate[$0] }
}

/// The same for Float: the upper half of the bits.
func elementwiseFloatInput(_ count: Int, seed: Int) -> [Float] {
    let stream = RandomStream(seed: seed, purpose: "golden")
    let moderate = numbers(count, seed: seed)
    return (0..<count).map { $0 % 2 == 0 ? Float(bitPattern: UInt32(stream.bits(UInt64($0)) >> 32)) : Float(moderate[$0]) }
}

/// FNV-1a 64 over the little-endian bytes of the numbers.
func hash<Number>(of values: [Number], bits: (Number) -> UInt64) -> String {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
        for byte in 0..<MemoryLayout<Number>.size { state = (state ^ (bits(value) >> UInt64(8 * byte) & 0xFF)) &* 0x100_0000_01B3 }
    }
    return hexadecimal(state)
}

func hexadecimal(_ value: Float) -> String { String(hexadecimal(UInt64(value.bitPattern)).suffix(8)) }

/// The result of a line on pow, on Float or on buffers; nil for another line.
func elementaryResult(of words: [String]) -> String? {
    if let function = floatFunctions[words[0]], let bits = UInt32(words[1], radix: 16) {
        return hexadecimal(function(Float(bitPattern: bits)))
    }
    let operands = words.dropFirst().prefix(2).map { UInt64($0, radix: 16) }
    switch words[0] {
    case "pow":
        guard operands.count == 2, let base = operands[0], let exponent = operands[1] else { return nil }
        return hexadecimal(Elementary.pow(Double(bitPattern: base), Double(bitPattern: exponent)).bitPattern)
    case "float-pow":
        guard operands.count == 2, let base = operands[0], let exponent = operands[1] else { return nil }
        return hexadecimal(
            Elementary.pow(Float(bitPattern: UInt32(truncatingIfNeeded: base)), Float(bitPattern: UInt32(truncatingIfNeeded: exponent))))
    case "elementwise":
        return Int(words[2]).flatMap { elementwiseResult(words[1], count: $0) }
    default: return nil
    }
}

private func elementwiseResult(_ name: String, count: Int) -> String? {
    if name == "pow" {
        let (bases, exponents) = (elementwiseInput(count, seed: 1), elementwiseInput(count, seed: 2))
        var result = bases
        Elementwise.pow(bases, exponents, into: &result, count: count)
        return hash(of: result) { $0.bitPattern }
    }
    if name == "float-pow" {
        let (bases, exponents) = (elementwiseFloatInput(count, seed: 1), elementwiseFloatInput(count, seed: 2))
        var result = bases
        Elementwise.pow(bases, exponents, into: &result, count: count)
        return hash(of: result) { UInt64($0.bitPattern) }
    }
    for function in Elementwise.Function.allCases {
        if name == goldenName(function) {
            var values = elementwiseInput(count, seed: 1)
            Elementwise.apply(function, to: &values)
            return hash(of: values) { $0.bitPattern }
        }
        if name == "float-" + goldenName(function) {
            var values = elementwiseFloatInput(count, seed: 1)
            Elementwise.apply(function, to: &values)
            return hash(of: values) { UInt64($0.bitPattern) }
        }
    }
    return nil
}
