import Diagnostics
import Manifests
import Testing

/// A manifest in which 1️⃣ stands where a diagnostic must point.
struct MarkedSource {
    let source: SourceText
    let offset: Int

    init(_ marked: String) throws {
        let mark = Array("1️⃣".utf8)
        let bytes = Array(marked.utf8)
        let place = bytes.indices.first { bytes[$0...].starts(with: mark) }
        offset = try #require(place)
        source = SourceText(name: Manifest.fileName, bytes: Array(bytes[..<offset] + bytes[(offset + mark.count)...]))
    }

    /// Expects one error, of this code and at the mark; gives the text that its fix-it makes, which must be right.
    @discardableResult
    static func expect(_ code: String, in marked: String, fixed: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> Diagnostic
    {
        let marked = try MarkedSource(marked)
        let read = ManifestReader.read(marked.source)
        let errors = read.diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.code) == ["manifest/\(code)"], sourceLocation: sourceLocation)
        let error = try #require(errors.first, sourceLocation: sourceLocation)
        #expect(error.location?.span?.lower == marked.offset, sourceLocation: sourceLocation)
        #expect((error.fixIt == nil) == (fixed == nil), sourceLocation: sourceLocation)
        if let fixed, let fixIt = error.fixIt {
            let result = FixIt.apply([fixIt], to: marked.source.bytes).bytes
            #expect(String(decoding: result, as: UTF8.self) == fixed, sourceLocation: sourceLocation)
            let after = ManifestReader.read(SourceText(name: Manifest.fileName, bytes: result))
            #expect(!after.hasErrors, sourceLocation: sourceLocation)
        }
        return error
    }
}
