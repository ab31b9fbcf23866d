import Numerics
import Testing

/// The functions by the names that the tables of vectors use.
let elementaryFunctions: [String: @Sendable (Double) -> Double] = [
    "exp": { Elementary.exp($0) }, "expm1": { Elementary.expm1($0) }, "log": { Elementary.log($0) }, "log1p": { Elementary.log1p($0) },
    "tanh": { Elementary.tanh($0) }, "sigmoid": { Elementary.sigmoid($0) }, "softplus": { Elementary.softplus($0) },
    "sin": { Elementary.sin($0) }, "cos": { Elementary.cos($0) },
]

@Suite struct ElementaryTests {
    /// References are correctly rounded, so that an error below n ULP shows as a distance of at most n.
    @Test(arguments: ["exp": 1, "expm1": 2, "log": 1, "log1p": 1, "tanh": 3, "sigmoid": 3, "softplus": 2])
    func `errors are within the stated bounds`(name: String, bound: UInt64) throws {
        let function = try #require(elementaryFunctions[name])
        var count = 0
        for line in elementaryReferences.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words[0] == name else { continue }
            let argument = Double(bitPattern: try #require(UInt64(words[1], radix: 16)))
            let expected = try #require(UInt64(words[2], radix: 16))
            let found = function(argument).bitPattern
            let distance = found > expected ? found - expected : expected - found
            #expect(distance <= bound, "\(name)(\(argument))")
            count += 1
        }
        #expect(count == 40)
    }

    @Test(arguments: elementaryFunctions.keys.sorted()) func `NaN gives the one NaN`(name: String) throws {
        let function = try #require(elementaryFunctions[name])
        for argument in [Double.nan, -.nan, .signalingNaN, Double(nan: 5, signaling: false)] {
            #expect(function(argument).bitPattern == 0x7FF8_0000_0000_0000)
        }
    }

    @Test func `values at the ends of the range are defined`() {
        let infinity = Double.infinity
        let smallest = Double.leastNonzeroMagnitude
        let cases: [(String, Double, Double)] = [
            ("exp", infinity, infinity), ("exp", -infinity, 0), ("exp", 0, 1), ("exp", -0.0, 1), ("exp", 710, infinity),
            ("exp", 709.7827128933841, infinity), ("exp", -745.14, 0), ("exp", -1e300, 0), ("exp", 1e300, infinity), ("exp", smallest, 1),
            ("exp", -745.13, smallest),
            ("expm1", infinity, infinity), ("expm1", -infinity, -1), ("expm1", 0, 0), ("expm1", -0.0, -0.0), ("expm1", -1e9, -1),
            ("expm1", smallest, smallest), ("expm1", 1e9, infinity), ("expm1", -smallest, -smallest),
            ("log", 0, -infinity), ("log", -0.0, -infinity), ("log", infinity, infinity), ("log", 1, 0), ("log", -1, .nan),
            ("log", -infinity, .nan), ("log", -smallest, .nan),
            ("log1p", -1, -infinity), ("log1p", -1.0000000000000002, .nan), ("log1p", infinity, infinity), ("log1p", 0, 0),
            ("log1p", -0.0, -0.0), ("log1p", -infinity, .nan), ("log1p", smallest, smallest),
            ("tanh", infinity, 1), ("tanh", -infinity, -1), ("tanh", 0, 0), ("tanh", -0.0, -0.0), ("tanh", 50, 1), ("tanh", -50, -1),
            ("tanh", smallest, smallest),
            ("sigmoid", infinity, 1), ("sigmoid", -infinity, 0), ("sigmoid", 0, 0.5), ("sigmoid", -0.0, 0.5), ("sigmoid", 1e9, 1),
            ("sigmoid", -1e9, 0),
            ("softplus", infinity, infinity), ("softplus", -infinity, 0), ("softplus", 1e9, 1e9), ("softplus", -1e9, 0),
        ]
        for (name, argument, expected) in cases {
            let found = elementaryFunctions[name]?(argument)
            #expect(found?.bitPattern == expected.bitPattern, "\(name)(\(argument)) = \(String(describing: found))")
        }
    }

    @Test func `the functions rise where they should`() {
        // Rounding may let neighbours fall by an ULP; steps of 2^-40 are far above that.
        for name in elementaryFunctions.keys.sorted() where name != "sin" && name != "cos" {
            guard let function = elementaryFunctions[name] else { continue }
            for start in [-0.9, -0.3466, -0.2900001, 0.3399999, 0.4099999, 0.693, 0.9999999, 1.4142, 20.9] where name != "log" || start > 0
            {
                var last = function(start)
                for step in 1...200 {
                    let value = function(start + Double(step) * 0x1p-40)
                    #expect(value >= last, "\(name) near \(start)")
                    last = value
                }
            }
        }
    }
}
