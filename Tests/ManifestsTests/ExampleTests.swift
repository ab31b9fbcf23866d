import Diagnostics
import Manifests
import Platform
import TestSupport
import Testing

@Suite struct ExampleTests {
    @Test func `the examples are found`() {
        #expect(Example.valid.count >= 10)
        #expect(Example.invalid.count >= 60)
    }

    @Test(arguments: Example.valid) func `a valid example reads as a manifest`(_ example: Example) throws {
        let source = try example.source()
        let read = ManifestReader.read(source)
        #expect(read.value != nil)
        #expect(!read.hasErrors, "\(source.rendered(read.diagnostics))")
        // Warnings are golden too; an example without any has no file.
        if try !read.diagnostics.isEmpty || Files.status(example.expected) != nil {
            Golden.expect(source.rendered(read.diagnostics), matches: example.expected)
        }
    }

    @Test(arguments: Example.invalid) func `an invalid example gives exactly its expected text`(_ example: Example) throws {
        let source = try example.source()
        let read = ManifestReader.read(source)
        #expect(read.hasErrors)
        #expect(read.value == nil)
        Golden.expect(source.rendered(read.diagnostics), matches: example.expected)
    }

    @Test(arguments: Example.invalid) func `applying a fix-it removes its diagnostic`(_ example: Example) throws {
        let source = try example.source()
        let before = ManifestReader.read(source).diagnostics
        for diagnostic in before {
            guard let fixIt = diagnostic.fixIt else { continue }
            let (bytes, applied) = FixIt.apply([fixIt], to: source.bytes)
            #expect(applied == 1)
            let after = ManifestReader.read(SourceText(name: source.name, bytes: bytes)).diagnostics
            let same = after.filter { $0.code == diagnostic.code && $0.message == diagnostic.message }
            #expect(same.count < before.count { $0.code == diagnostic.code && $0.message == diagnostic.message }, "\(diagnostic.message)")
        }
    }

    @Test(arguments: Example.invalid) func `applying all fix-its at once leaves good JSON`(_ example: Example) throws {
        let source = try example.source()
        let before = ManifestReader.read(source).diagnostics
        let fixIts = DiagnosticRenderer.sorted(before).compactMap(\.fixIt)
        let (bytes, applied) = FixIt.apply(fixIts, to: source.bytes)
        let after = ManifestReader.read(SourceText(name: source.name, bytes: bytes)).diagnostics
        if !before.contains(where: { $0.code.hasPrefix("json/") }) {
            #expect(!after.contains { $0.code.hasPrefix("json/") })
        }
        #expect(applied == 0 || after != before)
    }
}
