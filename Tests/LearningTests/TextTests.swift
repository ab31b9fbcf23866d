import Canonical
import Diagnostics
import Numerics
import Tables
import Testing

@testable import Learning

/// What words, terms and columns texts become.
@Suite struct TextTests {
    private static func words(_ text: String, stopWords: [String] = []) -> [String] {
        var stop = TermTable()
        for word in stopWords {
            var word = word
            _ = word.withUTF8 { stop.insert($0, hash: TermHash.of($0).short) }
        }
        var block = WordBlock()
        var text = text
        text.withUTF8 { block.append($0, stopWords: stop) }
        return block.ends.indices.map { String(decoding: block.bytes[block.start($0)..<block.ends[$0]], as: UTF8.self) }
    }

    private static func options(_ members: [(String, JSONValue)] = []) throws -> TextOptions {
        try Samples.options(
            target: "y", "logistic",
            more: [("features", .object([JSONMember("text", .object(members.map { JSONMember($0.0, $0.1) }))]))]
        ).text
    }

    /// A table of one column `x` of texts, which hold no quotes.
    private static func table(_ texts: [String]) throws -> Table {
        try Samples.table("x,y\n" + texts.enumerated().map { "\"\($1)\",\($0 % 2)\n" }.joined())
    }

    private static func profile(_ texts: [String], _ members: [(String, JSONValue)] = [], threads: Int = 1) throws -> TextProfile {
        let column = FeatureColumn(0, in: try table(texts))
        return try #require(try TextProfile(column, try options(members), isInferred: false, threads: threads))
    }

    private static func terms(_ profile: TextProfile) -> [String] {
        guard case .terms(let table) = profile.columns else { return [] }
        return (0..<table.count).map { table.text($0) }
    }

    @Test func `words are folded runs of two letters, marks or digits or more`() {
        #expect(Self.words("The cat, a DOG & x2: 3 (42)!") == ["the", "cat", "dog", "x2", "42"])
        #expect(Self.words("snake_case semi-colon it's") == ["snake_case", "semi", "colon", "it"])
        #expect(Self.words("ÀÉÎ Straße ΣΊΣΥΦΟΣ ЖУК Ǆ ǄǄ ＡＢ İI") == ["àéî", "straße", "σίσυφοσ", "жук", "ǆǆ", "ａｂ", "İi"])
        // One accented character and a letter with its accent: two words, and one each.
        #expect(!Self.words("naïve")[0].utf8.elementsEqual(Self.words("nai\u{308}ve")[0].utf8))
        #expect(Self.words("nai\u{308}ve").count == 1 && Self.words("naïve").count == 1)
        #expect(Self.words("🙂 🙂🙂 ab🙂cd 日本語 𝐀𐐀𐐀") == ["ab", "cd", "日本語", "𝐀𐐨𐐨"])
        #expect(Self.words("").isEmpty && Self.words("a b c . , -").isEmpty)
        #expect(Self.words("\u{10FFFF}\u{0}ok").first == "ok")
    }

    @Test func `stop words are left out before terms are made`() throws {
        #expect(Self.words("the cat and the dog", stopWords: ["the", "and"]) == ["cat", "dog"])
        let profile = try Self.profile(["the cat of dogs", "The cat OF dogs"], [("stop-words", "english"), ("more-stop-words", ["Cat"])])
        #expect(Self.terms(profile) == ["dogs"])
        #expect(profile.stopWords.contains("the") && profile.stopWords.contains("cat"))
    }

    @Test func `terms have bounds of rows, and the most frequent are kept`() throws {
        let texts = ["red fox", "red fox", "red hen", "big red hen", "big hen big hen"]
        #expect(Self.terms(try Self.profile(texts)) == ["big", "fox", "hen", "red", "red fox", "red hen"])
        #expect(Self.terms(try Self.profile(texts, [("ngrams", [1, 1])])) == ["big", "fox", "hen", "red"])
        #expect(
            Self.terms(try Self.profile(texts, [("ngrams", [2, 3]), ("min-documents", 1)])) == [
                "big hen", "big hen big", "big red", "big red hen", "hen big", "hen big hen", "red fox", "red hen",
            ])
        #expect(Self.terms(try Self.profile(texts, [("max-share", 0.5)])) == ["big", "fox", "red fox", "red hen"])
        // Of equally frequent ones the first by bytes.
        #expect(Self.terms(try Self.profile(texts, [("max-terms", 3)])) == ["big", "hen", "red"])
        #expect(try Self.profile(texts).documents == [2, 2, 3, 4, 2, 2])
    }

    @Test func `rows are weighed by their terms and have length 1`() throws {
        let profile = try Self.profile(["aa bb", "aa cc", "aa aa cc"], [("ngrams", [1, 1])])
        let matrix = profile.matrix(FeatureColumn(0, in: try Self.table(["cc aa cc", "zz", "", "aa"])), threads: 1)
        #expect(matrix.starts == [0, 2, 2, 2, 3] && matrix.indices == [0, 1, 0])
        let (aa, cc) = (1.0, (1 + Elementary.log(2)) * (Elementary.log(4.0 / 3) + 1))
        let length = (aa * aa + cc * cc).squareRoot()
        #expect(matrix.values == [aa / length, cc / length, 1])
        let plain = try Self.profile(["aa bb", "aa cc", "aa aa cc"], [("ngrams", [1, 1]), ("sublinear", false)])
        let counted = plain.matrix(FeatureColumn(0, in: try Self.table(["cc aa cc", "zz"])), threads: 1)
        #expect(abs(counted.values[1] / counted.values[0] - 2 * (Elementary.log(4.0 / 3) + 1)) < 1e-15)
    }

    @Test func `a hash gives every term a column and a sign`() throws {
        let profile = try Self.profile(["aa bb", "cc dd"], [("hashing-bits", 10), ("min-documents", 1)])
        #expect(profile.width == 6 && profile.documents.count == 1024 && Self.terms(profile).isEmpty)
        #expect(profile.documents.reduce(0, +) == 6)
        let matrix = profile.matrix(FeatureColumn(0, in: try Self.table(["aa bb", "new words"])), threads: 1)
        #expect(matrix.starts == [0, 3, 3])
        #expect(matrix.values.contains { $0 < 0 } || matrix.values.contains { $0 > 0 })
        // FNV-1a of "aa", mixed: the specification's numbers.
        var text = "aa"
        let hash = text.withUTF8 { TermHash.of($0).long }
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in [97, 97] as [UInt64] { state = (state ^ byte) &* 0x100_0000_01B3 }
        state ^= state >> 32
        state = state &* 0xD6E8_FEB8_6659_FD93
        #expect(hash == state ^ state >> 32)
    }

    @Test func `values of a hash in too few rows or too many have no column`() throws {
        let texts = ["red fox", "red fox", "red hen", "big red hen", "big hen big hen"]
        func counts(_ members: [(String, JSONValue)]) throws -> [Int32] {
            let profile = try Self.profile(texts, [("hashing-bits", 20)] + members)
            #expect(profile.width == profile.documents.count { $0 > 0 })
            return profile.documents.filter { $0 > 0 }.sorted()
        }
        #expect(try counts([]) == [2, 2, 2, 2, 3, 4])
        #expect(try counts([("max-share", 0.5)]) == [2, 2, 2, 2])
        #expect(try counts([("max-terms", 2)]) == [3, 4])
        #expect(try counts([("min-documents", 4)]) == [4])
        #expect(throws: LearningError.self) { try counts([("min-documents", 5)]) }
    }

    @Test func `columns are inferred as texts by their words and differences`() throws {
        func looksLikeText(_ texts: [String]) throws -> Bool { FeatureColumn(0, in: try Self.table(texts)).looksLikeText }
        #expect(try looksLikeText(["one two three", "four five six", "x", ""]))
        #expect(try !looksLikeText(["one two three", "four five", "x"]))
        #expect(try !looksLikeText(["New York City", "New York City", "New York City", "San Juan Capistrano"].flatMap { [$0, $0, $0] }))
        #expect(try !looksLikeText(["1", "2"]))
    }

    @Test func `what looks like text without terms is a category, and stated text is refused`() throws {
        let rows = "x,y\none two three,a\nfour five six,b\nseven eight nine,a\n"
        let inferred = try Samples.options(target: "y", "logistic")
        let pipeline = try FeaturePipeline(fitting: try Samples.table(rows), options: inferred)
        #expect(pipeline.features[0].kind == .category(CategoryProfile(levels: [], others: 3, missing: 0)))
        let types: JSONValue = .object([JSONMember("types", .object([JSONMember("x", "text")]))])
        let stated = try Samples.options(target: "y", "logistic", more: [("features", types)])
        #expect(Self.codes { try FeaturePipeline(fitting: try Samples.table(rows), options: stated) } == ["learning/no-terms"])
    }

    static func codes(_ body: () throws -> some Any) -> [String] {
        do {
            _ = try body()
            return []
        } catch let error as LearningError {
            return error.diagnostics.map(\.code)
        } catch {
            return ["\(error)"]
        }
    }

    static let reviews: String = {
        let stream = RandomStream(seed: 3, purpose: "test/texts")
        let good = ["great", "fine", "lovely", "excellent"]
        let bad = ["awful", "poor", "dreadful", "boring"]
        let other = ["film", "story", "music", "acting", "plot", "ending"]
        var rows = "length,text,verdict\n"
        for row in 0..<600 {
            let isGood = stream.below(2, UInt64(row)) == 1
            let words = (0..<6).map { place -> String in
                let draw = UInt64(10_000 + row * 8 + place)
                return place % 2 == 0 ? (isGood ? good : bad)[stream.below(4, draw)] : other[stream.below(6, draw)]
            }
            rows +=
                "\(stream.uniform(UInt64(90_000 + row))),\(row % 50 == 7 ? "" : words.joined(separator: " ")),\(isGood ? "good" : "bad")\n"
        }
        return rows
    }()

    @Test(arguments: ["logistic", "linear"])
    func `texts are learned beside numbers, written and read`(_ kind: String) throws {
        let text = kind == "linear" ? Self.reviews.replacing(",good\n", with: ",1.5\n").replacing(",bad\n", with: ",-0.5\n") : Self.reviews
        let table = try Samples.table(text)
        let model = try Trainer.train(table, options: try Samples.options(target: "verdict", kind))
        #expect(model.files().map(\.path) == ["features.safetensors", "model.json", "weights.safetensors"])
        #expect(model.pipeline.summary.hasPrefix("1 number, text 'text' ("))
        let read = try TrainedModel.read(model.files())
        #expect(read == model)
        #expect(try read.predict(table) == model.predict(table))
        if kind == "logistic" {
            let metrics = try Samples.metrics(model, on: table)
            #expect(try #require(metrics["accuracy"]?.numberValue) > 0.98)
        } else {
            let metrics = try Samples.metrics(model, on: table)
            #expect(try #require(metrics["r2"]?.numberValue) > 0.8)
        }
    }

    @Test(arguments: [[], [("hashing-bits", 9)], [("ngrams", [1, 3]), ("stop-words", "english")]] as [[(String, JSONValue)]])
    func `threads and instruction sets give one model`(_ settings: [(String, JSONValue)]) throws {
        let table = try Samples.table(Self.reviews)
        let features: JSONValue = .object([JSONMember("text", .object(settings.map { JSONMember($0.0, $0.1) }))])
        let options = try Samples.options(target: "verdict", "logistic", more: [("features", features)])
        let before = KernelVariant.active
        defer { KernelVariant.active = before }
        var models: Set<String> = []
        for threads in [1, 2, 3, 8] { models.insert(Samples.digest(try Trainer.train(table, options: options, threads: threads))) }
        for variant in KernelVariant.available {
            KernelVariant.active = variant
            models.insert(Samples.digest(try Trainer.train(table, options: options)))
        }
        #expect(models.count == 1)
    }

    @Test func `a learner that cannot see text says which column and what to do`() throws {
        let options = try Samples.options(target: "verdict", "boosted-trees")
        do {
            _ = try Trainer.train(try Samples.table(Self.reviews), options: options)
            Issue.record("trees see no text")
        } catch LearningError.diagnostics(let list) {
            #expect(list.map(\.code) == ["learning/unfit-column"])
            #expect(list[0].message == "the learner 'boosted-trees' cannot see text, which column 'text' holds")
            #expect(
                list[0].notes[0].message.hasPrefix(#"leave the column out with "features": { "exclude": ["text"] }, or use the learner "#))
        }
    }

    @Test(
        arguments: [
            [("ngrams", [2, 1])], [("ngrams", [1, 2, 3])], [("ngrams", [0, 1])], [("ngrams", 2)], [("min-documents", 0)],
            [("max-share", 0)],
            [("stop-words", "german")], [("hashing-bits", 30)], [("sublinear", "yes")],
        ] as [[(String, JSONValue)]])
    func `options that are none are refused`(_ members: [(String, JSONValue)]) {
        #expect(Self.codes { try Self.options(members) } == ["learning/bad-option"])
    }

    @Test func `changed files are refused or give a model that can be used`() throws {
        let table = try Samples.table(Self.reviews)
        let models = try [[], [("hashing-bits", 8)]].map { (settings: [(String, JSONValue)]) in
            let features: JSONValue = .object([JSONMember("text", .object(settings.map { JSONMember($0.0, $0.1) }))])
            return try Trainer.train(
                table, options: try Samples.options(target: "verdict", "logistic", [("max-iterations", 3)], more: [("features", features)]))
        }
        let stream = RandomStream(seed: 12, purpose: "test/mutations")
        var refused = 0
        for round in 0..<1500 {
            var changed = models[round % 2].files()
            let draw = { (count: Int, index: Int) in stream.below(count, UInt64(round * 8 + index)) }
            let file = draw(3, 0)
            // The header and the first tensors are where most can go wrong.
            let place = draw(min(changed[file].bytes.count, 1200), 1)
            switch draw(3, 2) {
            case 0: changed[file].bytes[place] ^= 1 << UInt8(draw(8, 3))
            case 1: changed[file].bytes[place] = UInt8(draw(256, 3))
            default: changed[file].bytes.removeSubrange(place..<min(place + 1 + draw(9, 3), changed[file].bytes.count))
            }
            do {
                _ = try TrainedModel.read(changed).predict(table)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 500)
        let files = models[0].files()
        #expect(Self.codes { try TrainedModel.read(Array(files[1...])) } == ["learning/damaged-model"])
        #expect(Self.codes { try TrainedModel.read(files + [files[0]]) } == ["learning/damaged-model"])
        let other = try Trainer.train(
            table,
            options: try Samples.options(
                target: "verdict", "logistic",
                more: [
                    ("features", .object([JSONMember("exclude", ["text"])]))
                ]))
        #expect(Self.codes { try TrainedModel.read(other.files() + [files[0]]) } == ["learning/damaged-model"])
    }
}
