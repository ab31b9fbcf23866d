import Numerics
import Testing

private struct Scene: CustomTestStringConvertible {
    var count: Int
    var height: Int
    var width: Int
    var channels: Int
    var filters: Int
    var kernel: (height: Int, width: Int)
    var stride = 1
    var padding = 0

    var testDescription: String { "\(count) of \(height)x\(width)x\(channels), \(filters) of \(kernel), \(stride), \(padding)" }

    var outputHeight: Int { (height + 2 * padding - kernel.height) / stride + 1 }
    var outputWidth: Int { (width + 2 * padding - kernel.width) / stride + 1 }
    var convolution: FloatConvolution? {
        FloatConvolution(
            height: height, width: width, channels: channels, filters: filters, kernelHeight: kernel.height, kernelWidth: kernel.width,
            stride: stride, padding: padding)
    }

    /// The value of an image's pixel, zero outside.
    func pixel(_ images: [Float], _ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Float {
        guard (0..<height).contains(y), (0..<width).contains(x) else { return 0 }
        return images[((image * height + y) * width + x) * channels + channel]
    }

    /// Calls `body` for the elements of a window in their order: the index of the weight's row, and where it lies.
    func forElements(_ body: (_ element: Int, _ dy: Int, _ dx: Int, _ channel: Int) -> Void) {
        for dy in 0..<kernel.height {
            for dx in 0..<kernel.width {
                for channel in 0..<channels { body((dy * kernel.width + dx) * channels + channel, dy, dx, channel) }
            }
        }
    }

    /// Calls `body` for the results' pixels of an image in their order: the index among all, and where the window begins.
    func forWindows(of image: Int, _ body: (_ window: Int, _ y: Int, _ x: Int) -> Void) {
        for y in 0..<outputHeight {
            for x in 0..<outputWidth {
                body((image * outputHeight + y) * outputWidth + x, y * stride - padding, x * stride - padding)
            }
        }
    }

    static let all = [
        Scene(count: 1, height: 1, width: 1, channels: 1, filters: 1, kernel: (1, 1)),
        Scene(count: 3, height: 8, width: 8, channels: 1, filters: 5, kernel: (3, 3)),
        Scene(count: 18, height: 7, width: 5, channels: 3, filters: 17, kernel: (3, 2), padding: 1),
        Scene(count: 9, height: 9, width: 10, channels: 16, filters: 33, kernel: (3, 3), stride: 2, padding: 1),
        Scene(count: 2, height: 12, width: 11, channels: 20, filters: 8, kernel: (5, 5), stride: 3, padding: 2),
        Scene(count: 2, height: 28, width: 28, channels: 2, filters: 4, kernel: (5, 5)),
        Scene(count: 9, height: 6, width: 5, channels: 70, filters: 9, kernel: (3, 3), padding: 1),
    ]
}

@Suite(.serialized) struct FloatImageTests {
    @Test(arguments: Scene.all, [false, true])
    private func `a convolution and its gradients are the chains that are written`(scene: Scene, withSpecials: Bool) throws {
        let convolution = try #require(scene.convolution)
        #expect(convolution.outputHeight == scene.outputHeight && convolution.outputWidth == scene.outputWidth)
        let (count, filters) = (scene.count, scene.filters)
        let images = unevenFloats(count * convolution.inputCount, seed: 1, withSpecials: withSpecials)
        let weights = unevenFloats(convolution.weightCount, seed: 2)
        let gradient = unevenFloats(count * convolution.outputCount, seed: 3, withSpecials: withSpecials)

        var results = [Float](repeating: 0, count: count * convolution.outputCount)
        var weightGradient = [Float](repeating: 0, count: convolution.weightCount)
        var imageGradient = [Float](repeating: 0, count: images.count)
        for first in stride(from: 0, to: count, by: 8) {
            var block = [Float](repeating: 0, count: weightGradient.count)
            for image in first..<min(count, first + 8) {
                scene.forWindows(of: image) { window, y, x in
                    scene.forElements { element, dy, dx, channel in
                        let pixel = scene.pixel(images, image, y + dy, x + dx, channel)
                        var back: Float = 0
                        for filter in 0..<filters {
                            let (result, weight) = (window * filters + filter, element * filters + filter)
                            results[result].addProduct(pixel, weights[weight])
                            block[weight].addProduct(pixel, gradient[result])
                            back.addProduct(gradient[result], weights[weight])
                        }
                        if (0..<scene.height).contains(y + dy), (0..<scene.width).contains(x + dx) {
                            imageGradient[((image * scene.height + y + dy) * scene.width + x + dx) * scene.channels + channel] += back
                        }
                    }
                }
            }
            for index in block.indices { weightGradient[index] += block[index] }
        }
        forEachVariant { variant in
            for threads in [1, 2, 3, 8] {
                var found = [Float](repeating: 7, count: results.count)
                convolution.apply(images, count: count, weights: weights, into: &found, threads: threads)
                #expect(bits(found) == bits(results.map(plain)), "\(variant), \(threads) threads")
                found = [Float](repeating: 7, count: weightGradient.count)
                convolution.weightGradient(images, gradient: gradient, count: count, into: &found, threads: threads)
                #expect(bits(found) == bits(weightGradient.map(plain)), "\(variant), \(threads) threads, weights")
                found = [Float](repeating: 7, count: imageGradient.count)
                convolution.imageGradient(gradient, weights: weights, count: count, into: &found, threads: threads)
                #expect(bits(found) == bits(imageGradient.map(plain)), "\(variant), \(threads) threads, images")
            }
        }
    }

    @Test(arguments: Scene.all, [false, true])
    private func `bias and rectifier are what they are by themselves`(scene: Scene, relu: Bool) throws {
        let convolution = try #require(scene.convolution)
        let images = unevenFloats(scene.count * convolution.inputCount, seed: 1, withSpecials: true)
        let weights = unevenFloats(convolution.weightCount, seed: 2)
        let bias = unevenFloats(scene.filters, seed: 3)
        let count = scene.count * convolution.outputCount
        forEachVariant { variant in
            for threads in [1, 3] {
                var expected = [Float](repeating: 7, count: count)
                convolution.apply(images, count: scene.count, weights: weights, into: &expected)
                FloatRows.addBias(bias, to: &expected, rows: count / scene.filters, columns: scene.filters, relu: relu)
                var found = [Float](repeating: 7, count: count)
                convolution.apply(images, count: scene.count, weights: weights, bias: bias, relu: relu, into: &found, threads: threads)
                #expect(bits(found) == bits(expected), "\(variant), \(threads) threads")
            }
        }
    }

    @Test(
        arguments: [(1, 2, 2, 1, 2, 2), (5, 9, 8, 3, 2, 2), (3, 9, 9, 16, 3, 2), (2, 6, 7, 33, 3, 1), (4, 5, 5, 4, 2, 3)], [false, true])
    func `pools and their gradients go window by window`(
        shape: (count: Int, height: Int, width: Int, channels: Int, size: Int, stride: Int), withSpecials: Bool
    ) throws {
        let (count, height, width, channels, size, step) = shape
        let pool = try #require(FloatPooling(height: height, width: width, channels: channels, size: size, stride: step))
        let images = unevenFloats(count * pool.inputCount, seed: 4, withSpecials: withSpecials)
        let gradient = unevenFloats(count * pool.outputCount, seed: 5, withSpecials: withSpecials)
        var (largest, places, means): ([Float], [UInt8], [Float]) = ([], [], [])
        var (largestBack, meanBack) = ([Float](repeating: 0, count: images.count), [Float](repeating: 0, count: images.count))
        for image in 0..<count {
            for y in 0..<pool.outputHeight {
                for x in 0..<pool.outputWidth {
                    for channel in 0..<channels {
                        let inside = (0..<size * size).map {
                            ((image * height + y * step + $0 / size) * width + x * step + $0 % size) * channels + channel
                        }
                        // The last NaN wins: only that it is one shows.
                        var best = 0
                        for tap in 1..<size * size where images[inside[tap]] > images[inside[best]] || images[inside[tap]].isNaN {
                            best = tap
                        }
                        let slope = gradient[largest.count]
                        largestBack[inside[best]] += slope
                        for index in inside { meanBack[index] += slope / Float(size * size) }
                        largest.append(plain(images[inside[best]]))
                        places.append(UInt8(best))
                        means.append(plain(inside.reduce(Float(0)) { $0 + images[$1] } / Float(size * size)))
                    }
                }
            }
        }
        forEachVariant { variant in
            for threads in [1, 2, 3, 8] {
                var (found, foundPlaces) = ([Float](repeating: 7, count: largest.count), [UInt8](repeating: 7, count: largest.count))
                pool.largest(images, count: count, into: &found, places: &foundPlaces, threads: threads)
                #expect(bits(found) == bits(largest) && foundPlaces == places, "\(variant), \(threads) threads")
                pool.mean(images, count: count, into: &found, threads: threads)
                #expect(bits(found) == bits(means), "\(variant), \(threads) threads")
                var back = [Float](repeating: 7, count: images.count)
                pool.largestGradient(gradient, places: places, count: count, into: &back, threads: threads)
                #expect(bits(back) == bits(largestBack.map(plain)), "\(variant), \(threads) threads")
                pool.meanGradient(gradient, count: count, into: &back, threads: threads)
                #expect(bits(back) == bits(meanBack.map(plain)), "\(variant), \(threads) threads")
            }
        }
    }

    @Test func `windows that do not fit are refused`() {
        func make(_ height: Int, _ width: Int, _ kernel: Int, _ stride: Int, _ padding: Int, channels: Int = 1, filters: Int = 1) -> Bool {
            FloatConvolution(
                height: height, width: width, channels: channels, filters: filters, kernelHeight: kernel, kernelWidth: kernel,
                stride: stride,
                padding: padding) != nil
        }
        #expect(make(3, 3, 3, 1, 0) && make(2, 2, 3, 1, 1))
        #expect(!make(2, 3, 3, 1, 0) && !make(3, 2, 3, 1, 0) && !make(0, 3, 1, 1, 0) && !make(3, 3, 3, 0, 0) && !make(3, 3, 3, 1, -1))
        #expect(!make(1 << 40, 1 << 40, 3, 1, 0) && !make(3, 3, 3, 1, Int.max) && !make(3, 3, 3, 1, 0, channels: .max, filters: .max))
        #expect(!make(3, 3, .max, 1, 0) && !make(3, 3, 0, 1, 0) && !make(1000, 1000, 30, 1, 0, channels: 300))
        #expect(FloatPooling(height: 4, width: 4, channels: 1, size: 5) == nil)
        #expect(FloatPooling(height: 40, width: 40, channels: 1, size: 17) == nil)
        #expect(FloatPooling(height: 4, width: 4, channels: .max, size: 2) == nil)
        #expect(FloatPooling(height: 4, width: 4, channels: 1, size: 2, stride: 0) == nil)
    }
}
