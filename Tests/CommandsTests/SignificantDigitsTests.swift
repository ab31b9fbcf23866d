import Commands
import Testing

@Suite struct SignificantDigitsTests {
    @Test(arguments: [
        (0.9788732394366197, "0.9789"), (0.07161307988785535, "0.07161"), (-0.5, "-0.5"), (142, "142"), (0.99996, "1"), (0, "0"),
        (0.1 + 0.2, "0.3"), (-99_999.9, "-100000"),
    ])
    func `four digits are shown, rounded`(value: Double, text: String) {
        #expect(Double(SignificantDigits.text(value)) == Double(text))
        #expect(SignificantDigits.text(value).count <= text.count + 2)
    }

    @Test func `what is shown lies within half a digit, and nothing traps`() {
        for exponent in -300...300 {
            for digits in ["1.23456", "9.99949", "-5.00049"] {
                guard let value = Double("\(digits)e\(exponent)"), let shown = Double(SignificantDigits.text(value)) else {
                    Issue.record("\(digits)e\(exponent)")
                    continue
                }
                #expect((shown - value).magnitude <= value.magnitude * 0.000_501, "\(value)")
            }
        }
        for odd in [Double.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity, .nan, -0.0] {
            #expect(!SignificantDigits.text(odd).isEmpty)
        }
    }
}
