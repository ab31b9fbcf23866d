import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

struct WheelInstallTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore
    private let place = WheelInstall.Place(libraryName: "python3.11")

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
    }

    private func install(_ wheel: SmallWheel, named name: String? = nil) throws -> StoredObject {
        let bytes = wheel.bytes
        let file = WheelFile(fileName: name ?? wheel.fileName, digest: try store.put(bytes), size: bytes.count)
        let (tree, record) = try WheelInstall.install(file, at: place, store)
        if let record { _ = try store.publish(record) }
        return tree
    }

    /// Why the wheel cannot be installed; empty when it can.
    private func refusal(_ wheel: SmallWheel, named name: String? = nil) throws -> String {
        do {
            _ = try install(wheel, named: name)
            return ""
        } catch WheelInstall.Failure.bad(let reason) {
            return reason
        }
    }

    /// Paths below the root with the files' texts; those that may be run have a `*`.
    private func content(_ tree: StoredObject) throws -> [String: String] {
        var result: [String: String] = [:]
        for (path, content) in try TreePath.files(of: tree, store) {
            guard case .file(let digest, _, let isExecutable) = content else { continue }
            result[String(decoding: path, as: UTF8.self) + (isExecutable ? "*" : "")] = String(
                decoding: try store.read(digest), as: UTF8.self)
        }
        return result
    }

    @Test func `files go where the format says`() throws {
        let wheel = SmallWheel(
            files: [
                ("demo/__init__.py", "one = 1\n"), ("demo/tool.sh", "#!/bin/sh\n"), ("demo-1.0.data/purelib/pure.py", "pure"),
                ("demo-1.0.data/platlib/sub/plat.py", "plat"), ("demo-1.0.data/headers/demo.h", "int x;"),
                ("demo-1.0.data/data/share/demo/table.csv", "a,b"), ("demo-1.0.data/scripts/run-demo", "#!pythonw -u\nprint(1)\n"),
                ("demo-1.0.data/scripts/binary", "\u{7F}ELF"),
            ], executables: ["demo/tool.sh"])
        let content = try content(try install(wheel))
        let packages = "env/lib/python3.11/site-packages"
        #expect(content["\(packages)/demo/__init__.py"] == "one = 1\n")
        #expect(content["\(packages)/demo/tool.sh*"] == "#!/bin/sh\n")
        #expect(content["\(packages)/pure.py"] == "pure")
        #expect(content["\(packages)/sub/plat.py"] == "plat")
        #expect(content["env/include/site/python3.11/demo/demo.h"] == "int x;")
        #expect(content["env/share/demo/table.csv"] == "a,b")
        #expect(content["env/bin/run-demo*"] == "#!/env/bin/python\nprint(1)\n")
        #expect(content["env/bin/binary*"] == "\u{7F}ELF")
        #expect(content["\(packages)/demo-1.0.dist-info/INSTALLER"] == "mlbuild\n")
        #expect(content["\(packages)/demo-1.0.dist-info/RECORD"]?.contains("demo/__init__.py,sha256=") == true)
        #expect(content.count == 12)
    }

    @Test func `entry points become commands that call one function`() throws {
        let points = """
            [console_scripts]
            demo = demo.cli:main [extra]
            # a comment
            demo-two=demo:Tool.run
            [other]
            ignored = not a function
            [gui_scripts]
            demo-window = demo.gui:start
            """
        var wheel = SmallWheel(files: [("demo-1.0.dist-info/entry_points.txt", points), ("demo-1.0.data/scripts/demo", "#!python\nold\n")])
        let content = try content(try install(wheel))
        #expect(
            content["env/bin/demo*"]
                == "#!/env/bin/python\nimport sys\nfrom demo.cli import main\nif __name__ == \"__main__\":\n    sys.exit(main())\n")
        #expect(content["env/bin/demo-two*"]?.contains("from demo import Tool\n") == true)
        #expect(content["env/bin/demo-two*"]?.contains("sys.exit(Tool.run())\n") == true)
        #expect(content.keys.filter { $0.hasPrefix("env/bin/") }.count == 3)
        for line in ["x", "x = a", "x = a:", "../x = a:b", "x = a:b;import os", "x = a b:c", "x = a:b()", " = a:b"] {
            wheel.files = [("demo-1.0.dist-info/entry_points.txt", "[console_scripts]\n\(line)\n")]
            #expect(try refusal(wheel).contains("names no command"), "\(line)")
        }
    }

    @Test func `a file that its RECORD does not describe is refused with both digests`() throws {
        let right = Digest.of(Array("content".utf8))
        let wrong = Digest.of([])
        let wheel = SmallWheel(files: [("demo.py", "content")], recorded: ["demo.py": SmallWheel.base64(wrong.bytes)])
        #expect(try refusal(wheel) == "'demo.py' is not the file that its own RECORD lists (recorded: \(wrong), found: \(right))")
    }

    @Test func `what is no wheel is refused with the reason`() throws {
        let wheel = SmallWheel(files: [("demo.py", "x")])
        #expect(try refusal(wheel, named: "demo.zip") == "its name is not that of a wheel, NAME-VERSION-PYTHON-ABI-PLATFORM.whl")
        #expect(try refusal(wheel, named: "other-1.0-py3-none-any.whl") == "its folder 'demo-1.0.dist-info' is of another project")
        #expect(try refusal(SmallWheel(wheelVersion: "2.0")) == "it is of version 2.0 of the wheel format; 1 is known")
        let second = SmallWheel(files: [("two-1.0.dist-info/WHEEL", "")])
        #expect(try refusal(second) == "it has 2 folders '*.dist-info'; a wheel has one")
        let odd = SmallWheel(files: [("demo-1.0.data/elsewhere/x", "")])
        #expect(try refusal(odd) == "it has files for 'elsewhere', which no version of the wheel format knows")
        #expect(try refusal(SmallWheel(project: "..", files: [("..-1.0.data/headers/x.h", "")])) == "'..' is not the name of a project")
        let escaping = SmallWheel(files: [("../x.py", "")])
        #expect(try refusal(escaping) == "in it, '../x.py': it has '.' or '..' as a name")
        let twice = SmallWheel(files: [("x.py", "1"), ("demo-1.0.data/purelib/x.py", "2")])
        #expect(try refusal(twice) == "it puts two things at 'env/lib/python3.11/site-packages/x.py'")
    }

    @Test func `names of projects are compared as indexes compare them`() throws {
        #expect(try refusal(SmallWheel(project: "De.Mo_x"), named: "de_mo_x-1.0-py3-none-any.whl") == "")
    }

    @Test func `a wheel is installed once, and again when a file of it is lost`() throws {
        let wheel = SmallWheel(files: [("demo.py", "content")])
        let bytes = wheel.bytes
        let file = WheelFile(fileName: wheel.fileName, digest: try store.put(bytes), size: bytes.count)
        let (tree, record) = try WheelInstall.install(file, at: place, store)
        _ = try store.publish(try #require(record))
        #expect(try WheelInstall.install(file, at: place, store).record == nil)
        let hex = Digest.of(Array("content".utf8)).hex
        let other = try DirectoryStore.open(folder.appending("store"))
        try Files.removeFile(folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"))
        #expect(try WheelInstall.install(file, at: place, other).tree == tree)
        #expect(try other.missing(in: tree).isEmpty)
    }

    @Test func `another interpreter has another place`() throws {
        let wheel = SmallWheel(files: [("demo.py", "content")])
        let bytes = wheel.bytes
        let file = WheelFile(fileName: wheel.fileName, digest: try store.put(bytes), size: bytes.count)
        let tree = try WheelInstall.install(file, at: WheelInstall.Place(libraryName: "python3.13"), store).tree
        #expect(try content(tree)["env/lib/python3.13/site-packages/demo.py"] == "content")
    }

    @Test func `no changed byte of a wheel traps`() throws {
        let bytes = SmallWheel(files: [("demo.py", "content"), ("demo-1.0.dist-info/entry_points.txt", "[console_scripts]\na=b:c\n")]).bytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x41
            let file = WheelFile(fileName: "demo-1.0-py3-none-any.whl", digest: try store.put(changed), size: bytes.count)
            _ = try? WheelInstall.install(file, at: place, store)
        }
    }
}
