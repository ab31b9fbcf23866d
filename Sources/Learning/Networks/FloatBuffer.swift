/// Memory for Floats that lives as long as somebody holds it.
final class FloatBuffer: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        self.count = count
        // A cache line, so that vectors do not lie across two.
        base = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
            .initializeMemory(as: Float.self, repeating: 0, count: max(1, count))
    }

    deinit {
        base.deallocate()
    }

    var array: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }

    func copy(from values: [Float]) {
        precondition(values.count == count, "an array fills its buffer")
        values.withUnsafeBufferPointer { values in
            if let from = values.baseAddress { base.update(from: from, count: count) }
        }
    }
}

/// Pointers that the bodies of a loop share: each writes only the part that its index owns.
struct SharedPointers<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
