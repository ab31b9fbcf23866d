import Numerics

/// Terms with the number of documents that have each.
struct CountedTerms: Sendable {
    var terms = TermTable()
    /// For each term the documents that have it, however often.
    var documents: [Int32] = []
}

/// Finds the terms of texts and counts the documents of each.
enum TermCounter {
    /// The terms of all texts, in parts that have none in common; how they are parted depends on the threads.
    ///
    /// - Parameter documents: For each text how many documents have it.
    private static func parts(
        _ blocks: [WordBlock], documents: [Int32], _ lengths: ClosedRange<Int>, threads: Int
    ) -> [CountedTerms] {
        let count = min(max(threads, 1), 16)
        return ParallelLoop.map(count: count, threads: threads) { part in
            var counted = CountedTerms()
            // The text in which each term was met last, so that a text counts once.
            var lastText: [Int32] = []
            var text: Int32 = 0
            for block in blocks {
                for place in 0..<block.textCount {
                    block.forTerms(of: place, lengths) { term, hash in
                        guard count == 1 || Int(hash.long >> 48) % count == part else { return }
                        let number = Int(counted.terms.insert(term, hash: hash.short))
                        if number == lastText.count {
                            lastText.append(text)
                            counted.documents.append(documents[Int(text)])
                        } else if lastText[number] != text {
                            lastText[number] = text
                            counted.documents[number] += documents[Int(text)]
                        }
                    }
                    text += 1
                }
            }
            return counted
        }
    }

    /// The terms within the bounds of the options, sorted by bytes; of too many those in most documents, ties by bytes.
    ///
    /// - Parameters:
    ///   - documents: For each text how many documents have it.
    ///   - rows: All documents, those without words too.
    static func vocabulary(
        _ blocks: [WordBlock], documents: [Int32], rows: Int, _ options: TextOptions, threads: Int
    ) -> CountedTerms {
        let parts = parts(blocks, documents: documents, options.lengths, threads: threads)
        let most = options.maxShare * Double(rows)
        var kept: [Entry] = []
        for (part, counted) in parts.enumerated() {
            for (number, count) in counted.documents.enumerated() where Int(count) >= options.minDocuments && Double(count) <= most {
                kept.append(Entry(part: part, number: number, documents: count, counted.terms))
            }
        }
        if let limit = options.maxTerms, kept.count > limit {
            kept.sort { $0.documents != $1.documents ? $0.documents > $1.documents : Entry.precedes($0, $1, parts) }
            kept.removeLast(kept.count - limit)
        }
        kept.sort { Entry.precedes($0, $1, parts) }
        var arena: [UInt8] = []
        var ends: [Int] = []
        ends.reserveCapacity(kept.count)
        for entry in kept {
            let terms = parts[entry.part].terms
            arena.append(contentsOf: terms.arena[terms.range(entry.number)])
            ends.append(arena.count)
        }
        return CountedTerms(terms: TermTable(arena: arena, ends: ends), documents: kept.map(\.documents))
    }

    /// The number of documents of each of `1 << bits` values of a hash, 0 for those that the bounds of the options leave out; of too
    /// many those in most documents are kept, of equal ones the lower.
    static func hashed(_ blocks: [WordBlock], documents: [Int32], rows: Int, _ options: TextOptions, bits: Int) -> [Int32] {
        var counts = [Int32](repeating: 0, count: 1 << bits)
        var lastText = [Int32](repeating: -1, count: 1 << bits)
        var text: Int32 = 0
        for block in blocks {
            for place in 0..<block.textCount {
                block.forTerms(of: place, options.lengths) { _, hash in
                    let column = Int(hash.long & (1 << UInt64(bits) - 1))
                    guard lastText[column] != text else { return }
                    lastText[column] = text
                    counts[column] += documents[Int(text)]
                }
                text += 1
            }
        }
        let most = options.maxShare * Double(rows)
        for (column, count) in counts.enumerated() where Int(count) < options.minDocuments || Double(count) > most {
            counts[column] = 0
        }
        if let limit = options.maxTerms {
            let kept = counts.indices.filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }
            for column in kept.dropFirst(limit) { counts[column] = 0 }
        }
        return counts
    }

    /// A term that is kept, with its first bytes at hand.
    private struct Entry {
        let part: Int
        let number: Int
        let documents: Int32
        /// The first eight bytes as one number, zeros after the end.
        let prefix: UInt64

        init(part: Int, number: Int, documents: Int32, _ terms: TermTable) {
            self.part = part
            self.number = number
            self.documents = documents
            let bytes = terms.arena[terms.range(number)]
            var prefix: UInt64 = 0
            for place in 0..<8 {
                prefix = prefix << 8 | (place < bytes.count ? UInt64(bytes[bytes.startIndex + place]) : 0)
            }
            self.prefix = prefix
        }

        static func precedes(_ left: Entry, _ right: Entry, _ parts: [CountedTerms]) -> Bool {
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let (first, second) = (parts[left.part].terms, parts[right.part].terms)
            return first.arena[first.range(left.number)].lexicographicallyPrecedes(second.arena[second.range(right.number)])
        }
    }
}
