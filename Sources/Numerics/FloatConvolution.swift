import CKernels

/// Convolutions of images of Float with small filters, and their gradients.
///
/// Images are (count, height, width, channels), weights (kernel height, kernel width, channels, filters), results
/// (count, output height, output width, filters), all row-major. Outside the image lie zeros, which take part like
/// pixels. A product reads the windows where they lie in the image: no matrix of windows is made. A result that is not a number is
/// the NaN `0x7FC00000`.
// SPEC: determinism.md#images
package struct FloatConvolution: Sendable {
    package let height: Int
    package let width: Int
    package let channels: Int
    package let filters: Int
    package let outputHeight: Int
    package let outputWidth: Int
    private let kernelHeight: Int
    private let kernelWidth: Int
    private let padding: Int
    /// Images of which a product is made at once; also the block in which the gradient of the weights is summed.
    private let group = Self.blockImages
    /// Where the windows of the results of `group` images begin, in their padded images.
    private let windows: [Int]
    /// Where the elements of a window lie from its beginning, and where its pixels do.
    private let elements: [Int]
    private let taps: [Int]

    /// The gradient of the weights is made of blocks of so many images, each summed alone; then they are added in order.
    package static let blockImages = 8

    /// Nil if no window fits into the padded image or the sizes are beyond all reason.
    package init?(
        height: Int, width: Int, channels: Int, filters: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1, padding: Int = 0
    ) {
        guard height > 0, width > 0, channels > 0, filters > 0, kernelHeight > 0, kernelWidth > 0, stride > 0, padding >= 0,
            padding < 1 << 20,
            ImageSize.isSane(height, width), ImageSize.isSane(height + 2 * padding, width + 2 * padding, channels, Self.blockImages),
            kernelHeight <= height + 2 * padding, kernelWidth <= width + 2 * padding,
            ImageSize.isSane(kernelHeight, kernelWidth, channels, filters)
        else { return nil }
        self.height = height
        self.width = width
        self.channels = channels
        self.filters = filters
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.padding = padding
        outputHeight = (height + 2 * padding - kernelHeight) / stride + 1
        outputWidth = (width + 2 * padding - kernelWidth) / stride + 1
        guard ImageSize.isSane(outputHeight, outputWidth, filters, Self.blockImages),
            ImageSize.isSane(outputHeight, outputWidth, kernelHeight * kernelWidth * channels)
        else { return nil }
        let line = (width + 2 * padding) * channels
        var windows: [Int] = []
        windows.reserveCapacity(Self.blockImages * outputHeight * outputWidth)
        for image in 0..<Self.blockImages {
            for y in 0..<outputHeight {
                for x in 0..<outputWidth {
                    windows.append(image * (height + 2 * padding) * line + y * stride * line + x * stride * channels)
                }
            }
        }
        self.windows = windows
        elements = (0..<kernelHeight).flatMap { y in (0..<kernelWidth * channels).map { y * line + $0 } }
        taps = (0..<kernelHeight).flatMap { y in (0..<kernelWidth).map { y * line + $0 * channels } }
    }

    /// Numbers in an image, in what comes of it, and in the weights.
    package var inputCount: Int { height * width * channels }
    package var outputCount: Int { outputHeight * outputWidth * filters }
    package var weightCount: Int { elements.count * filters }

    /// The convolution: each result is one chain of fused products over a window's rows, columns and channels, from zero.
    ///
    /// - Parameters:
    ///   - bias: Is then added to each pixel's filters.
    ///   - relu: Whether what is not above zero becomes zero after that; wanted with `bias` only.
    package func apply(
        _ images: UnsafePointer<Float>, count: Int, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil, relu: Bool = false,
        into results: UnsafeMutablePointer<Float>, threads: Int = 1
    ) {
        let all = Shared((images: images, weights: weights, bias: bias, results: results))
        forGroups(count, threads) { first, size in
            withPadded(all.value.images + first * inputCount, count: size) { padded in
                withTables { windows, elements in
                    let product = ck_float_product(
                        rows: size * pixels, columns: filters, depth: self.elements.count,
                        left: ck_float_factor(base: padded, outer_offsets: windows, outer_step: 0, depth_offsets: elements, depth_step: 0),
                        right: ck_float_factor(
                            base: all.value.weights, outer_offsets: nil, outer_step: 1, depth_offsets: nil, depth_step: filters),
                        result: all.value.results + first * outputCount, result_step: filters, adding: 0)
                    withUnsafePointer(to: product) { ck_float_multiply($0) }
                }
            }
            // While they are in the cache.
            guard let bias = all.value.bias else { return }
            ck_float_add_bias(all.value.results + first * outputCount, size * pixels, filters, bias, relu ? 1 : 0)
        }
    }

    /// The gradient of the weights: for a block of 8 images each is one chain of fused products over the images and
    /// their results' pixels, from zero; then the blocks are added in order.
    package func weightGradient(
        _ images: UnsafePointer<Float>, gradient: UnsafePointer<Float>, count: Int, into weights: UnsafeMutablePointer<Float>,
        threads: Int = 1
    ) {
        let blocks = (count + group - 1) / group
        for index in 0..<weightCount { weights[index] = 0 }
        // A few blocks at a time, so that the memory does not grow with the images.
        let wave = max(1, min(blocks, threads == 1 ? 1 : threads * 2))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: wave * weightCount) { parts in
            guard let parts = parts.baseAddress else { return }
            let all = Shared((images: images, gradient: gradient, parts: parts))
            for start in stride(from: 0, to: blocks, by: wave) {
                let several = min(wave, blocks - start)
                ParallelLoop.run(count: several, threads: threads) { index in
                    let first = (start + index) * group
                    let size = min(group, count - first)
                    withPadded(all.value.images + first * inputCount, count: size) { padded in
                        withTables { windows, elements in
                            let product = ck_float_product(
                                rows: self.elements.count, columns: filters, depth: size * pixels,
                                left: ck_float_factor(
                                    base: padded, outer_offsets: elements, outer_step: 0, depth_offsets: windows, depth_step: 0),
                                right: ck_float_factor(
                                    base: all.value.gradient + first * outputCount, outer_offsets: nil, outer_step: 1, depth_offsets: nil,
                                    depth_step: filters),
                                result: all.value.parts + index * weightCount, result_step: filters, adding: 0)
                            withUnsafePointer(to: product) { ck_float_multiply($0) }
                        }
                    }
                }
                // DETERMINISM: blocks are fixed and added in order; threads only decide who sums a block.
                for index in 0..<several { ck_float_accumulate(weights, parts + index * weightCount, weightCount) }
            }
        }
    }

    /// The gradient of the images: for each window the chains of fused products over the filters, from zero; these are
    /// added to zero, window by window.
    package func imageGradient(
        _ gradient: UnsafePointer<Float>, weights: UnsafePointer<Float>, count: Int, into images: UnsafeMutablePointer<Float>,
        threads: Int = 1
    ) {
        let all = Shared((gradient: gradient, weights: weights, images: images))
        // So many images at a time stay in the second cache.
        forGroups(count, threads, most: max(1, 0x10000 / paddedCount)) { first, size in
            let images = all.value.images + first * inputCount
            let padded = padding == 0 ? images : memory(size * paddedCount)
            padded.update(repeating: 0, count: size * paddedCount)
            windows.withUnsafeBufferPointer { windows in
                taps.withUnsafeBufferPointer { taps in
                    let product = ck_float_scattered_product(
                        rows: size * pixels, filters: filters, taps: taps.count, channels: channels,
                        gradient: all.value.gradient + first * outputCount, weights: all.value.weights, places: windows.baseAddress,
                        tap_places: taps.baseAddress, images: padded)
                    withUnsafePointer(to: product) { ck_float_multiply_scattered($0) }
                }
            }
            if padding > 0 { crop(padded, count: size, to: images) }
        }
    }

    // MARK: Parts

    private var pixels: Int { outputHeight * outputWidth }
    /// Numbers in a line of a padded image, and in all of it.
    private var line: Int { (width + 2 * padding) * channels }
    private var paddedCount: Int { (height + 2 * padding) * line }

    /// Runs `body` for groups of images, whose results are independent of each other.
    private func forGroups(_ count: Int, _ threads: Int, most: Int = blockImages, _ body: @Sendable (_ first: Int, _ size: Int) -> Void) {
        // Small groups where there would be too few for the threads.
        let size = max(1, min(group, most, count / max(1, threads)))
        ParallelLoop.run(count: (count + size - 1) / size, threads: threads) { body($0 * size, min(size, count - $0 * size)) }
    }

    private func withTables(_ body: (UnsafePointer<Int>, UnsafePointer<Int>) -> Void) {
        windows.withUnsafeBufferPointer { windows in
            elements.withUnsafeBufferPointer { elements in
                if let windows = windows.baseAddress, let elements = elements.baseAddress { body(windows, elements) }
            }
        }
    }

    /// Room that this thread keeps, so that it need not wait for pages; its content is undefined.
    private func memory(_ count: Int) -> UnsafeMutablePointer<Float> {
        guard let memory = ck_float_memory(count) else { preconditionFailure("the kernels give memory or end the program") }
        return memory
    }

    /// The images with zeros around them.
    private func withPadded(_ images: UnsafePointer<Float>, count: Int, _ body: (UnsafePointer<Float>) -> Void) {
        if padding == 0 { return body(images) }
        let base = memory(count * paddedCount)
        base.update(repeating: 0, count: count * paddedCount)
        for image in 0..<count {
            for y in 0..<height {
                let to = base + image * paddedCount + (y + padding) * line + padding * channels
                to.update(from: images + image * inputCount + y * width * channels, count: width * channels)
            }
        }
        body(base)
    }

    /// Copies what lies inside the padding.
    private func crop(_ padded: UnsafePointer<Float>, count: Int, to images: UnsafeMutablePointer<Float>) {
        for image in 0..<count {
            for y in 0..<height {
                let from = padded + image * paddedCount + (y + padding) * line + padding * channels
                (images + image * inputCount + y * width * channels).update(from: from, count: width * channels)
            }
        }
    }
}
