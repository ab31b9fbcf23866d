import Testing

@testable import Commands

@Suite struct QuantityTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4096, "4.1 kB"), (9949, "9.9 kB"), (9950, "10 kB"), (999_499, "999 kB"),
        (999_500, "1.0 MB"), (480_000_000, "480 MB"), (.max, "9.2 EB"),
    ])
    func `bytes have three digits at most`(_ number: Int, _ text: String) {
        #expect(Quantity.bytes(number) == text)
    }

    @Test func `counts have commas, times the unit that fits`() {
        #expect([0, 999, 1000, 1_234_567].map(Quantity.count) == ["0", "999", "1,000", "1,234,567"])
        #expect(
            [0.2, 99, 100, 3599, 7500, .infinity].map(Quantity.duration).prefix(5) == ["1 s", "99 s", "2 min", "1 h 0 min", "2 h 5 min"])
    }
}
