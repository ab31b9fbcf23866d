import Diagnostics
import Numerics

/// Reads folders as tables: of arrays, a column or more in each file, or of images, a row in each file.
struct FolderReader {
    let input: TableInput
    let name: String
    /// Those that are not hidden, in the order of their paths' bytes.
    private let files: [TableFile]
    private var problems: TableProblems

    init(_ input: TableInput, name: String, files: [TableFile]) {
        self.input = input
        self.name = name
        self.files = files.filter { !$0.isHidden }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        problems = TableProblems(name: name)
    }

    private func place(_ file: TableFile) -> String { file.place(in: name) }

    /// The files, if there are any and all are of the format.
    private mutating func requireAll(_ format: TableFormatKind) -> Bool {
        let ending = format.rawValue
        if files.isEmpty { problems.add("no-rows", "the folder holds no files; expected '.\(ending)' files", in: name) }
        for file in files where !file.hasExtension(ending) {
            problems.add(
                "foreign-file", "the file is no '.\(ending)' file, as the folder's others are to be", in: place(file),
                notes: [Diagnostic.Note("files whose names begin with a point are passed over")])
        }
        return problems.isEmpty
    }

    // MARK: - Arrays

    /// The table of a folder of arrays with the same number of rows; each column has the name of its file.
    mutating func arrays(_ format: TableFormatKind) -> Diagnosed<Table> {
        guard requireAll(format) else { return Diagnosed(nil, problems.finished()) }
        var forms: [ArrayForm] = []
        var columns: [Column] = []
        var origins: [String] = []
        for file in files {
            let place = place(file)
            guard !file.path.contains("/") else {
                problems.add("folder-layout", "the file lies in a folder of its own; expected arrays beside each other", in: place)
                continue
            }
            do throws(ArrayForm.Fault) {
                let form = try format == .npy ? NPYFormat.form(file.bytes) : IDXFormat.form(file.bytes)
                if let first = forms.first, first.rowCount != form.rowCount {
                    problems.add(
                        "row-count", "it has \(form.rowCount) rows; expected \(first.rowCount), as '\(files[0].path)' has", in: place)
                }
                forms.append(form)
                let own = ArrayColumns.read(form, file.bytes, name: file.stem, in: place, &problems)
                columns += own
                origins += own.map { _ in place }
            } catch {
                problems.add(error.code, "the array cannot be read: \(error.message)", in: place)
            }
        }
        var names: [String: String] = [:]
        for (column, origin) in zip(columns, origins) {
            if let first = names[column.name] {
                problems.add("duplicate-column", "two columns are named '\(column.name)'; the other is of '\(first)'", in: origin)
            }
            names[column.name] = origin
        }
        guard problems.isEmpty, let first = forms.first else { return Diagnosed(nil, problems.finished()) }
        let rows = RowPlaces.arrays(columns: origins, parts: zip(files, forms).map { ArrayPart(path: $0.path, bytes: $0.bytes, form: $1) })
        return Diagnosed(Table(input: input, format: format, rowCount: first.rowCount, columns: columns, rows: rows), [])
    }

    // MARK: - Images

    /// The table of a folder of images: the columns `image` and `file`, or, with a folder for each class, `image` and `label`.
    mutating func images(threads: Int) -> Diagnosed<Table> {
        guard requireAll(.png) else { return Diagnosed(nil, problems.finished()) }
        let depth = files[0].path.utf8.count { $0 == UInt8(ascii: "/") }
        for file in files where depth > 1 || file.path.utf8.count(where: { $0 == UInt8(ascii: "/") }) != depth {
            problems.add(
                "folder-layout", "the image does not lie as the others; expected all in one folder, or each in the folder of its class",
                in: place(file))
        }
        guard problems.isEmpty else { return Diagnosed(nil, problems.finished()) }
        guard let pixels = pixels(threads: threads) else { return Diagnosed(nil, problems.finished()) }
        let texts = files.map { depth == 1 ? String($0.path.prefix { $0 != "/" }) : $0.path }
        let columns = [
            Column(name: "image", values: .images(pixels)), Column(name: depth == 1 ? "label" : "file", values: Self.categories(texts)),
        ]
        let rows = RowPlaces.files(files, folder: name)
        return Diagnosed(Table(input: input, format: .png, rowCount: files.count, columns: columns, rows: rows), [])
    }

    /// The most elements that the images of a table may have together.
    private static let mostElements = 1 << 33

    private mutating func pixels(threads: Int) -> ImageColumn? {
        let files = files
        // Two passes, so that memory is taken once, when all sizes are known and allowed.
        let opened = ParallelLoop.map(count: files.count, threads: threads) { index in
            Result { () throws(PNGImage.Fault) in try PNGImage(files[index].bytes) }
        }
        var images: [PNGImage] = []
        var total = 0
        for (file, result) in zip(files, opened) {
            switch result {
            case .success(let image):
                images.append(image)
                total += image.shape.count
            case .failure(let fault): problems.add("bad-image", "the image cannot be read: \(fault.message)", in: place(file))
            }
        }
        guard problems.isEmpty else { return nil }
        guard total <= Self.mostElements else {
            problems.add("too-large", "the images have \(total) elements; expected at most \(Self.mostElements)", in: name)
            return nil
        }
        let expanded = ParallelLoop.map(count: images.count, threads: threads) { [images] index in
            Result { () throws(PNGImage.Fault) in try images[index].expanded() }
        }
        var elements: [UInt8] = []
        elements.reserveCapacity(total)
        for (file, result) in zip(files, expanded) {
            switch result {
            case .success(let bytes): elements += bytes
            case .failure(let fault): problems.add("bad-image", "the image cannot be read: \(fault.message)", in: place(file))
            }
        }
        return problems.isEmpty ? ImageColumn(.bytes(elements), shapes: images.map(\.shape)) : nil
    }

    private static func categories(_ texts: [String]) -> ColumnValues {
        var builder = LevelTable()
        let codes = texts.map { text in
            var text = text
            return text.withUTF8 { builder.code(of: $0) }
        }
        let sorted = builder.sorted(codes)
        return .categories(codes: sorted.codes, levels: sorted.levels)
    }
}
