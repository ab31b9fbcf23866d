import Diagnostics
import Manifests
import TestSupport
import Testing

/// Manifests damaged by chance: reading them ends, gives a value exactly when there is no error, and points into the text.
@Suite struct MutationTests {
    @Test(arguments: Example.valid) func `no damage to a manifest stops the reader`(_ example: Example) throws {
        let original = try example.source().bytes
        var random = SplitMix(state: UInt64(original.count))
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<(1 + random.below(3)) { Self.damage(&bytes, &random) }
            let source = SourceText(name: Manifest.fileName, bytes: bytes)
            let read = ManifestReader.read(source)
            #expect((read.value != nil) == !read.hasErrors)
            #expect(SecretMask.masked(source).bytes.count == bytes.count)
            #expect(read.diagnostics.isEmpty == source.rendered(read.diagnostics).isEmpty)
            for diagnostic in read.diagnostics {
                let span = try #require(diagnostic.location?.span)
                #expect(span.upper <= bytes.count)
                for edit in diagnostic.fixIt?.edits ?? [] { #expect(edit.span.upper <= bytes.count) }
            }
        }
    }

    /// Words and marks that mean something to the reader, put where they do not belong.
    private static let pieces: [[UInt8]] = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "null", "true", "-1", "1e999", "9007199254740993", "0.5", "\"${seed}\"", "${",
        "}", "$", "..", "/", "./", "data.", ".", "\"data\"", "\"kind\"", "\"uses\"", "\"run\"", "\"with\"", "{}", "[]", "\"\"", "\u{301}",
        "é",
        "https://u:p@h/?q", "\u{0}", "train", "split.train", "\"inputs\"", "\"version\": 2,",
    ].map { Array($0.utf8) }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let place = random.below(bytes.count)
        switch random.below(6) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: pieces[random.below(pieces.count)], at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(20)))
        case 4:
            let end = min(bytes.count, place + 1 + random.below(30))
            bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
        default: replaceLiteral(&bytes, from: place, &random)
        }
    }

    /// Puts a piece in the place of the next string, so that the text mostly stays JSON.
    private static func replaceLiteral(_ bytes: inout [UInt8], from place: Int, _ random: inout SplitMix) {
        let quote = UInt8(ascii: "\"")
        guard let open = bytes[place...].firstIndex(of: quote), let close = bytes[(open + 1)...].firstIndex(of: quote) else { return }
        let piece = pieces[random.below(pieces.count)]
        bytes.replaceSubrange(open..<close + 1, with: random.below(2) == 0 ? piece : [quote] + piece + [quote])
    }
}

/// A small generator of numbers that is the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `count` - 1.
    mutating func below(_ count: Int) -> Int {
        Int(next() % UInt64(count))
    }
}
