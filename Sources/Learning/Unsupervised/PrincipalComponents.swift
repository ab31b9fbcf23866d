package import Canonical
import Numerics

/// Directions of the design in which the training rows differ most: what `pca` fits.
package struct PrincipalComponents: Predictor {
    /// (components, columns of the design), each row of length 1.
    package let directions: [Double]
    /// The variance of the training rows along each direction.
    package let variances: [Double]
    /// The variance in all directions together.
    package let total: Double

    package var partCount: Int { variances.count }

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> Outputs {
        .components(projected(try DesignMatrix(rows, DesignLayout(pipeline), threads: threads), threads: threads))
    }

    /// The components of each row, (rows, components).
    func projected(_ design: DesignMatrix, threads: Int) -> [Double] {
        let width = design.width
        // The design's last column, of ones, has no part in any direction.
        var columns = [Double](repeating: 0, count: width * partCount)
        for part in 0..<partCount {
            for column in 0..<width - 1 { columns[column * partCount + part] = directions[part * (width - 1) + column] }
        }
        return Dense.multiply(design.elements, rows: design.rows, depth: width, by: columns, width: partCount, threads: threads)
            .map { min(max($0, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) + 0 }
    }
}

extension PrincipalComponents {
    package var members: [JSONMember] { [JSONMember("components", .integer(partCount))] }

    package var tensors: [Tensor] {
        [
            Tensor("directions", [partCount, directions.count / partCount], directions), Tensor("total", [1], [total]),
            Tensor("variances", [partCount], variances),
        ]
    }

    package init(reading source: ModelSource) throws(LearningError) {
        try source.tensors.expect(count: 3)
        let count = try source.count("components")
        let width = DesignLayout(source.pipeline).columns.count
        guard 1 <= count, count <= width else { throw .damagedModel("it has more components than columns, or none") }
        directions = try source.tensors.doubles("directions", [count, width])
        variances = try source.tensors.doubles("variances", [count])
        total = try source.tensors.doubles("total", [1])[0]
        guard directions.allSatisfy({ $0.magnitude <= 1.0001 }), (variances + [total]).allSatisfy({ 0 <= $0 && $0.isFinite }) else {
            throw .damagedModel("a component is out of range")
        }
    }
}

/// The settings of `pca`.
struct PrincipalComponentsSettings: LearnerSettings {
    let components: Int?
    let variance: Double

    /// More columns than this take too long: the work grows with their cube.
    private static let mostColumns = 4096

    init(_ values: OptionValues) throws(LearningError) {
        components = try values.optionalInteger("components")
        variance = try values.number("variance")
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        let design = try DesignMatrix(problem.features, DesignLayout(problem.pipeline), threads: problem.threads)
        let (rows, width) = (design.rows, design.width)
        guard width > 1 else { throw .problem("no-variance", "no feature varies, so there are no directions to find") }
        guard width <= Self.mostColumns else {
            throw .problem(
                "too-large", "\(width - 1) columns are too many for principal components; at most \(Self.mostColumns - 1) can be")
        }
        if let components, components >= width {
            throw .problem("bad-option", "option 'components' is \(components), and the features have only \(width - 1) columns")
        }
        let gram = Dense.gram(design.elements, rows: rows, columns: width, threads: problem.threads)
        var means = [Double](repeating: 0, count: width)
        for column in 0..<width { means[column] = gram[column * width + width - 1] / Double(rows) }
        let size = width - 1
        var covariance = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                covariance[row * size + column] = gram[row * width + column] / Double(rows) - means[row] * means[column]
            }
        }
        if problem.observer.isCancelled() { throw .cancelled }
        let eigen = SymmetricEigen(covariance, size: size)
        let values = eigen.values.map { max($0, 0) + 0 }
        let total = values.reduce(0, +)
        var count = components ?? 0
        var held = 0.0
        while components == nil, count < size, count == 0 || held < variance * total {
            held += values[count]
            count += 1
        }
        let model = PrincipalComponents(
            directions: Array(eigen.vectors[..<(count * size)]), variances: Array(values[..<count]), total: total)
        let share = total > 0 ? values[..<count].reduce(0, +) / total : 1
        problem.observer.progress(
            TrainingStep(
                round: 1, total: 1, loss: max(0, 1 - share), validationLoss: nil, digest: LinearWeights.digest(model.directions)))
        return .pca(model)
    }
}
