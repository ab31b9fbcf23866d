import Platform

/// The signatures of everything at a place of the workspace: what is changed and changed back has others.
struct PlaceSignatures: Equatable {
    private var bytes: [UInt8] = []

    /// - Complexity: one `stat` for each file and folder
    init(_ place: HostPath) throws(SystemError) {
        var waiting = [place]
        while let path = waiting.popLast() {
            guard let status = try Files.status(path, followLinks: path == place) else { continue }
            bytes += path.bytes + [0] + status.signature.bytes
            guard status.kind == .directory else { continue }
            waiting += try Files.list(path).map { path.appending($0.name) }
        }
    }
}
