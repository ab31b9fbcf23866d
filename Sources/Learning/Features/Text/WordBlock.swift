import Numerics

/// The words of some texts: folded, each with a space after it, and where they end.
///
/// A run of words of one text is thus a stretch of bytes: terms of several words need no bytes of their own.
struct WordBlock: Sendable {
    private(set) var bytes: [UInt8] = []
    /// The end of each word, before its space.
    private(set) var ends: [Int] = []
    /// The number of the first word of each text, then the number of words.
    private(set) var starts: [Int] = [0]

    /// Texts that one block holds where many are read at once.
    private static let textsPerBlock = 512

    var textCount: Int { starts.count - 1 }

    /// Where the bytes of a word start.
    @inline(__always)
    func start(_ word: Int) -> Int { word == 0 ? 0 : ends[word - 1] + 1 }

    /// The words of all texts, in blocks of equal size.
    static func blocks(_ texts: [String], stopWords: TermTable, threads: Int) -> [WordBlock] {
        ParallelLoop.map(count: (texts.count + textsPerBlock - 1) / textsPerBlock, threads: threads) { block in
            var words = WordBlock()
            for index in block * textsPerBlock..<min(texts.count, (block + 1) * textsPerBlock) {
                var text = texts[index]
                text.withUTF8 { words.append($0, stopWords: stopWords) }
            }
            return words
        }
    }

    /// Adds a text's words: runs of at least two characters of words, folded, those of `stopWords` left out.
    // SPEC: model.md#texts
    mutating func append(_ text: UnsafeBufferPointer<UInt8>, stopWords: TermTable) {
        let table = WordTable.shared
        var length = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            var scalar = UInt32(byte)
            index += 1
            if byte >= 0x80 {
                // Texts are well-formed: they were checked when they were read.
                let more = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3
                scalar = UInt32(byte) & (0x3F >> UInt32(more))
                for _ in 0..<more where index < text.count {
                    scalar = scalar << 6 | UInt32(text[index] & 0x3F)
                    index += 1
                }
            }
            let folded = table.folded(scalar)
            if folded >= 0 {
                length += 1
                append(UInt32(folded))
            } else if length > 0 {
                finishWord(length, stopWords)
                length = 0
            }
        }
        if length > 0 { finishWord(length, stopWords) }
        starts.append(ends.count)
    }

    @inline(__always)
    private mutating func append(_ scalar: UInt32) {
        if scalar < 0x80 {
            bytes.append(UInt8(scalar))
            return
        }
        if scalar < 0x800 {
            bytes.append(UInt8(0xC0 | scalar >> 6))
        } else {
            if scalar < 0x10000 {
                bytes.append(UInt8(0xE0 | scalar >> 12))
            } else {
                bytes.append(UInt8(0xF0 | scalar >> 18))
                bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            }
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
        }
        bytes.append(UInt8(0x80 | scalar & 0x3F))
    }

    private mutating func finishWord(_ length: Int, _ stopWords: TermTable) {
        let start = start(ends.count)
        let isWanted =
            length >= 2
            && (stopWords.count == 0
                || bytes.withUnsafeBufferPointer { bytes in
                    let word = UnsafeBufferPointer(rebasing: bytes[start...])
                    return stopWords.number(of: word, hash: TermHash.of(word).short) == nil
                })
        if isWanted {
            ends.append(bytes.count)
            bytes.append(UInt8(ascii: " "))
        } else {
            bytes.removeSubrange(start...)
        }
    }

    /// Calls `body` for each run of `shortest` to `longest` words of a text, with its bytes and their hash.
    @inline(__always)
    func forTerms(
        of text: Int, _ lengths: ClosedRange<Int>, _ body: (_ term: UnsafeBufferPointer<UInt8>, _ hash: TermHash) -> Void
    ) {
        bytes.withUnsafeBufferPointer { bytes in
            let (first, end) = (starts[text], starts[text + 1])
            for word in first..<end {
                let start = start(word)
                var hash = TermHash()
                var hashed = start
                for last in word..<min(end, word + lengths.upperBound) {
                    hash.add(UnsafeBufferPointer(rebasing: bytes[hashed..<ends[last]]))
                    hashed = ends[last]
                    if last - word + 1 >= lengths.lowerBound { body(UnsafeBufferPointer(rebasing: bytes[start..<hashed]), hash) }
                }
            }
        }
    }
}
