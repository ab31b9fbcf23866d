/// Pointers that the bodies of a loop share: each writes only the part that its index owns.
struct Shared<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
