import Platform
import Sandboxing
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Something that lies where a sandbox is about to make a place, and would lead it astray.
struct EscapeSeed: Sendable, CustomTestStringConvertible {
    let name: String
    /// Lays it, in the scene's work folder or root.
    let lay: @Sendable (EscapeScene) throws -> Void
    /// Where the input is to be shown, below the work folder; nil for a seed in the root.
    let place: String?
    /// What a set-up does that follows links: `mkdir -p` and a write, as the host's paths have it.
    let astray: @Sendable (EscapeScene) throws -> Void

    var testDescription: String { name }

    /// A link in the work folder, on the way to the input or in its place.
    private static func link(_ link: String, to target: String, place: String) -> EscapeSeed {
        EscapeSeed(name: "'\(link)' leads to '\(target)', the input is '\(place)'") { scene in
            let path = scene.work.appending(link)
            try Files.makeDirectories(path.parent)
            let absolute = target.split(separator: "@", omittingEmptySubsequences: false).joined(separator: scene.outside.description)
            try Files.makeSymbolicLink(path, to: Array(absolute.utf8))
        } place: {
            place
        } astray: { scene in
            try scene.writeNaively(scene.work.appending(place))
        }
    }

    /// A link in the root, where the sandbox puts a file system of its own.
    private static func root(_ name: String) -> EscapeSeed {
        EscapeSeed(name: "the root's '\(name)' leads outside") { scene in
            try Files.removeTree(scene.root.appending(name))
            try Files.makeSymbolicLink(scene.root.appending(name), to: scene.outside.bytes)
        } place: {
            nil
        } astray: { scene in
            try scene.writeNaively(scene.root.appending(name).appending("made"))
        }
    }

    private init(
        name: String, lay: @escaping @Sendable (EscapeScene) throws -> Void, place: () -> String?,
        astray: @escaping @Sendable (EscapeScene) throws -> Void
    ) {
        self.name = name
        self.lay = lay
        self.place = place()
        self.astray = astray
    }

    static let all: [EscapeSeed] = [
        link("data", to: "@", place: "data/in.csv"),
        link("data", to: "../outside", place: "data/in.csv"),
        link("data", to: "../outside", place: "data/deep/in.csv"),
        link("data/deep", to: "../../outside", place: "data/deep/in.csv"),
        link("data", to: "@/..", place: "data/outside/in.csv"),
        link("in.csv", to: "@/canary.txt", place: "in.csv"),
        link("in.csv", to: "../outside/canary.txt", place: "in.csv"),
        link("in.csv", to: "../outside/not-there.txt", place: "in.csv"),
        link("in.csv", to: "../inputs/input.txt", place: "in.csv"),
        root("proc"), root("dev"), root("tmp"), root("home"), root("work"),
    ]
}

extension EscapeScene {
    /// As a set-up would do it that trusts what it finds: links are followed.
    func writeNaively(_ path: HostPath) throws {
        if mkdir(path.parent.description, 0o755) < 0, errno != EEXIST { throw SystemError(operation: "mkdir", path: nil, code: errno) }
        let file = open(path.description, O_WRONLY | O_CREAT, 0o644)
        if file < 0 { throw SystemError(operation: "open", path: path.description, code: errno) }
        _ = write(file, "X", 1)
        close(file)
    }

    /// Runs a probe with another mount; nil where no sandbox is made of it.
    func show(_ mount: SandboxPlan.Mount?, _ line: String) throws -> EscapeVerdict? {
        let plan = try plan(line) { plan in
            if let mount { plan.mounts.append(mount) }
        }
        do {
            return try verdict(inside: plan)
        } catch let error as SandboxError {
            guard case .setUp = error else { throw error }
            return nil
        }
    }
}

/// What lies in the way of a sandbox that is being made, and names that no quoting survives.
@Suite(.enabled(if: EscapeScene.support == .available, EscapeScene.reason)) struct EscapeNameTests {
    @Test(arguments: EscapeSeed.all) func `a link that lies where a place is made leads nowhere`(seed: EscapeSeed) throws {
        let scene = try EscapeScene()
        try seed.lay(scene)
        let before = try scene.untouched()
        let mount = seed.place.map { SandboxPlan.Mount(.text(Array("the-input".utf8)), at: "/work/\($0)") }
        let line = seed.place.map { "show \(Self.hex("/work/" + $0)) the-input" } ?? "do-nothing"
        // Either there is no sandbox, or the input lies where it belongs.
        if let verdict = try scene.show(mount, line) {
            if case .worked = verdict {} else { Issue.record("\(verdict)") }
        }
        let after = try scene.untouched()
        #expect(before == after)

        // The same folders, and a set-up that follows links.
        let naive = try EscapeScene()
        try seed.lay(naive)
        let untouched = try naive.untouched()
        try seed.astray(naive)
        let touched = try naive.untouched()
        #expect(untouched != touched, "the seed leads nobody astray, so that it shows nothing")
    }

    @Test(arguments: ["a folder", "a fifo", "a file"]) func `what lies in the place of an input is not read, and stays`(kind: String) throws
    {
        let scene = try EscapeScene()
        let path = scene.work.appending("in.csv")
        switch kind {
        case "a folder": try Files.makeDirectories(path)
        case "a fifo": try #require(mkfifo(path.description, 0o644) == 0)
        default: try Files.write(Array("from before\n".utf8), to: path)
        }
        let status = try #require(try Files.status(path, followLinks: false))
        let verdict = try scene.show(
            .init(.text(Array("the-input".utf8)), at: "/work/in.csv"), "show \(Self.hex("/work/in.csv")) the-input")
        if let verdict, case .worked = verdict {} else { #expect(verdict == nil, "\(verdict.map { "\($0)" } ?? "")") }
        #expect(try Files.status(path, followLinks: false)?.kind == status.kind)
        if kind == "a file" { #expect(try Files.read(path) == Array("from before\n".utf8)) }
    }

    /// Names that are ordinary to the kernel, and to nobody else.
    static let names: [[UInt8]] =
        [
            "with space", "new\nline", "tab\ttab", "quote'quote", "double\"quote", "back\\slash", "\\040", "\\134", "$(touch made)",
            "`touch made`",
            "; touch made", "| touch made", "& touch made", "> made", "-rf", "--", "-", "*", "?", "[a-z]", "{a,b}", "~", "#", "!", "%2F",
            "%s%n",
            "...", "..a", "a..", ".hidden", "\u{1b}[31m", "\u{e9}", "e\u{301}", "Upper", "upper", "\u{202e}txt.exe", "\u{feff}",
        ].map { Array($0.utf8) } + [
            [UInt8](repeating: UInt8(ascii: "n"), count: 255), [0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80], Array("a".utf8) + [0x01, 0x7f],
        ]

    @Test(arguments: names.map(hex)) func `a name is taken as it is`(hex: String) throws {
        let scene = try EscapeScene()
        let name = Self.bytes(hex)
        let text = "content-of-\(hex.prefix(40))"
        // Beside it lies what the name would be to somebody who cuts or expands it.
        let mounts = [
            SandboxPlan.Mount(.text(Array(text.utf8)), at: HostPath("/work").appending(name)),
            SandboxPlan.Mount(.text(Array(text.utf8)), at: HostPath("/work/below").appending(name).appending("in.csv")),
        ]
        try Files.write(Array(text.utf8), to: scene.inputs.appending("folder").appending(name))
        let before = try Files.list(scene.work).map(\.name)
        for path in ["/work/", "/work/folder/"].map({ Array($0.utf8) + name }) + [Array("/work/below/".utf8) + name + Array("/in.csv".utf8)]
        {
            let plan = try scene.plan("show \(Self.hex(path)) \(text)") { $0.mounts += mounts }
            let verdict = try scene.verdict(inside: plan)
            guard case .worked = verdict else {
                Issue.record("\(HostPath(bytes: path)): \(verdict)")
                continue
            }
        }
        let made = try Files.list(scene.work).map(\.name).filter { !before.contains($0) }
        let expected: [[UInt8]] = [name, Array("below".utf8), Array("folder".utf8), Array("input.txt".utf8)]
        #expect(made.allSatisfy { expected.contains($0) }, "\(made.map { String(decoding: $0, as: UTF8.self) })")
        #expect(try Files.list(scene.work.appending("below")).map(\.name) == [name])
    }

    @Test func `names that are one to a careless reader are two`() throws {
        let pairs: [(String, String)] = [("\u{e9}", "e\u{301}"), ("Case", "case"), ("a", "a "), ("a", "a\n"), ("a", "./b/a")]
        for (first, second) in pairs {
            let scene = try EscapeScene()
            for (name, text) in [(first, "first"), (second, "second")] {
                let plan = try scene.plan("show \(Self.hex("/work/" + name)) \(text)") { plan in
                    plan.mounts.append(.init(.text(Array("first".utf8)), at: "/work/" + first))
                    plan.mounts.append(.init(.text(Array("second".utf8)), at: "/work/" + second))
                }
                // A path with a dot in it may be refused.
                guard let verdict = try? scene.verdict(inside: plan) else {
                    #expect(name.contains("/") || second.contains("/"), "\(name)")
                    continue
                }
                if case .worked = verdict { continue }
                Issue.record("\(name): \(verdict)")
            }
        }
    }

    @Test(arguments: [
        "/work/../outside.txt", "/work/../../../../tmp/outside.txt", "/..", "/work/a/../../../b", "relative", "", "/", "/work/a\0b",
    ])
    func `a path that climbs makes nothing outside`(path: String) throws {
        let scene = try EscapeScene()
        let before = try scene.untouched()
        let verdict = try scene.show(.init(.text(Array("the-input".utf8)), at: path), "do-nothing")
        if let verdict, case .broken(let text) = verdict { Issue.record("\(text)") }
        #expect(try scene.untouched() == before)
        #expect(try Files.status(HostPath("/tmp/outside.txt")) == nil)
    }

    @Test func `killing everything ends the sandbox and nobody else`() throws {
        let scene = try EscapeScene()
        let process = try scene.words("{process}", isInside: true)[0]
        _ = try scene.run(try scene.plan("kill-everything"))
        #expect(try Files.status(HostPath("/proc/\(process)/root")) != nil)
        let verdict = try scene.verdict(outside: "signal-process {process}")
        guard case .worked = verdict else {
            Issue.record("the process outside is gone: \(verdict)")
            return
        }
    }

    // MARK: Names on a command line

    private static func hex(_ text: String) -> String { hex(Array(text.utf8)) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { $0 < 97 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
