import Platform

/// Paths of the workspace with the signatures they had, in the packed form of the index.
struct SignedPaths: Equatable {
    /// Relative to the root, each ended by a NUL.
    private(set) var paths: [UInt8] = []
    /// 40 bytes for each path; zeros where nothing is.
    private(set) var signatures: [UInt8] = []

    private static let width = StatSignature.byteCount

    init() {}

    /// Signs `paths` as they are now; links are followed.
    init(_ paths: PackedPaths, root: HostPath) throws(SystemError) {
        self.paths = paths.bytes
        signatures = try Files.signatures(of: paths, relativeTo: root)
    }

    /// One path with its signature.
    init(_ path: some Collection<UInt8>, _ signature: StatSignature) {
        paths = path + [0]
        signatures = signature.bytes
    }

    /// Takes the packed form back; nil unless there is a signature for each path.
    init?(paths: [UInt8], signatures: [UInt8]) {
        guard signatures.count % Self.width == 0, paths.count(where: { $0 == 0 }) == signatures.count / Self.width,
            paths.last ?? 0 == 0
        else { return nil }
        self.paths = paths
        self.signatures = signatures
    }

    var count: Int { signatures.count / Self.width }

    /// Adds a path at which nothing may be.
    mutating func appendAbsent(_ path: some Collection<UInt8>) {
        paths += path
        paths.append(0)
        signatures += repeatElement(0, count: Self.width)
    }

    /// Adds all of `other`; unless `trusted`, so that each of its paths counts as changed.
    mutating func append(_ other: SignedPaths, trusted: Bool) {
        paths += other.paths
        if trusted { signatures += other.signatures } else { signatures += repeatElement(0xFF, count: other.signatures.count) }
    }

    /// Whether every change after the moment `now` of the file system's clock is sure to show.
    func isSettled(asOf now: Int64) -> Bool {
        (0..<count).allSatisfy { signature($0).isSettled(asOf: now) }
    }

    /// The first moment at which everything here has settled.
    var settled: Int64 {
        (0..<count).reduce(0) { latest, index in
            let signature = signature(index)
            return max(latest, max(signature.modified, signature.changed).addingReportingOverflow(signature.tick + 1).partialValue)
        }
    }

    private func signature(_ index: Int) -> StatSignature {
        guard let signature = StatSignature(bytes: signatures[index * Self.width..<(index + 1) * Self.width]) else {
            preconditionFailure("signatures are 40 bytes each")
        }
        return signature
    }
}
