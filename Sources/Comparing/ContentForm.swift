/// The formats that are taken apart, and how they are known.
enum ContentForm: CaseIterable {
    case npy, zip, gzip, png, sqlite, pickle, safetensors, tar, json, jsonLines, table, text

    /// What tells both contents apart; nil when no format that both have explains it.
    static func finding(_ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        for form in allCases where form.isLikely(pair.first, pair) && form.isLikely(pair.second, pair) {
            if let finding = form.compare(pair, &unpacking) { return finding }
        }
        return nil
    }

    private func isLikely(_ bytes: [UInt8], _ pair: Pair) -> Bool {
        switch self {
        case .npy: bytes.starts(with: NpyComparison.magic)
        case .zip: Bytes.hasPrefix(bytes, "PK\u{3}\u{4}") || Bytes.hasPrefix(bytes, "PK\u{5}\u{6}")
        case .gzip: bytes.starts(with: [0x1F, 0x8B, 8])
        case .png: bytes.starts(with: PngComparison.magic)
        case .sqlite: Bytes.hasPrefix(bytes, "SQLite format 3\u{0}")
        case .pickle: PickleReader.isPickle(bytes, pair)
        case .safetensors: SafetensorsComparison.isOne(bytes)
        case .tar: TarComparison.isOne(bytes)
        case .json: JSONComparison.isLikely(bytes)
        case .jsonLines: JSONComparison.isLikely(bytes) && pair.isNamed(".jsonl", ".ndjson", ".json")
        case .table: pair.isNamed(".csv", ".tsv")
        case .text: TextComparison.isText(bytes)
        }
    }

    private func compare(_ pair: Pair, _ unpacking: inout Unpacking) -> Finding? {
        switch self {
        case .npy: NpyComparison.finding(pair, &unpacking)
        case .zip: ZipComparison.finding(pair, &unpacking)
        case .gzip: GzipComparison.finding(pair, &unpacking)
        case .png: PngComparison.finding(pair)
        case .sqlite: SqliteComparison.finding(pair)
        case .pickle: PickleComparison.finding(pair)
        case .safetensors: SafetensorsComparison.finding(pair)
        case .tar: TarComparison.finding(pair, &unpacking)
        case .json: JSONComparison.finding(pair)
        case .jsonLines: JSONLinesComparison.finding(pair)
        case .table: TableComparison.finding(pair)
        case .text: TextComparison.finding(pair)
        }
    }
}
