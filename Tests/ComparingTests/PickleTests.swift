import Comparing
import Testing

private func line(_ name: String) throws -> String { try #require(try Sample(name).comparison()).line }

@Test func `an address in a pickle is told by the attribute that holds it`() throws {
    let found = try #require(try Sample("address.pkl").comparison())
    #expect(
        found.line
            == "pickle, CountVectorizer._stop_words_id, argument of LONG1 at 417 | a memory address | 139888456425536 | 139685985165376")
    #expect(found.offset == 420)
    #expect(found.remedy?.contains("\"addresses\": \"fixed\"") == true)
    // Low addresses, as a program at a fixed place has them, are known by the name alone.
    #expect(try line("low-address.pkl").hasPrefix("pickle, CountVectorizer._stop_words_id, argument of BININT at 417 | a memory address"))
}

@Test(arguments: [
    ("set.pkl", "pickle, ['model']['words'][1]['x'], argument of BININT1 at 45 | the order of a set | 0 | 16"),
    ("set2.pkl", "pickle, ['model']['words'][1]['x'][0], argument of BININT1 at 72 | the order of a set | 0 | 16"),
    ("frozenset.pkl", "pickle, argument of BININT1 at 12 | the order of a set | 0 | 16"),
    (
        "list.pkl",
        "pickle, ['names'][40], argument of SHORT_BINUNICODE at 374 | the order of a list with the same elements | 'word40' | 'word41'"
    ),
    ("dict.pkl", "pickle, ['index'], argument of SHORT_BINUNICODE at 24 | the order of a dictionary's keys | 'a' | 'bb'"),
])
func `the same elements in another order are told as such`(name: String, expected: String) throws {
    #expect(try line(name) == expected)
}

@Test(arguments: [
    ("time.pkl", "pickle, ['made'], argument of BINFLOAT at 21 | a time stamp | 1700000000.25 | 1700000093.75"),
    (
        "datetime.pkl",
        "pickle, [0][0], argument of SHORT_BINBYTES at 37, a datetime | a time stamp | 2024-5-6 7:8:9 | 2024-5-6 7:8:39"
    ),
    (
        "path.pkl",
        "pickle, ['cache'], argument of SHORT_BINUNICODE at 21 | a path of the machine | '/tmp/tmpab12cd/cache' | '/tmp/tmpzz98yx/cache'"
    ),
    (
        "sharing.pkl",
        "pickle, [1], argument of BINGET at 23 | whether two values are one object in memory | a reference to 'shared' | 'shared'"
    ),
    ("plain.pkl", "pickle, ['loss'][2], argument of BININT1 at 27 | - | 3 | 70000"),
    ("protocol0.pkl", "pickle, ['a'][1], argument of INT at 20 | - | 10 | 11"),
])
func `values in a pickle are told with their place and what they look like`(name: String, expected: String) throws {
    #expect(try line(name) == expected)
}

@Test func `a random identifier is told`() throws {
    #expect(try line("uuid.pkl").hasPrefix("pickle, ['run'].int, argument of LONG1 at 46 | a random identifier |"))
}

@Test(arguments: [
    ("coef2.pkl", "argument of BINUNICODE at 794, element [1] of f8"),
    ("coef4.pkl", "argument of SHORT_BINBYTES at 617, element [1] of f8"),
    ("coef5.pkl", "argument of BYTEARRAY8 at 534, element [1] of f8"), ("coef.joblib", "element [0, 1] of f8"),
])
func `an array in a pickle is told by attribute, type and element`(name: String, place: String) throws {
    let values = "-0.07333514146556157 | -0.07333514146556153"
    #expect(
        try line(name)
            == "pickle, LogisticRegression.coef_, \(place), 1 of 2 differ | the last bits of a number (3 ULP), as other threads or kernels give them | \(values)"
    )
}

@Test func `a number that differs in its last bits is told in units of the last place`() throws {
    #expect(
        try line("float.pkl")
            == "pickle, ['weights'][1], argument of BINFLOAT at 35 | the last bits of a number (1 ULP), as other threads or kernels give them | 0.30000000000000004 | 0.3"
    )
}

@Test func `two pickles where one goes on are told`() throws {
    let short = Array("\u{5D}\u{28}K\u{1}K\u{2}e.".utf8)
    let long = Array("\u{5D}\u{28}K\u{1}K\u{2}K\u{3}e.".utf8)
    let found = try #require(Comparison.between(short, long, name: "a.pkl"))
    #expect(found.line == "pickle, [2], APPENDS at 6 | - | APPENDS | 3")
}
