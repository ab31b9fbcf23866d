import Archives
import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Importing

/// What is taken from archives, beside what Python takes from them.
@Suite struct ArchiveIntakeTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.path.appending("store"))
    }

    private func tree(_ bytes: [UInt8]) throws -> StoredObject {
        try ArchiveIntake(store: store).tree(of: try store.put(file: bytes)) { _ in }
    }

    /// `kind path detail`, a line for each, sorted.
    private func listing(_ object: StoredObject) throws -> [String] {
        var lines: [String] = []
        var waiting = [("", object.digest)]
        while let (prefix, digest) = waiting.popLast() {
            for entry in try store.tree(digest).entries {
                let path = prefix + String(decoding: entry.name, as: UTF8.self)
                switch entry.content {
                case .file(let digest, let size, let isExecutable):
                    #expect(try store.read(digest).count == size)
                    lines.append("file \(path) \(digest.hex) \(isExecutable)")
                case .tree(let digest, _, _):
                    lines.append("folder \(path)")
                    waiting.append((path + "/", digest))
                case .link(let target): lines.append("link \(path) \(String(decoding: target, as: UTF8.self))")
                }
            }
        }
        return lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static let script = """
        import hashlib, io, stat, sys, tarfile, zipfile
        data = sys.stdin.buffer.read()
        lines, folders = set(), set()
        def parents(path):
            while "/" in path:
                path = path.rsplit("/", 1)[0]
                folders.add(path)
        def file(path, content, executable):
            parents(path)
            lines.add(f"file {path} {hashlib.sha256(content).hexdigest()} {str(bool(executable)).lower()}")
        if zipfile.is_zipfile(io.BytesIO(data)):
            archive = zipfile.ZipFile(io.BytesIO(data))
            for info in archive.infolist():
                mode = info.external_attr >> 16
                if info.is_dir(): folders.add(info.filename.rstrip("/")); parents(info.filename.rstrip("/"))
                elif stat.S_ISLNK(mode): parents(info.filename); lines.add(f"link {info.filename} {archive.read(info).decode()}")
                else: file(info.filename, archive.read(info), mode & 0o100)
        else:
            archive = tarfile.open(fileobj=io.BytesIO(data))
            for info in archive:
                path = info.name.removeprefix("./")
                if path in (".", ""): continue
                if info.isdir(): folders.add(path); parents(path)
                elif info.issym(): parents(path); lines.add(f"link {path} {info.linkname}")
                else:
                    source = info
                    while source.islnk(): source = archive.getmember(source.linkname)
                    file(path, archive.extractfile(source).read(), source.mode & 0o100)
        lines |= {f"folder {path}" for path in folders}
        sys.stdout.buffer.write("\\n".join(sorted(lines, key=lambda line: line.encode())).encode())
        """

    private func expectSame(_ bytes: [UInt8], _ what: String) throws {
        let ours = try listing(try tree(bytes))
        let theirs = try ProcessRunner.run(["python3", "-c", Self.script], input: bytes)
        #expect(theirs.status == 0, "\(theirs.errorText)")
        #expect(ours == theirs.outputText.split(separator: "\n").map(String.init), "\(what)")
        #expect(!ours.isEmpty)
    }

    private static func tar() -> TarBytes {
        var tar = TarBytes()
        tar.add("./", type: "5")
        tar.add("./a/", type: "5")
        tar.add("./a/rows.csv", content: "a,b\n1,2\n")
        tar.add(Array("./a/run".utf8), content: Array("#!/bin/sh\n".utf8), mode: "0000755")
        tar.add("./a/latest", type: "2", link: "rows.csv")
        tar.add("./b/deep/up", type: "2", link: "../../a")
        tar.add("./b/empty/", type: "5")
        tar.add("./b/again", type: "1", link: "./a/rows.csv")
        tar.pax([("path", "./c/\u{FC}ber \u{1F600} " + String(repeating: "n", count: 120))])
        tar.add("x", content: String(repeating: "large ", count: 100_000))
        tar.add("./c/empty", content: "")
        return tar
    }

    @Test(.enabled(if: Self.has("python3"), "skipped: python3 is not installed"), arguments: ["cat", "gzip", "bzip2", "xz", "zstd"])
    func `a tar gives what Python's tarfile gives, however it is packed`(program: String) throws {
        guard Self.has(program) else { return }
        let packed = try ProcessRunner.run(program == "cat" ? [program] : [program, "-c"], input: Self.tar().ended)
        try #require(packed.status == 0)
        if program == "zstd" {
            // Python of this version reads none.
            #expect(try tree(packed.output) == tree(Self.tar().ended))
        } else {
            try expectSame(packed.output, program)
        }
    }

    @Test(.enabled(if: Self.has("python3"), "skipped: python3 is not installed"))
    func `a zip gives what Python's zipfile gives`() throws {
        var zip = ZipBytes()
        zip.add("a/", mode: 0o040755)
        zip.add("a/rows.csv", "a,b\n1,2\n")
        zip.add("a/run", "#!/bin/sh\n", mode: 0o100755)
        zip.add("a/latest", "rows.csv", mode: 0o120777)
        zip.add("b/\u{FC}ber/empty", "")
        try expectSame(zip.ended, "by hand")
        let made = """
            import io, sys, zipfile
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for index in range(300): archive.writestr(f"part{index % 7}/{index}.txt", f"content {index}\\n" * index)
                archive.writestr("\u{FC}ber.txt", "x")
            sys.stdout.buffer.write(file.getvalue())
            """
        try expectSame(try ProcessRunner.run(["python3", "-c", made]).output, "by Python")
    }

    @Test(.enabled(if: Self.has("bsdtar"), "skipped: bsdtar is not installed"))
    func `a 7z gives what was put in`() throws {
        try folder.write("a,b\n1,2\n", to: "in/a/rows.csv")
        try folder.write("x", to: "in/b/x")
        let made = try ProcessRunner.run(
            [
                "bsdtar", "--format=7zip", "-cf", folder.path.appending("x.7z").description, "-C", folder.path.appending("in").description,
                "a", "b",
            ])
        try #require(made.status == 0, "\(made.errorText)")
        let found = try tree(try Files.read(folder.path.appending("x.7z")))
        #expect(try listing(found).map { String($0.prefix { $0 != " " }) } == ["file", "file", "folder", "folder"])
        #expect(found.files == 2 && found.size == 9)
    }

    @Test func `the tree is the one that the folder itself would give`() throws {
        var tar = TarBytes()
        tar.add("a/rows.csv", content: "a,b\n1,2\n")
        tar.add("b", content: "x")
        try folder.write("a,b\n1,2\n", to: "in/a/rows.csv")
        try folder.write("x", to: "in/b")
        #expect(try tree(tar.ended) == store.importData(folder.path.appending("in")))
    }

    private static func has(_ program: String) -> Bool {
        ["/usr/bin", "/bin", "/usr/local/bin"].contains { (try? Files.status(HostPath($0).appending(program))) != nil }
    }
}
