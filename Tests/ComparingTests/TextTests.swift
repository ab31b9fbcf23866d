import Comparing
import Testing

@Test(arguments: [
    ("made 2024-05-06T07:08:09Z\n", "made 2024-05-06T07:09:11Z\n", "line 1, column 21", "a time stamp"),
    ("a\nrun at 1700000000\n", "a\nrun at 1700000093\n", "line 2, column 16", "a time stamp"),
    ("Mon May  6 07:08:09 2024\n", "Mon May  6 07:08:10 2024\n", "line 1, column 18", "a time stamp"),
    ("/CreationDate (D:20240506070809)", "/CreationDate (D:20240506070911)", "line 1, column 29", "a time stamp"),
    ("<object at 0x7f3a51c0e040>", "<object at 0x7f0b2d86a040>", "line 1, column 16", "a memory address"),
    ("id 4b8b6a0e-1c1f-4b62-9a53-0d2f1a9b7c11", "id e7f0d2a4-90ab-4c57-8f3e-5b6c7d8e9f00", "line 1, column 4", "a random identifier"),
    ("<clipPath id=\"p1a2b3c4d5e\">", "<clipPath id=\"pf9e8d7c6b5\">", "line 1, column 16", "a random identifier"),
    ("read /tmp/tmpx1/data.csv", "read /tmp/tmpq7/data.csv", "line 1, column 14", "a path of the machine"),
    ("file:///home/ann/work", "file:///home/bob/work", "line 1, column 14", "a path of the machine"),
    (
        "loss 0.30000000000000004\n", "loss 0.3\n", "line 1, column 9",
        "the last bits of a number (1 ULP), as other threads or kernels give them"
    ),
    ("one\ntwo\nthree\n", "two\none\nthree\n", "line 1, column 1", "the order of lines"),
    ("rows 12\n", "rows 13\n", "line 1, column 7", nil),
])
func `a text is told by line and column, and by what stands there`(first: String, second: String, place: String, cause: String?) throws {
    let found = try #require(comparison(first, second))
    #expect(found.place == place)
    #expect(found.cause == cause)
}

@Test(arguments: [
    (#"{"a": [1, {"b": 3}]}"#, #"{"a": [1, {"b": 4}]}"#, "$.a[1].b | - | 3 | 4"),
    (#"{"a": 1, "b": 2}"#, #"{"b": 2, "a": 1}"#, "$, keys | the order of a dictionary's keys | 'a' comes first | 'b' comes first"),
    (#"{"a b": {"x": 1}}"#, #"{"a b": {"y": 1}}"#, #"$["a b"], keys | - | 'x' | 'y'"#),
    (#"{"a": 1}"#, #"{"a": 1, "b": 2}"#, "$, keys | - | no 'b' | 'b'"),
    (#"["x", "y", "z"]"#, #"["z", "x", "y"]"#, #"$[0] | the order of an array with the same elements | "x" | "z""#),
    ("[1, 2]", "[1, 2, 3]", "$, number of elements | - | 2 | 3"),
    (#"{"at": 1700000000.5}"#, #"{"at": 1700000011.5}"#, "$.at | a time stamp | 1700000000.5 | 1700000011.5"),
    (#"{"object_id": 29618864}"#, #"{"object_id": 39457120}"#, "$.object_id | a memory address | 29618864 | 39457120"),
    (#"{"m": null}"#, #"{"m": true}"#, "$.m | - | null | true"),
    ("{\"a\": 1}", "{\"a\":  1}", "line 1, column 7 | - | {\"a\": 1} | {\"a\":  1}"),
    ("{\"a\": NaN}", "{\"a\": 1}", "line 1, column 7 | - | {\"a\": NaN} | {\"a\": 1}"),
])
func `JSON is told by the path to the value`(first: String, second: String, expected: String) throws {
    #expect(try #require(comparison(first, second, "metrics.json")).line == expected)
}

@Test func `JSON Lines are told by line and path`() throws {
    let found = try #require(comparison("{\"a\": 1}\n{\"a\": [2, 3]}\n", "{\"a\": 1}\n{\"a\": [2, 4]}\n", "log.jsonl"))
    #expect(found.line == "line 2, $.a[1] | - | 3 | 4")
    #expect(comparison("{\"a\": 1}\n{\"a\": 2}\n", "{\"a\": 2}\n{\"a\": 1}\n", "log.jsonl")?.cause == "the order of lines")
}

@Test(arguments: [
    ("x,y\n1,2\n3,4\n", "x,y\n1,2\n3,5\n", "row 2, column 'y' | - | 4 | 5"),
    ("x,y\n1,2\n3,4\n", "x,y\n3,4\n1,2\n", "row 1, column 'x' | the order of rows | 1 | 3"),
    ("x,y\n1,2\n", "y,x\n2,1\n", "header | the order of columns | x, y | y, x"),
    (
        "p\n0.1\n", "p\n0.10000000000000002\n",
        "row 1, column 'p' | the last bits of a number (1 ULP), as other threads or kernels give them | 0.1 | 0.10000000000000002"
    ),
    ("a,b\n\"x,\ny\",1\n", "a,b\n\"x,\nz\",1\n", "row 1, column 'a' | - | x,\\ny | x,\\nz"),
    ("a\n1\n", "a\n1\n2\n", "row 2 | - | no row | 2"),
    ("a,b\n1,2\n", "a,b\n1\n", "row 1 | - | 2 fields | 1 fields"),
])
func `a table is told by row and column`(first: String, second: String, expected: String) throws {
    #expect(try #require(comparison(first, second, "rows.csv")).line == expected)
}

@Test func `what is shown is short and holds no control characters`() throws {
    let found = try #require(comparison("a\u{1B}[31m\u{202E}" + String(repeating: "x", count: 500), "b", "a.txt"))
    #expect(found.first.hasPrefix("a\\u{1b}[31m\\u{202e}xxx"))
    #expect(found.first.count < 120)
}
