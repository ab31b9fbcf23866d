// swift-tools-version: 6.2
import PackageDescription

/// One row of the module table: a layer, a name, and the modules it may import.
///
/// Imports go downwards only. A test reads this table and holds every `import` in the sources to it.
struct Module {
    let layer: Int
    let name: String
    let imports: [String]
}

let modules: [Module] = [
    Module(layer: 0, name: "Diagnostics", imports: []),
    Module(layer: 0, name: "Platform", imports: ["CPlatform"]),
    Module(layer: 0, name: "Numerics", imports: ["CKernels"]),
    Module(layer: 1, name: "Sandboxing", imports: ["CSandbox", "Platform"]),
    Module(layer: 1, name: "Canonical", imports: ["CDigest", "Diagnostics", "Numerics"]),
    Module(layer: 2, name: "StageKinds", imports: ["Canonical"]),
    Module(layer: 1, name: "Tables", imports: ["Diagnostics", "Numerics"]),
    Module(layer: 2, name: "Storage", imports: ["Canonical", "Diagnostics", "Platform"]),
    Module(layer: 2, name: "Signing", imports: ["Canonical", "Diagnostics", "Platform"]),
    Module(layer: 2, name: "Archives", imports: ["CArchive", "Canonical", "Diagnostics"]),
    Module(layer: 3, name: "Remotes", imports: ["Canonical", "Diagnostics", "Platform", "Signing", "Storage"]),
    Module(layer: 3, name: "Comparing", imports: ["Canonical", "Diagnostics"]),
    Module(layer: 3, name: "Manifests", imports: ["Canonical", "Diagnostics", "StageKinds"]),
    Module(layer: 3, name: "Learning", imports: ["Canonical", "Diagnostics", "Numerics", "StageKinds", "Tables"]),
    Module(layer: 4, name: "Explaining", imports: ["Canonical", "Diagnostics", "Learning", "Numerics", "StageKinds", "Tables"]),
    Module(layer: 4, name: "Exporting", imports: ["Learning", "StageKinds"]),
    Module(layer: 4, name: "Locking", imports: ["Canonical", "Diagnostics", "Manifests", "Platform", "Storage"]),
    Module(layer: 5, name: "Importing", imports: ["Archives", "Canonical", "Locking", "Manifests", "Platform", "Remotes", "Storage"]),
    Module(layer: 5, name: "Planning", imports: ["Canonical", "Diagnostics", "Locking", "Manifests", "StageKinds"]),
    Module(
        layer: 5, name: "Environments",
        imports: ["Archives", "Canonical", "Diagnostics", "Locking", "Manifests", "Platform", "Storage"]),
    Module(
        layer: 6, name: "Running",
        imports: ["Canonical", "Comparing", "Diagnostics", "Locking", "Manifests", "Planning", "Platform", "Storage"]),
    Module(
        layer: 7, name: "Actions",
        imports: [
            "Canonical", "Diagnostics", "Environments", "Explaining", "Exporting", "Learning", "Locking", "Manifests", "Numerics",
            "Planning", "Platform", "Running", "Sandboxing", "StageKinds", "Storage", "Tables",
        ]),
    Module(
        layer: 7, name: "Packing",
        imports: [
            "Archives", "Canonical", "Diagnostics", "Learning", "Locking", "Manifests", "Planning", "StageKinds", "Storage",
            "Tables",
        ]),
    Module(
        layer: 8, name: "Commands",
        imports: [
            "Actions", "Archives", "CTemplates", "Canonical", "Comparing", "Diagnostics", "Environments", "Importing", "Learning",
            "Locking", "Manifests",
            "Numerics", "Packing", "Planning", "Platform", "Remotes", "Running", "Sandboxing", "Signing", "Storage",
            "Tables",
        ]),
]

/// Small C targets, only for what Swift cannot say, and the one system library.
let cTargets: [Target] = [
    .target(name: "CPlatform"),
    .target(name: "CSandbox"),
    .target(name: "CKernels"),
    .target(name: "CDigest"),
    .target(name: "CArchive", dependencies: ["CLibArchive"]),
    .target(name: "CTemplates"),
    .target(name: "CTLS"),
    // No `link` line: the library is opened when an archive is touched, so that other commands start without it.
    .systemLibrary(name: "CLibArchive", providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
]

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A static Swift runtime at a fixed address, unused sections dropped: process start is part of what a user waits for
/// (Specs/decisions/0006-fixed-address.md).
let small: [LinkerSetting] = [
    .unsafeFlags(
        ["-static-stdlib", "-Xclang-linker", "-no-pie", "-Xlinker", "--gc-sections", "-Xlinker", "-s"],
        .when(platforms: [.linux], configuration: .release))
]

func dependencies(_ names: [String]) -> [Target.Dependency] {
    names.map { .target(name: $0) }
}

let package = Package(
    name: "mlbuild",
    products: [.executable(name: "mlbuild", targets: ["mlbuild"]), .executable(name: "mlbuild-remote-https", targets: ["RemoteHTTPS"])],
    targets: cTargets
        + modules.map { module in
            .target(name: module.name, dependencies: dependencies(module.imports), exclude: ["README.md"], swiftSettings: strict)
        }
        + [
            .executableTarget(name: "mlbuild", dependencies: ["Commands"], swiftSettings: strict, linkerSettings: small),
            // Started for each connection with TLS; it lies beside mlbuild.
            .executableTarget(
                name: "RemoteHTTPS", dependencies: ["CTLS", "Platform"], exclude: ["README.md"], swiftSettings: strict,
                linkerSettings: small),
            .executableTarget(
                name: "Benchmarks", dependencies: ["Canonical", "Diagnostics", "Learning", "Numerics", "Platform", "Sandboxing", "Tables"],
                exclude: ["README.md"], swiftSettings: strict),
            // Attacks on the sandbox, for its tests: static, so that a root that holds nothing else can run it; no Swift, so no start files.
            .executableTarget(
                name: "SandboxProbe", path: "Tests/SandboxProbe",
                linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-executable"], .when(platforms: [.linux]))]),
            // Lets go wrong what can go wrong, in children that are mlbuild; see its README.
            .target(name: "CFaultBench", path: "Tests/FaultBench/CFaultBench"),
            .executableTarget(
                name: "FaultBench",
                dependencies: dependencies([
                    "CFaultBench", "CPlatform", "Canonical", "Commands", "Diagnostics", "Locking", "Platform", "Remotes", "Sandboxing",
                    "Storage", "TestSupport",
                ]),
                path: "Tests/FaultBench", exclude: ["CFaultBench", "README.md", "report.json"], swiftSettings: strict),
            .target(
                name: "TestSupport", dependencies: dependencies(["Canonical", "Diagnostics", "Platform"]), path: "Tests/TestSupport",
                swiftSettings: strict),
        ]
        + modules.map { module in
            .testTarget(
                name: "\(module.name)Tests", dependencies: dependencies([module.name] + module.imports + ["TestSupport"]),
                exclude: ["Comparing", "Explaining", "Learning", "Tables"].contains(module.name) ? ["Data"] : [], swiftSettings: strict)
        }
        + [
            .testTarget(name: "PackageTests", dependencies: ["TestSupport"], swiftSettings: strict),
            .testTarget(name: "EndToEndTests", dependencies: ["Canonical", "Platform", "TestSupport"], swiftSettings: strict),
        ],
    swiftLanguageModes: [.v6]
)
