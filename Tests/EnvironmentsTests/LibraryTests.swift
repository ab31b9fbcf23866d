import Platform
import TestSupport
import Testing

@testable import Environments

struct LibraryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What the program at `name` needs, as `place <- file in the folder`, without what the machine itself has.
    private func needs(_ name: String, at place: String, loadedBy loader: String? = nil) throws -> [String] {
        let file = folder.appending(name)
        var closure = try LibraryClosure(for: file)
        let loader = loader.map { LibraryClosure.Placed(file: folder.appending($0), place: Array("env/bin/\($0)".utf8)) }
        let found = try closure.of(file, at: Array(place.utf8), loadedBy: loader)
        return found.compactMap { library in
            guard let real = try? Files.resolved(library.file), real.bytes.starts(with: folder.path.bytes) else { return nil }
            let place = String(decoding: library.place, as: UTF8.self)
            let name = String(decoding: real.bytes.dropFirst(folder.path.bytes.count + 1), as: UTF8.self)
            return "\(place) <- \(name)"
        }
    }

    @Test func `libraries beside a program keep their places beside it`() throws {
        try folder.write(SmallElf(needed: ["liba.so.1"], runpath: "$ORIGIN/../lib").bytes, to: "tool/bin/run")
        try folder.write(SmallElf(needed: ["libb.so"], runpath: "${ORIGIN}/deep").bytes, to: "tool/lib/liba.so.1.0.1")
        try Files.makeSymbolicLink(folder.appending("tool/lib/liba.so.1"), to: Array("liba.so.1.0.1".utf8))
        try folder.write(SmallElf().bytes, to: "tool/lib/deep/libb.so")
        let found = try needs("tool/bin/run", at: "usr/bin/run")
        #expect(found == ["usr/lib/deep/libb.so <- tool/lib/deep/libb.so", "usr/lib/liba.so.1 <- tool/lib/liba.so.1.0.1"])
    }

    @Test func `libraries in a folder with a fixed name go where every loader looks`() throws {
        try folder.write(SmallElf(needed: ["libown.so"], runpath: folder.appending("lib").description).bytes, to: "bin/run")
        try folder.write(SmallElf().bytes, to: "lib/libown.so")
        let found = try needs("bin/run", at: "usr/bin/run")
        let closure = try LibraryClosure(for: folder.appending("bin/run"))
        #expect(found == ["\(String(decoding: closure.search.place, as: UTF8.self))/libown.so <- lib/libown.so"])
        #expect(closure.search.place.starts(with: "usr/lib".utf8))
    }

    @Test func `the old kind of folder counts for what a library loads, the new kind for itself alone`() throws {
        try folder.write(SmallElf(needed: ["liba.so"], rpath: "$ORIGIN").bytes, to: "old/run")
        try folder.write(SmallElf(needed: ["liba.so"], runpath: "$ORIGIN").bytes, to: "new/run")
        for kind in ["old", "new"] {
            try folder.write(SmallElf(needed: ["libdeep-of-test.so"]).bytes, to: "\(kind)/liba.so")
            try folder.write(SmallElf().bytes, to: "\(kind)/libdeep-of-test.so")
        }
        #expect(try needs("old/run", at: "usr/bin/run").count == 2)
        #expect(throws: PinningError.noLibrary("libdeep-of-test.so", neededBy: folder.appending("new/liba.so").description)) {
            try needs("new/run", at: "usr/bin/run")
        }
    }

    @Test func `a module finds what its program's folders hold`() throws {
        try folder.write(SmallElf(rpath: "$ORIGIN/../lib").bytes, to: "bin/python")
        try folder.write(SmallElf(needed: ["libown.so"]).bytes, to: "modules/module.so")
        try folder.write(SmallElf().bytes, to: "lib/libown.so")
        try Files.rename(folder.appending("bin/python"), to: folder.appending("python"))
        try folder.write(SmallElf(rpath: "$ORIGIN/lib").bytes, to: "loader")
        #expect(try needs("modules/module.so", at: "env/lib/m/module.so", loadedBy: "loader") == ["env/bin/lib/libown.so <- lib/libown.so"])
    }

    @Test func `a library that is nowhere, or for another processor, is an error that names it and its user`() throws {
        try folder.write(SmallElf(needed: ["libnowhere.so.9"]).bytes, to: "run")
        let missing = PinningError.noLibrary("libnowhere.so.9", neededBy: folder.appending("run").description)
        #expect(throws: missing) { try needs("run", at: "usr/bin/run") }
        try folder.write(SmallElf(needed: ["libforeign.so"], runpath: "$ORIGIN").bytes, to: "run")
        try folder.write(SmallElf(machine: 40).bytes, to: "libforeign.so")
        let foreign = PinningError.noLibrary("libforeign.so", neededBy: folder.appending("run").description)
        #expect(throws: foreign) { try needs("run", at: "usr/bin/run") }
        #expect(missing.description == "'\(folder.appending("run"))' needs the library 'libnowhere.so.9', which is not on this machine")
    }

    @Test func `where not all must be there, what is there is found`() throws {
        try folder.write(SmallElf(needed: ["libnowhere.so.9", "liba.so"], runpath: "$ORIGIN").bytes, to: "run")
        try folder.write(SmallElf(needed: ["libnowhere.so.9"]).bytes, to: "liba.so")
        var closure = try LibraryClosure(for: folder.appending("run"))
        let found = try closure.of(folder.appending("run"), at: Array("usr/bin/run".utf8), isWhole: false)
        #expect(found == [.init(file: folder.appending("liba.so"), place: Array("usr/bin/liba.so".utf8))])
    }

    @Test func `a loader with an odd path gets a plain place`() throws {
        let real = try #require(try ElfFile(Files.read(Files.resolved(HostPath("/bin/sh")))).interpreter)
        let odd = "/.." + String(decoding: real, as: UTF8.self).replacing("/", with: "/./", maxReplacements: 2)
        try folder.write(SmallElf(interpreter: odd).bytes, to: "run")
        var closure = try LibraryClosure(for: folder.appending("run"))
        let found = try closure.of(folder.appending("run"), at: Array("usr/bin/run".utf8))
        #expect(found.map(\.place) == [HostPlace.normalised(real)])
    }

    @Test func `libraries that need each other are taken once`() throws {
        try folder.write(SmallElf(needed: ["liba.so"], runpath: "$ORIGIN").bytes, to: "run")
        try folder.write(SmallElf(needed: ["libb.so"], runpath: "$ORIGIN").bytes, to: "liba.so")
        try folder.write(SmallElf(needed: ["liba.so", "libb.so"], runpath: "$ORIGIN").bytes, to: "libb.so")
        #expect(try needs("run", at: "usr/bin/run") == ["usr/bin/liba.so <- liba.so", "usr/bin/libb.so <- libb.so"])
    }

    @Test func `the loader's cache is read without what only some processors load`() {
        let text = """
            3 libs found in cache `/etc/ld.so.cache'
            \tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1
            \tlibz.so.1 (libc6,x86-64, hwcap: "x86-64-v3") => /lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libz.so.1
            \tlibz.so.1 (libc6) => /lib/i386-linux-gnu/libz.so.1
            \tlibodd.so (libc6,x86-64) => /opt/odd folder/libodd.so
            Cache generated by: ldconfig (Debian GLIBC 2.36) stable release version 2.36
            """
        let cache = LibrarySearch.read(cache: Array(text.utf8))
        #expect(
            cache[Array("libz.so.1".utf8)] == [HostPath("/lib/x86_64-linux-gnu/libz.so.1"), HostPath("/lib/i386-linux-gnu/libz.so.1")])
        #expect(cache[Array("libodd.so".utf8)] == [HostPath("/opt/odd folder/libodd.so")])
        #expect(cache.count == 2)
    }

    @Test func `places below the root are those of systems with one usr`() {
        func place(_ path: String) -> String { String(decoding: HostPlace.normalised(Array(path.utf8)), as: UTF8.self) }
        #expect(place("/lib64/ld-linux-x86-64.so.2") == "usr/lib64/ld-linux-x86-64.so.2")
        #expect(place("/usr/lib/x") == "usr/lib/x")
        #expect(place("/library/x") == "library/x")
        #expect(place("/lib64/../lib64//./ld.so") == "usr/lib64/ld.so")
        #expect(place("/../../bin/sh") == "usr/bin/sh")
        #expect(place("/") == "")
        func joined(_ folder: String, _ path: String) -> String? {
            HostPlace.joined(Array(folder.utf8), path.utf8).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(joined("a/b", "../c/./d") == "a/c/d")
        #expect(joined("a", "../../b") == nil)
    }
}
