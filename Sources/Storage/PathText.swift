/// Paths whose bytes need not be UTF-8, as text that can be read back.
package enum PathText {
    /// The path with `%` and every byte that is not part of valid UTF-8 written as `%XX`.
    package static func encode(_ path: [UInt8]) -> String {
        var result = ""
        var rest = path[...]
        while !rest.isEmpty {
            if let (scalar, count) = firstScalar(rest), scalar != "%" {
                result.unicodeScalars.append(scalar)
                rest = rest.dropFirst(count)
            } else {
                let byte = rest.removeFirst()
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return result
    }

    private static func firstScalar(_ bytes: ArraySlice<UInt8>) -> (scalar: Unicode.Scalar, count: Int)? {
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return (scalar, UTF8.width(scalar))
    }
}
