import Comparing
import Testing

/// A generator that gives the same numbers in every run.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Changes, cuts, doubles or fills some of the bytes.
private func mutated(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &dice) where !result.isEmpty {
        let place = Int.random(in: 0..<result.count, using: &dice)
        switch Int.random(in: 0..<7, using: &dice) {
        case 0: result[place] = UInt8.random(in: 0...255, using: &dice)
        case 1: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
        case 2: result.removeSubrange(place..<min(result.count, place + Int.random(in: 1...9, using: &dice)))
        case 3: result.insert(contentsOf: result[place..<min(result.count, place + 12)], at: place)
        case 4: for index in place..<min(result.count, place + 8) { result[index] = 0xFF }
        case 5: for index in place..<min(result.count, place + 8) { result[index] = 0 }
        default: result = Array(result[..<place])
        }
    }
    return result
}

@Test(arguments: try Sample.all())
func `damaged files are compared to the end, whatever is in them`(name: String) throws {
    let sample = try Sample(name)
    var dice = Dice(state: 0x9E37_79B9_7F4A_7C15 ^ UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude | 1))
    // What unpacks to hundreds of MiB takes its time.
    let rounds = name == "bomb.gz" ? 1 : sample.first.count > 8_000 ? 20 : 200
    for _ in 0..<rounds {
        let (first, second) = (mutated(sample.first, &dice), mutated(sample.second, &dice))
        for (left, right) in [(first, sample.second), (first, second), (sample.first, first)] {
            let found = Comparison.between(left, right, name: name)
            #expect((found == nil) == (left == right))
            if let found { #expect(found.offset <= min(left.count, right.count) && found.first.utf8.count < 1000) }
        }
    }
}

/// A pickle of protocol 4 around some opcodes.
private func pickle(_ body: [UInt8]) -> [UInt8] { [0x80, 4] + body + [0x2E] }

@Test func `a pickle that nests without end costs no stack`() throws {
    let depth = 2_000_000
    // One tuple around the other.
    let tuples = pickle([0x4B, 1] + [UInt8](repeating: 0x85, count: depth) + [0x4B, 1])
    let others = pickle([0x4B, 1] + [UInt8](repeating: 0x85, count: depth) + [0x4B, 2])
    #expect(Comparison.between(tuples, others, name: "a.pkl")?.cause == nil)
    // One list in the other, none of which ends.
    let lists = [UInt8](repeating: 0x5D, count: depth)
    #expect(Comparison.between(pickle(lists + [0x4B, 1]), pickle(lists + [0x4B, 2]), name: "a.pkl") != nil)
    let marks = [UInt8](repeating: 0x28, count: depth)
    #expect(Comparison.between(pickle(marks + [0x4B, 1]), pickle(marks + [0x4B, 2]), name: "a.pkl") != nil)
    // One dictionary in the state of the other.
    let states = [UInt8]([UInt8]([0x8C, 1, 0x61, 0x8C, 1, 0x62, 0x93, 0x29, 0x52, 0x7D, 0x8C, 1, 0x63]))
    let nested = (0..<50_000).flatMap { _ in states }
    #expect(Comparison.between(pickle(nested + [0x4B, 1]), pickle(nested + [0x4B, 2]), name: "a.pkl") != nil)
}

@Test func `a pickle that takes more than there is loses its path and nothing else`() throws {
    for opcode: UInt8 in [0x30, 0x31, 0x52, 0x62, 0x65, 0x73, 0x75, 0x81, 0x86, 0x87, 0x90, 0x91, 0x92, 0x93, 0x6F, 0x51, 0x94, 0x32] {
        let body = [UInt8](repeating: opcode, count: 9)
        let found = try #require(Comparison.between(pickle(body + [0x4B, 1]), pickle(body + [0x4B, 2]), name: "a.pkl"))
        #expect(found.place?.hasSuffix("argument of BININT1 at 11") == true, "\(opcode)")
    }
}

@Test func `lengths beyond the end are no lengths`() throws {
    for body: [UInt8] in [
        [0x8E] + [UInt8](repeating: 0xFF, count: 8), [0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], [0x42, 0xFF, 0xFF, 0xFF, 0xFF], [0x8A, 0xFF],
        [0x67, 0x2D, 0x39, 0x0A], [0x72, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        let found = try #require(Comparison.between(pickle(body + [1]), pickle(body + [2]), name: "a.pkl"))
        #expect(found.place != nil)
    }
}

@Test func `archives in archives are opened a few levels deep`() throws {
    var first = Array("one".utf8)
    var second = Array("two".utf8)
    for _ in 0..<40 {
        (first, second) = (gzip(first), gzip(second))
    }
    let found = try #require(Comparison.between(first, second, name: "a.gz"))
    #expect(found.place?.split(separator: ",").count == 6)
}

@Test func `what unpacks to more than the limit is compared packed`() throws {
    // A stored block cannot grow; a block of repeats does, by about a thousand to one.
    let zeros = try Sample("bomb.gz")
    let found = try #require(zeros.comparison())
    #expect(found.place != nil)
}

/// gzip with stored blocks.
private func gzip(_ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    let count = content.count
    bytes += [1, UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8 & 0xFF)]
    return bytes + content + [UInt8](repeating: 0, count: 8)
}
