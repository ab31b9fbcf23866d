import Storage
import Testing

@testable import Commands

@Suite struct DataProgressTests {
    @Test func `progress has files, bytes, rate and the time left`() {
        let many = ImportProgress(files: 12_000, allFiles: 100_000, bytes: 48_000_000, allBytes: nil, seconds: 1)
        #expect(DataProgressLine.text(many) == "12,000 of 100,000 files, 48 MB, 48 MB/s, 8 s left")
        let one = ImportProgress(files: 0, allFiles: 1, bytes: 3_000_000_000, allBytes: 4_000_000_000, seconds: 2)
        #expect(DataProgressLine.text(one) == "3.0 GB of 4.0 GB, 1.5 GB/s, 1 s left")
        let early = ImportProgress(files: 0, allFiles: 1, bytes: 0, allBytes: nil, seconds: 0)
        #expect(DataProgressLine.text(early) == "0 B")
    }
}
