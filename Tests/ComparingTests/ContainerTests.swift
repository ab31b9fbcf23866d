import Comparing
import Testing

@Test(arguments: [
    ("time.zip", "zip, time stamp of member 'a.txt' | a time stamp | 2024-05-06 07:08:10 | 2024-05-06 07:09:20"),
    ("order.zip", "zip, member 1 | the order of members | 'a' | 'b'"),
    ("level.zip", "zip, member 'a.txt' | the compression; what is inside is the same | method 8, 45 bytes | method 8, 42 bytes"),
    ("inner.npz", "zip, member 'weights.npy', npy, element [2, 1] of f8, 1 of 12 differ | - | 1.2857142857142858 | 99.0"),
    ("inner.zip", "zip, member 'model/x.pkl', pickle, ['s'], argument of BININT1 at 20 | the order of a set | 0 | 16"),
    ("time.gz", "gzip, time stamp in the header | a time stamp | 1700000000 | 1700000100"),
    ("name.gz", "gzip, file name in the header | a path of the machine | 'a' | 'b'"),
    ("inner.json.gz", "gzip, $.a[2] | - | 3 | 4"),
    ("time.tar", "tar, time stamp of member 'data/a.txt' | a time stamp | 1700000000 | 1700000100"),
    ("owner.tar", "tar, user number of member 'data/a.txt' | who owns the file, or its permissions | 0001750 | 0001751"),
    ("inner.tar", "tar, member 'data/a.txt', line 1, column 1 | - | one | two"),
    ("time.png", "png, chunk tIME at 33 | a time stamp | 2024-5-6 7:8:9 | 2024-5-6 7:8:59"),
    ("text.png", "png, chunk tEXt at 33 | a time stamp | Creation Time 2024-05-06T07:08:09 | Creation Time 2024-05-06T07:10:11"),
    ("pixels.png", "png, chunk IDAT at 33, the pixels | - | 10 bytes | 10 bytes"),
    ("rows.npy", "npy, element [1, 2] of f8, 1 of 12 differ | \(ulp) | 0.8571428571428571 | 0.8571428571428572"),
    ("columns.npy", "npy, element [1, 2] of f8, 1 of 12 differ | \(ulp) | 0.8571428571428571 | 0.8571428571428572"),
    ("single.npy", "npy, element [1] of f4, 1 of 3 differ | \(ulp) | 2.0 | 2.0000002"),
    ("big.npy", "npy, element [2] of >i4, 1 of 3 differ | - | 3 | 4"),
    ("shuffled.npy", "npy, element [0] of i8, 2 of 4 differ | the order of the elements of an array | 5 | 8"),
    ("object.npy", "npy, pickle, [0]['a'], argument of BININT1 at 150 | - | 1 | 2"),
    ("weights.safetensors", "safetensors, tensor 'a.weight', element [1, 0] of f4, 1 of 4 differ | \(ulp) | 3.0 | 3.0000002"),
    (
        "rows.db",
        "sqlite, page 2, byte 6 | - | fc 00 0f fc 00 00 00 00 00 00 00 00 00 00 00 00 | fb 00 0f fb 00 00 00 00 00 00 00 00 00 00 00 00"
    ),
])
func `archives, arrays and pictures are taken apart`(name: String, expected: String) throws {
    #expect(try #require(try Sample(name).comparison()).line == expected)
}

private let ulp = "the last bits of a number (1 ULP), as other threads or kernels give them"

@Test func `another shape is told by the header`() throws {
    let found = try #require(try Sample("shape.npy").comparison())
    #expect(found.place == "npy, header")
    #expect(found.first.hasPrefix("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"))
}

@Test func `equal contents have nothing that tells them apart`() throws {
    for name in try Sample.all() {
        let sample = try Sample(name)
        #expect(Comparison.between(sample.first, sample.first, name: name) == nil)
        #expect(sample.comparison() != nil)
    }
}

@Test func `the offset is always the first byte that differs`() throws {
    for name in try Sample.all() {
        let sample = try Sample(name)
        let expected = zip(sample.first, sample.second).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        #expect(sample.comparison()?.offset == expected ?? min(sample.first.count, sample.second.count), "\(name)")
    }
}

@Test func `what no format explains is told by offset and bytes`() throws {
    let found = try #require(Comparison.between([1, 2, 3, 0xFF], [1, 2, 4], name: "x.bin"))
    #expect(found == Comparison(offset: 2, place: "byte 2", cause: nil, remedy: nil, first: "03 ff", second: "04"))
    #expect(Comparison.between([1], [], name: "")?.second == "end")
}
