import Testing

@testable import Commands

@Suite struct AmountTextTests {
    @Test func `times are whole numbers of a unit`() {
        #expect(AmountText.time("0") == 0)
        #expect(AmountText.time("45s") == 45_000_000_000)
        #expect(AmountText.time("12h") == 43_200_000_000_000)
        #expect(AmountText.time("14d") == 1_209_600_000_000_000)
        for text in ["", "d", "-1d", "1.5d", "14", "14 d", "99999999999999d", "1y"] { #expect(AmountText.time(text) == nil, "\(text)") }
    }

    @Test func `sizes are numbers of bytes or of a unit`() {
        #expect(AmountText.size("4096") == 4096)
        #expect(AmountText.size("1.5GB") == 1_500_000_000)
        #expect(AmountText.size("2 MiB") == 2_097_152)
        for text in ["", "GB", "-1GB", "1.", ".5GB", "1XB", "1e99", "99999999999TB", "1..2kB"] {
            #expect(AmountText.size(text) == nil, "\(text)")
        }
    }
}
