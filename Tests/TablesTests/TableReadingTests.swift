import Diagnostics
import Tables
import Testing

/// The table that `text` is, or a failure with what is wrong with it.
func table(_ text: String, _ format: TableFormatKind = .csv) throws -> Table {
    let source = SourceText(name: "t.csv", text: text)
    let result = TableReader.read(source, format)
    let said = DiagnosticRenderer(sources: [source]).render(result.diagnostics)
    return try #require(result.value, Comment(rawValue: said))
}

func numbers(_ column: Column?) -> [Double]? {
    guard case .numbers(let values)? = column?.values else { return nil }
    return values
}

func texts(_ column: Column?) -> [String?]? {
    guard case .categories(let codes, let levels)? = column?.values else { return nil }
    return codes.map { $0 < 0 ? nil : levels[Int($0)] }
}

@Suite struct TableReadingTests {
    @Test func `numbers and categories are told apart by all of their fields`() throws {
        let read = try table("size,colour,code\n1.5,red,7\n-2,blue,x8\n+0.25e1,red,9\n")
        #expect(read.rowCount == 3)
        #expect(numbers(read.column("size")) == [1.5, -2, 2.5])
        #expect(read.column("colour")?.values == .categories(codes: [1, 0, 1], levels: ["blue", "red"]))
        #expect(texts(read.column("code")) == ["7", "x8", "9"])
        #expect(read.column("absent") == nil)
    }

    @Test(arguments: ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"])
    func `a missing value has one of eight spellings`(word: String) throws {
        let read = try table("a,b\n1,x\n\(word),\(word)\n\"\(word)\",\"\(word)\"\n")
        let values = try #require(numbers(read.column("a")))
        #expect(values[0] == 1 && values[1].isNaN && values[2].isNaN)
        #expect(texts(read.column("b")) == ["x", nil, nil])
    }

    @Test(arguments: ["inf", "Infinity", "-inf", "0x10", "1_000", "1,5e", " 1", "1 ", "١", "--1", ".", "e5", "NAN"])
    func `a word that is no decimal number makes a category`(word: String) throws {
        let read = try table("a\tb\n1\tz\n\(word)\tz\n", .tsv)
        #expect(texts(read.column("a")) == ["1", word])
    }

    @Test func `quotes protect delimiters and line ends and double themselves`() throws {
        let read = try table("a,\"b \"\"c\"\"\"\r\n\"x,y\",\"1\"\r\n\"line\nfeed\",\"2\"\r\n\"say \"\"hi\"\"\",\"\"\"3\"\r\n")
        #expect(read.columns.map(\.name) == ["a", "b \"c\""])
        #expect(texts(read.column("a")) == ["x,y", "line\nfeed", "say \"hi\""])
        #expect(texts(read.column("b \"c\"")) == ["1", "2", "\"3"])
    }

    @Test func `a quote is a character in TSV`() throws {
        let read = try table("t\tn\n\"A\" is, one\t1\n5\" pipe\t2\n", .tsv)
        #expect(texts(read.column("t")) == ["\"A\" is, one", "5\" pipe"])
        #expect(read.text(row: 0, column: 0) == "\"A\" is, one")
    }

    @Test(arguments: ["a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n", "\u{FEFF}a,b\n1,2\n3,4", "a,b\r\n1,2\n3,4"])
    func `line ends and a byte order mark do not matter`(text: String) throws {
        let read = try table(text)
        #expect(numbers(read.column("a")) == [1, 3])
        #expect(numbers(read.column("b")) == [2, 4])
    }

    @Test func `a table of one column has a missing value on an empty line`() throws {
        let values = try #require(numbers(try table("a\n1\n\n2\n").column("a")))
        #expect(values.count == 3 && values[1].isNaN)
    }

    @Test func `a column of numbers gives its fields as categories`() throws {
        let read = try table("digit,x\n10,1\n2,1\n\"2\",1\nNA,1\n2.0,1\n")
        #expect(numbers(read.column("digit"))?.prefix(3) == [10, 2, 2])
        let labels = read.categories(of: 0)
        #expect(labels.levels == ["10", "2", "2.0"])
        #expect(labels.codes == [0, 1, 1, -1, 2])
    }

    @Test func `a column that turns into categories late keeps its earlier texts`() throws {
        var text = "k,\"late\",end\n"
        for row in 0..<500 { text += "\(row),\"0\(row).50\",\(row % 3)\n" }
        text += "x,\"7 \"\"u\"\"\",2\r\n"
        let read = try table(text)
        #expect(texts(read.column("late"))?[499] == "0499.50")
        #expect(texts(read.column("late"))?[500] == "7 \"u\"")
        #expect(texts(read.column("k"))?[12] == "12")
        #expect(numbers(read.column("end"))?[500] == 2)
    }

    @Test func `levels sort by bytes and are told apart by bytes`() throws {
        let read = try table("w\nz\né\ne\u{301}\nB\na\n")
        guard case .categories(let codes, let levels)? = read.column("w")?.values else {
            Issue.record("words are categories")
            return
        }
        #expect(levels.map { Array($0.utf8) } == ["B", "a", "e\u{301}", "z", "é"].map { Array($0.utf8) })
        #expect(codes == [3, 4, 2, 0, 1])
    }

    @Test func `numbers are the nearest doubles`() throws {
        let fields = [
            "0.1", "123456789012345", "1234567890123456789", "0.000000000000001", "-0", "9007199254740993", "4.9e-324", "1e-400",
            "179769313486231570000e288",
        ]
        let read = try table("x\n" + fields.joined(separator: "\n") + "\n")
        let expected = [
            0.1, 123456789012345, 1234567890123456768, 1e-15, -0.0, 9007199254740992, .leastNonzeroMagnitude, 0, 1.7976931348623157e308,
        ]
        let values = try #require(numbers(read.column("x")))
        #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test func `rows and fields know where they stand`() throws {
        let read = try table("a,b\r\n1,\"x\ny\"\r\n2,z")
        #expect(read.headerRange == 0..<5)
        #expect(read.recordRange(0) == 5..<14)
        #expect(read.recordRange(1) == 14..<17)
        #expect(read.location(row: 0, column: 1).span == SourceSpan(7, 12))
        #expect(read.location(row: 1, column: 1).span == SourceSpan(16, 17))
        #expect(read.text(row: 0, column: 1) == "x\ny")
    }
}
