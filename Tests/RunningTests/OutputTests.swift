import Locking
import Manifests
import Platform
import Testing

@testable import Running

private func restorations(_ report: BuildReport, _ stage: String) -> [String] {
    guard case .restored(let list) = report[stage]?.outcome else { return ["\(stage): \(report[stage]?.outcome.name ?? "absent")"] }
    return list.map { "\($0.path): \($0.reason.text)" }
}

@Test func `a missing output is written again, without running anything`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let text = try fixture.read("build/split/test.csv")
    try fixture.remove("build/split/test.csv")
    #expect(fixture.check() == .changed(path: "build/split/test.csv"))
    let report = try fixture.build()
    #expect(restorations(report, "split") == ["build/split/test.csv: output missing"])
    #expect(report.ran.isEmpty)
    #expect(try fixture.read("build/split/test.csv") == text)
    #expect(fixture.check() == .nothingToDo(stages: 3))
}

@Test func `an output that somebody edited is put back`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let text = try fixture.read("build/train/log.jsonl")
    try fixture.write("mine", to: "build/train/log.jsonl")
    let report = try fixture.build()
    #expect(restorations(report, "train") == ["build/train/log.jsonl: output altered"])
    #expect(try fixture.read("build/train/log.jsonl") == text)
}

@Test(arguments: ["build/train/model/extra.bin", "build/train/model/model.json", "build/train/model/parts/deeper/x"])
func `a tree output is put back whole`(path: String) throws {
    let fixture = try Fixture()
    try fixture.build()
    let before = try fixture.everything()
    try fixture.write("mine", to: path)
    #expect(fixture.check() != .nothingToDo(stages: 3))
    #expect(restorations(try fixture.build(), "train") == ["build/train/model: output altered"])
    #expect(try fixture.everything() == before)
    #expect(fixture.check() == .nothingToDo(stages: 3))
}

@Test func `a file that left a tree output is seen`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.remove("build/train/model/parts/weights.bin")
    #expect(fixture.check() != .nothingToDo(stages: 3))
    #expect(restorations(try fixture.build(), "train") == ["build/train/model: output altered"])
}

@Test func `a folder where a file belongs, and a link where a tree belongs, are replaced when mlbuild wrote there`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let before = try fixture.everything()
    try fixture.remove("build/train/log.jsonl")
    try fixture.write("x", to: "build/train/log.jsonl/inner")
    try fixture.remove("build/train/model")
    try Files.makeSymbolicLink(fixture.path("build/train/model"), to: Array("../../data".utf8))
    #expect(restorations(try fixture.build(), "train") == ["build/train/model: output altered", "build/train/log.jsonl: output altered"])
    #expect(try fixture.everything() == before)
    #expect(try fixture.read("data/rows.csv") == "x,y\n1,a\n2,b\n")
}

@Test func `a file that mlbuild did not write is never overwritten`() throws {
    let fixture = try Fixture()
    try fixture.write("mine", to: "build/train/log.jsonl")
    let report = try fixture.build()
    #expect(report.outcomes == ["split: ran", "train: failed", "evaluate: skipped"])
    #expect(report.failure("train")?.code == "build/foreign-output")
    #expect(report.status == .problem)
    #expect(try fixture.read("build/train/log.jsonl") == "mine")
    // Nothing was computed only to be thrown away.
    #expect(fixture.performer.calls == ["split"])
    try fixture.remove("build/train/log.jsonl")
    #expect(try fixture.build().status == .done)
}

@Test(arguments: ["folder", "link", "fifo"])
func `whatever else lies in an output's place is not touched either`(what: String) throws {
    let fixture = try Fixture()
    try Files.makeDirectories(fixture.path("build/split"))
    let place = fixture.path("build/split/test.csv")
    switch what {
    case "folder": try fixture.write("mine", to: "build/split/test.csv/inner")
    case "link": try Files.makeSymbolicLink(place, to: Array("../../data/rows.csv".utf8))
    default: _ = try ProcessRunner.run(["mkfifo", place.description])
    }
    let before = try fixture.everything()
    #expect(try fixture.build().failure("split")?.code == "build/foreign-output")
    #expect(try fixture.everything() == before)
}

@Test func `an output that happens to have the right bytes already is taken as it is`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let text = try fixture.read("build/split/test.csv")
    try fixture.remove(".mlbuild")
    try fixture.remove("build")
    try fixture.write(text, to: "build/split/test.csv")
    let report = try fixture.build()
    #expect(restorations(report, "split") == ["build/split/train.csv: output missing"])
    #expect(report.status == .done)
}

@Test func `outputs of earlier builds are known without any state`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.remove(".mlbuild")
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    try fixture.remove(".mlbuild")
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    #expect(try fixture.build().status == .done)
}

@Test func `a claim on a path that was never written does not last`() throws {
    let fixture = try Fixture()
    fixture.performer.intercept { (_, _) throws(ActionFailure) in throw .message("no") }
    try fixture.build()
    fixture.performer.intercept(nil)
    try fixture.write("mine", to: "build/split/test.csv")
    #expect(try fixture.build().failure("split")?.code == "build/foreign-output")
}

@Test(arguments: ["build", "build/split"])
func `outputs do not follow a link out of the workspace`(folder: String) throws {
    let fixture = try Fixture()
    let outside = fixture.cache.parent.appending("outside")
    try Files.makeDirectories(outside)
    try Files.makeDirectories(fixture.path(folder).parent)
    try Files.makeSymbolicLink(fixture.path(folder), to: outside.bytes)
    let report = try fixture.build()
    #expect(report.failure("split")?.message == "'\(folder)' is a symbolic link, and outputs belong inside it")
    #expect(report.status == .problem)
    #expect(try Files.list(outside).isEmpty)
}

@Test func `the temporaries of a killed build go with the next one, and nothing else does`() throws {
    let fixture = try Fixture()
    try fixture.build()
    // A build that was killed leaves its mark and its temporaries.
    try Files.makeDirectories(fixture.path(".mlbuild/busy"))
    for name in [
        ".mlbuild-7-1-a", "build/split/.mlbuild-7-2-b", "build/train/.mlbuild-7-3-c/inner", ".mlbuild/.mlbuild-7-4-d",
        "dist/.mlbuild-7-5-e",
    ] {
        try fixture.write("half", to: name)
    }
    try fixture.write("mine", to: "build/split/.mlbuildish")
    try fixture.write("mine", to: "build/split/.mlbuild-backup")
    #expect(fixture.check() == .changed(path: ".mlbuild/busy"))
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    #expect(try fixture.read("build/split/.mlbuild-backup") == "mine")
    try Files.removeFile(fixture.path("build/split/.mlbuild-backup"))
    #expect(try fixture.temporaries().isEmpty)
    #expect(try fixture.read("build/split/.mlbuildish") == "mine")
    #expect(try !fixture.exists(".mlbuild/busy"))
    #expect(fixture.check() == .nothingToDo(stages: 3))

    // Also when the next build does not come far.
    try Files.makeDirectories(fixture.path(".mlbuild/busy"))
    try fixture.write("half", to: "build/split/.mlbuild-7-2-b")
    try fixture.write("x,y\n9,z\n", to: "data/rows.csv")
    #expect(try fixture.build().status == .problem)
    #expect(try fixture.temporaries().isEmpty)
}
