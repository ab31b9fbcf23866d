/// How long the program takes to start and end.
enum StartBenchmark {
    static func run() throws {
        var contenders = [
            Contender(name: "mlbuild --version", arguments: [try Products.mlbuild(), "--version"]),
            Contender(name: "/bin/true", arguments: ["/bin/true"]),
        ]
        if Measurement.isInstalled("ninja") {
            contenders.append(Contender(name: "ninja --version", arguments: ["ninja", "--version"]))
        } else {
            Measurement.missing("ninja")
        }
        let samples = try Measurement.inTurn(contenders, rounds: 300, warmUps: 20)
        Measurement.show(samples)
        let over = (samples[0].median - samples[1].median) * 1e3
        print("\nmlbuild over /bin/true: \(Measurement.text(over)) ms")
    }
}
