internal import Canonical
internal import Platform

/// A folder of the data that is imported: its names, and what is known of them without reading a file.
struct SurveyedFolder: Sendable {
    let path: HostPath
    /// The names on the way from the data's folder.
    let inner: [[UInt8]]
    /// What it looked like before its names were listed, and a time of the clock that stamps files from before that.
    let signature: StatSignature
    let now: Int64
    /// What was known of it before.
    let known: FolderRecord?
    /// Whether the names are those of `known`.
    let hasKnownNames: Bool
    /// The names, each ended by a NUL, in the order of their bytes; where each begins, and the end.
    let names: [UInt8]
    let starts: [Int]
    /// In the packed form of ``FolderRecord``; zeros for what nothing is known of.
    var tags: [UInt8]
    var signatures: [UInt8]
    var digests: [UInt8]
    /// The links in it, by the numbers of their names.
    var links: [(number: Int, target: [UInt8])] = []

    var count: Int { tags.count }

    func name(_ number: Int) -> ArraySlice<UInt8> { names[starts[number]..<(starts[number + 1] - 1)] }

    func place(_ number: Int) -> HostPath { path.appending(name(number)) }

    func digest(_ number: Int) -> Digest {
        Digest(bytes: digests[(number * Digest.byteCount)..<((number + 1) * Digest.byteCount)])
    }

    /// Whether nothing is known of the content of a name.
    func isUnknown(_ number: Int) -> Bool {
        signatures[(number * StatSignature.byteCount)..<((number + 1) * StatSignature.byteCount)].allSatisfy { $0 == 0 }
    }

    mutating func set(_ number: Int, _ file: ImportedFile) {
        tags[number] = file.isExecutable ? FolderRecord.Tag.executable : FolderRecord.Tag.file
        signatures.replaceSubrange(
            (number * StatSignature.byteCount)..<((number + 1) * StatSignature.byteCount), with: file.signature.bytes)
        digests.replaceSubrange((number * Digest.byteCount)..<((number + 1) * Digest.byteCount), with: file.digest.bytes)
    }

    // MARK: Surveying

    /// The folder at `path` with its names and what `known` says of them.
    ///
    /// Where it looks as it did when it was listed before, it is not listed again: whatever comes or goes changes a folder's time.
    init(_ path: HostPath, inner: [[UInt8]], known: FolderRecord?, rules: IgnoreRules, lag: Int64) throws(ImportError) {
        self.path = path
        self.inner = inner
        self.known = known
        now = Clock.wall() &- lag
        let status = try DirectoryImport.asking { () throws(SystemError) in try Files.status(path) }
        guard let status, status.kind == .directory else { throw .changing(path) }
        signature = status.signature
        let fingerprint = rules.fingerprint(depth: inner.count)
        if let known, known.rules == fingerprint, known.signature == signature {
            hasKnownNames = true
            names = Array(known.nameBytes)
            starts = Self.starts(names, count: known.count)
            tags = Array(known.tags)
            signatures = Array(known.signatures)
            digests = Array(known.digests)
            return
        }
        hasKnownNames = false
        let entries: [(name: [UInt8], kind: FileKind)]
        do throws(SystemError) {
            entries = try Files.list(path)
        } catch {
            throw error.isMissing ? .changing(path) : .refused(error)
        }
        let temporary = Array(Files.temporaryPrefix.utf8)
        var names: [UInt8] = []
        var tags: [UInt8] = []
        for (name, kind) in entries where !name.starts(with: temporary) {
            if !rules.isEmpty, rules.leavesOut(inner + [name], isFolder: kind == .directory) { continue }
            switch kind {
            case .regular: tags.append(FolderRecord.Tag.file)
            case .directory: tags.append(FolderRecord.Tag.folder)
            case .symbolicLink: tags.append(FolderRecord.Tag.link)
            case .other: throw .unsupported(path.appending(name), what: Files.kindInWords(path.appending(name)) ?? "gone")
            }
            names += name
            names.append(0)
        }
        self.names = names
        starts = Self.starts(names, count: tags.count)
        self.tags = tags
        signatures = [UInt8](repeating: 0, count: tags.count * StatSignature.byteCount)
        digests = [UInt8](repeating: 0, count: tags.count * Digest.byteCount)
        if let known { take(known) }
    }

    private static func starts(_ names: [UInt8], count: Int) -> [Int] {
        var starts = [0]
        starts.reserveCapacity(count + 1)
        names.withUnsafeBufferPointer { names in
            for index in names.indices where names[index] == 0 { starts.append(index + 1) }
        }
        return starts
    }

    /// Takes over what is known of files that are still there by their names.
    private mutating func take(_ known: FolderRecord) {
        let old = Array(known.nameBytes)
        let oldStarts = Self.starts(old, count: known.count)
        let (oldTags, oldSignatures, oldDigests) = (Array(known.tags), Array(known.signatures), Array(known.digests))
        var index = 0
        for number in 0..<count where FolderRecord.Tag.isFile(tags[number]) {
            let name = name(number)
            while index < oldTags.count, old[oldStarts[index]..<(oldStarts[index + 1] - 1)].lexicographicallyPrecedes(name) { index += 1 }
            guard index < oldTags.count, old[oldStarts[index]..<(oldStarts[index + 1] - 1)] == name else { continue }
            guard FolderRecord.Tag.isFile(oldTags[index]) else { continue }
            tags[number] = oldTags[index]
            let (width, length) = (StatSignature.byteCount, Digest.byteCount)
            signatures.replaceSubrange(
                (number * width)..<((number + 1) * width), with: oldSignatures[(index * width)..<((index + 1) * width)])
            digests.replaceSubrange(
                (number * length)..<((number + 1) * length), with: oldDigests[(index * length)..<((index + 1) * length)])
        }
    }

    // MARK: Looking

    /// The files among `range` that do not look as they did when their digests were learnt.
    ///
    /// - Complexity: one `stat` for each file of which something is known.
    func suspects(in range: Range<Int>) throws(ImportError) -> [Int] {
        var result: [Int] = []
        var number = range.lowerBound
        while number < range.upperBound {
            guard FolderRecord.Tag.isFile(tags[number]) else {
                number += 1
                continue
            }
            if isUnknown(number) {
                result.append(number)
                number += 1
                continue
            }
            var end = number + 1
            while end < range.upperBound, FolderRecord.Tag.isFile(tags[end]), !isUnknown(end) { end += 1 }
            while number < end {
                guard let offset = try firstDifference(number..<end) else { break }
                result.append(number + offset)
                number += offset + 1
            }
            number = end
        }
        return result
    }

    private func firstDifference(_ range: Range<Int>) throws(ImportError) -> Int? {
        let nameRange = starts[range.lowerBound]..<starts[range.upperBound]
        let signatureRange = (range.lowerBound * StatSignature.byteCount)..<(range.upperBound * StatSignature.byteCount)
        return try DirectoryImport.asking { () throws(SystemError) in
            try names.withRawBytes { (names) throws(SystemError) in
                try signatures.withRawBytes { (signatures) throws(SystemError) in
                    try Files.firstDifference(
                        paths: UnsafeRawBufferPointer(rebasing: names[nameRange]),
                        signatures: UnsafeRawBufferPointer(rebasing: signatures[signatureRange]), relativeTo: path, followLinks: false)
                }
            }
        }
    }
}
