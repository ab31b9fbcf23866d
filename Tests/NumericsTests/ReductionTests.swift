import Numerics
import Testing

/// The shape of a reduction as the specification says it, one operation after the other.
func naiveSum(_ terms: [Double]) -> Double {
    var lanes = [Double](repeating: 0, count: 16)
    for (index, term) in terms.enumerated() { lanes[index % 16] += term }
    for width in [8, 4, 2, 1] {
        for lane in 0..<width { lanes[lane] += lanes[lane + width] }
    }
    return lanes[0].isNaN ? .nan : lanes[0]
}

/// Numbers of very different sizes, whose sum depends on the order; at times infinities and NaN.
func unevenNumbers(_ count: Int, seed: Int, withSpecials: Bool = false) -> [Double] {
    let stream = RandomStream(seed: seed, purpose: "test/numbers")
    return (0..<count).map { index in
        if withSpecials {
            switch stream.below(40, UInt64(index) + 1_000_000) {
            case 0: return .infinity
            case 1: return -.infinity
            case 2: return .nan
            case 3: return -.nan
            case 4: return -0.0
            default: break
            }
        }
        let size = Elementary.exp(stream.uniform(UInt64(index) + 500_000) * 60 - 30)
        return (stream.uniform(UInt64(index)) - 0.5) * size
    }
}

/// Puts each variant of the kernels into use. Others may do so at the same time: all give the same bits.
func forEachVariant(_ body: (KernelVariant) throws -> Void) rethrows {
    defer { KernelVariant.active = KernelVariant.available.last ?? .baseline }
    for variant in KernelVariant.available {
        KernelVariant.active = variant
        try body(variant)
    }
}

@Suite(.serialized) struct ReductionTests {
    @Test(arguments: [false, true]) func `every variant has the bits of the written shape`(withSpecials: Bool) {
        for count in Array(0...70) + [255, 1000, 4097] {
            let left = unevenNumbers(count, seed: count, withSpecials: withSpecials)
            let right = unevenNumbers(count, seed: count + 1)
            forEachVariant { variant in
                let said = Comment(rawValue: "\(count) numbers, \(variant)")
                #expect(Reduction.sum(left).bitPattern == naiveSum(left).bitPattern, said)
                #expect(Reduction.dot(left, right).bitPattern == naiveSum(zip(left, right).map { $0 * $1 }).bitPattern, said)
                let squares = left.map { ($0 - 0.375) * ($0 - 0.375) }
                #expect(Reduction.squaredDeviations(left, from: 0.375).bitPattern == naiveSum(squares).bitPattern, said)
            }
        }
    }

    @Test func `the sum of nothing and of negative zeros is zero`() {
        #expect(Reduction.sum([Double]()).bitPattern == 0)
        #expect(Reduction.sum([Double](repeating: -0.0, count: 33)).bitPattern == 0)
    }

    @Test func `the mean of nothing is not a number and of numbers is in between`() {
        #expect(Reduction.mean([Double]()).isNaN)
        #expect(Reduction.mean([1, 2, 4, 5]) == 3)
    }

    @Test func `the order of additions shows in the bits`() {
        // A sum from left to right differs: the test above would not see a wrong shape otherwise.
        let values = unevenNumbers(1000, seed: 3)
        #expect(Reduction.sum(values) != values.reduce(0, +))
    }
}
