/// A graph of ONNX operators while it is being built: values have names, and each node makes one.
///
/// ONNX IR version 10 with the operators of `ai.onnx` 18 and `ai.onnx.ml` 5.
struct ONNXGraph {
    private static let irVersion = 10
    private static let coreVersion = 18
    private static let learningVersion = 5
    private static let learningDomain = "ai.onnx.ml"

    /// A named value of the graph.
    struct Value {
        let name: String
    }

    /// How far a value reaches in one direction.
    enum Extent: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
        case known(Int)
        /// Any, by a name: values with the same name have the same.
        case any(String)

        init(integerLiteral value: Int) { self = .known(value) }
        init(stringLiteral value: String) { self = .any(value) }
    }

    enum Attribute {
        case integer(Int)
        case float(Float)
        case integers([Int])
        case texts([String])
        case tensor(ONNXTensor)
    }

    private var inputs: [[UInt8]] = []
    private var outputs: [[UInt8]] = []
    private var nodes: [[UInt8]] = []
    private var constants: [[UInt8]] = []
    private var count = 0
    private var usesLearningDomain = false

    // MARK: Values

    /// A column that users feed, (rows, 1) or (rows, further extents).
    mutating func input(_ name: String, _ type: ONNXTensor.ElementType, _ extents: [Extent] = [1]) -> Value {
        inputs.append(Self.valueInfo(name, type, extents))
        return Value(name: name)
    }

    /// Gives a value to users under `name`.
    mutating func output(_ value: Value, as name: String, _ type: ONNXTensor.ElementType, _ extents: [Extent]) {
        node("Identity", [value], named: name)
        outputs.append(Self.valueInfo(name, type, extents))
    }

    mutating func constant(_ shape: [Int], _ elements: ONNXTensor.Elements) -> Value {
        let value = fresh("constant")
        var writer = ProtobufWriter()
        ONNXTensor(value.name, shape, elements).write(to: &writer)
        constants.append(writer.bytes)
        return value
    }

    /// A vector of numbers.
    mutating func constant(_ values: [Double]) -> Value {
        constant([values.count], .doubles(values))
    }

    /// A whole number without extents.
    mutating func scalar(_ value: Int) -> Value {
        constant([], .integers([Int64(value)]))
    }

    /// The value as elements of another type.
    mutating func cast(_ value: Value, to type: ONNXTensor.ElementType) -> Value {
        apply("Cast", [value], [("to", .integer(type.rawValue))])
    }

    /// The sums of the elements along one direction, which is gone then.
    mutating func sum(_ value: Value, over direction: Int64) -> Value {
        apply("ReduceSum", [value, constant([1], .integers([direction]))], [("keepdims", .integer(0))])
    }

    /// The value of a node of the given operator.
    mutating func apply(
        _ operation: String, _ inputs: [Value], _ attributes: [(String, Attribute)] = [], isLearning: Bool = false
    ) -> Value {
        let value = fresh(operation)
        node(operation, inputs, attributes, isLearning: isLearning, named: value.name)
        return value
    }

    private mutating func fresh(_ what: String) -> Value {
        count += 1
        // Names of inputs and outputs are the user's; a slash and a number keep ours apart.
        return Value(name: "mlbuild/\(count)/\(what)")
    }

    private mutating func node(
        _ operation: String, _ inputs: [Value], _ attributes: [(String, Attribute)] = [], isLearning: Bool = false, named name: String
    ) {
        if isLearning { usesLearningDomain = true }
        var writer = ProtobufWriter()
        for input in inputs { writer.text(1, input.name) }
        writer.text(2, name)
        writer.text(4, operation)
        for (name, attribute) in attributes { writer.message(5) { Self.write(attribute, name, &$0) } }
        if isLearning { writer.text(7, Self.learningDomain) }
        nodes.append(writer.bytes)
    }

    private static func write(_ attribute: Attribute, _ name: String, _ writer: inout ProtobufWriter) {
        writer.text(1, name)
        switch attribute {
        case .integer(let value):
            writer.integer(3, value)
            writer.integer(20, 2)
        case .float(let value):
            writer.float(2, value)
            writer.integer(20, 1)
        case .tensor(let tensor):
            writer.message(5) { tensor.write(to: &$0) }
            writer.integer(20, 4)
        case .integers(let values):
            writer.integers(8, values)
            writer.integer(20, 7)
        case .texts(let values):
            for value in values { writer.text(9, value) }
            writer.integer(20, 8)
        }
    }

    // MARK: The model

    /// The file: a `ModelProto`. The same graph always has the same bytes.
    func model() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.integer(1, Self.irVersion)
        writer.text(2, "mlbuild")
        writer.message(7) { graph in
            for node in nodes { graph.data(1, node) }
            graph.text(2, "model")
            for constant in constants { graph.data(5, constant) }
            for input in inputs { graph.data(11, input) }
            for output in outputs { graph.data(12, output) }
        }
        writer.message(8) { operators in
            operators.text(1, "")
            operators.integer(2, Self.coreVersion)
        }
        if usesLearningDomain {
            writer.message(8) { operators in
                operators.text(1, Self.learningDomain)
                operators.integer(2, Self.learningVersion)
            }
        }
        return writer.bytes
    }

    private static func valueInfo(_ name: String, _ type: ONNXTensor.ElementType, _ extents: [Extent]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.text(1, name)
        writer.message(2) { described in
            described.message(1) { tensor in
                tensor.integer(1, type.rawValue)
                tensor.message(2) { shape in
                    shape.message(1) { $0.text(2, "rows") }
                    for extent in extents {
                        shape.message(1) { dimension in
                            switch extent {
                            case .known(let count): dimension.integer(1, count)
                            case .any(let name): dimension.text(2, name)
                            }
                        }
                    }
                }
            }
        }
        return writer.bytes
    }
}
