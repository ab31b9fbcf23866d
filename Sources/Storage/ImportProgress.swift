internal import Platform
internal import Synchronization

/// How far the reading of data has come.
package struct ImportProgress: Hashable, Sendable {
    /// Files read so far, and files to be read; what looks as before is not read and not counted.
    package let files: Int
    package let allFiles: Int
    /// Bytes read so far.
    package let bytes: Int
    /// Bytes to be read, where they are known beforehand: for some thousands of files at most.
    package let allBytes: Int?
    /// Since the first file.
    package let seconds: Double

    package init(files: Int, allFiles: Int, bytes: Int, allBytes: Int?, seconds: Double) {
        self.files = files
        self.allFiles = allFiles
        self.bytes = bytes
        self.allBytes = allBytes
        self.seconds = seconds
    }

    /// The seconds that the rest takes if it goes on like this; nil in the first half second.
    package var secondsLeft: Double? {
        guard seconds >= 0.5 else { return nil }
        if let allBytes, bytes > 0 { return seconds * Double(max(0, allBytes - bytes)) / Double(bytes) }
        return files > 0 ? seconds * Double(allFiles - files) / Double(files) : nil
    }
}

/// Counts what threads have read, and tells about it ten times a second at most.
final class ImportCounter: Sendable {
    private static let interval: Int64 = 100_000_000

    private let tell: @Sendable (ImportProgress) -> Void
    private let allFiles: Int
    private let allBytes: Int?
    private let began = Clock.monotonic()
    private let files = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let told: Atomic<Int64>

    init(allFiles: Int, allBytes: Int?, _ tell: @escaping @Sendable (ImportProgress) -> Void) {
        self.allFiles = allFiles
        self.allBytes = allBytes
        self.tell = tell
        told = Atomic(began)
    }

    func add(files: Int = 0, bytes: Int = 0) {
        let files = self.files.wrappingAdd(files, ordering: .relaxed).newValue
        let bytes = self.bytes.wrappingAdd(bytes, ordering: .relaxed).newValue
        let now = Clock.monotonic()
        let last = told.load(ordering: .relaxed)
        // Of threads that come at the same time one tells.
        guard now - last >= Self.interval, told.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged else { return }
        tell(ImportProgress(files: files, allFiles: allFiles, bytes: bytes, allBytes: allBytes, seconds: Double(now - began) / 1e9))
    }
}
