internal import Canonical
internal import Platform

/// Which objects of a census are reachable from where.
final class StoreMarks {
    /// From what an object was reached. Reached as a tree, all that it names was reached, too.
    struct Reach: OptionSet {
        let rawValue: UInt8

        /// From what must stay.
        static let kept = Reach(rawValue: 1)
        /// From what no record of an action accounts for.
        static let source = Reach(rawValue: 4)
        /// From what an action made of sources.
        static let derived = Reach(rawValue: 16)

        /// The same, as a tree.
        var asTree: Reach { Reach(rawValue: rawValue << 1) }
    }

    /// It lies in the trash.
    private static let taken: UInt8 = 64
    private static let anyTree = [Reach.kept, .source, .derived].reduce(0) { $0 | $1.asTree.rawValue }

    private let trash: StoreTrash
    let census: StoreCensus
    private var bits: [UInt8]
    /// What was reached and is not in the census: put since, or not there at all.
    private var outside: [Digest: UInt8] = [:]
    /// Trees that must stay and whose bytes are others.
    private(set) var damaged: Set<Digest> = []
    /// What must stay and is nowhere.
    private(set) var missing: Set<Digest> = []
    /// Bytes of what must stay.
    private(set) var keptBytes = 0
    /// Told what must stay from now on.
    var onKept: (Int) -> Void = { _ in }
    /// What bits were before, when they may have to be again.
    private var changes: [(index: Int, bits: UInt8)]?

    init(_ census: StoreCensus, trash: StoreTrash) {
        self.census = census
        self.trash = trash
        bits = Array(repeating: 0, count: census.count)
    }

    func has(_ index: Int, _ reach: Reach) -> Bool { bits[index] & reach.rawValue != 0 }
    func isTree(_ index: Int) -> Bool { bits[index] & Self.anyTree != 0 }
    func isTaken(_ index: Int) -> Bool { bits[index] & Self.taken != 0 }
    func setTaken(_ index: Int, _ isTaken: Bool) {
        if isTaken { bits[index] |= Self.taken } else { bits[index] &= ~Self.taken }
    }

    /// What is known of an object before it is looked at.
    enum Guess {
        case file
        case tree
        /// Its first bytes tell.
        case unknown
    }

    /// Marks an object and, where it is a tree, all that it names.
    ///
    /// - Complexity: reads each tree once for each `reach`.
    func mark(_ digest: Digest, _ guess: Guess, _ reach: Reach) throws(SystemError) {
        var waiting: [(digest: Digest, guess: Guess)] = [(digest, guess)]
        while let (digest, guess) = waiting.popLast() {
            let index = census.index(of: digest)
            let known = index.map { bits[$0] } ?? outside[digest] ?? 0
            set(digest, index, reach)
            if guess == .file || known & reach.asTree.rawValue != 0 { continue }
            missing.remove(digest)
            guard let bytes = try treeBytes(digest, isTree: guess == .tree, isKept: reach == .kept) else { continue }
            set(digest, index, reach.asTree)
            bytes.withUnsafeBytes { raw in
                _ = TreeScan.forEach(raw) { digest, isTree, _ in
                    if isTree { waiting.append((digest, .tree)) } else { set(digest, census.index(of: digest), reach) }
                }
            }
        }
    }

    /// Marks what must stay in `body`, and takes all of it back when more than `limit` bytes would stay then.
    ///
    /// - Returns: whether the marks stand.
    func trying<Failure: Error>(within limit: Int, _ body: () throws(Failure) -> Void) throws(Failure) -> Bool {
        let before = (outside: outside, bytes: keptBytes)
        changes = []
        defer { changes = nil }
        try body()
        guard keptBytes > limit, keptBytes > before.bytes else { return true }
        for (index, bits) in (changes ?? []).reversed() { self.bits[index] = bits }
        (outside, keptBytes) = before
        return false
    }

    private func set(_ digest: Digest, _ index: Int?, _ reach: Reach) {
        guard let index else {
            outside[digest, default: 0] |= reach.rawValue
            return
        }
        if bits[index] & reach.rawValue != 0 { return }
        changes?.append((index, bits[index]))
        bits[index] |= reach.rawValue
        if reach == .kept {
            keptBytes &+= census.sizes[index]
            onKept(index)
        }
    }

    /// The bytes of a tree; nil for what is none, is damaged, or is not there.
    private func treeBytes(_ digest: Digest, isTree: Bool, isKept: Bool) throws(SystemError) -> [UInt8]? {
        // Twice: it may be put back, or anew, just now.
        for _ in 0..<2 {
            for place in [trash.place(.objects, digest), trash.trashPlace(.objects, digest)] {
                do throws(SystemError) {
                    if !isTree, try !Self.looksLikeTree(place) { return nil }
                    // Looking is no use of it.
                    let bytes = try Descriptor.reading(place, followLinks: false, leavesTrace: false).readToEnd()
                    if Digest.of(bytes) == digest { return TreeScan.isTree(bytes) ? bytes : nil }
                } catch {
                    if error.isMissing { continue }
                    guard DirectoryStore.isWrongKind(place) else { throw error }
                }
                if isKept { damaged.insert(digest) }
                return nil
            }
        }
        if isKept { missing.insert(digest) }
        return nil
    }

    private static func looksLikeTree(_ path: HostPath) throws(SystemError) -> Bool {
        let file = try Descriptor.reading(path, followLinks: false, leavesTrace: false)
        return try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { head -> Result<Bool, SystemError> in
            do throws(SystemError) {
                // A read may give less than is there; what is needed hangs on the rest.
                var count = 0
                while count < head.count {
                    let part = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: head[count...]))
                    if part == 0 { break }
                    count += part
                }
                return .success(TreeScan.isTree(UnsafeRawBufferPointer(rebasing: head[..<count])))
            } catch {
                return .failure(error)
            }
        }.get()
    }
}
