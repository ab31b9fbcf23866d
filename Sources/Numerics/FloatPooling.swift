import CKernels

/// The largest value or the mean of square windows over images of Float.
///
/// Images are (count, height, width, channels), row-major. Windows lie inside the image; pixels at its right and lower edge
/// that no window reaches take no part. A result that is not a number is the NaN `0x7FC00000`.
// SPEC: determinism.md#images
package struct FloatPooling: Sendable {
    package let height: Int
    package let width: Int
    package let channels: Int
    package let outputHeight: Int
    package let outputWidth: Int
    private let shape: ck_float_pool

    /// Nil if no window fits into the image, or a window has more than 256 pixels.
    package init?(height: Int, width: Int, channels: Int, size: Int, stride: Int? = nil) {
        let stride = stride ?? size
        guard height > 0, width > 0, channels > 0, size > 0, size <= 16, stride > 0, size <= height, size <= width,
            ImageSize.isSane(height, width, channels)
        else { return nil }
        self.height = height
        self.width = width
        self.channels = channels
        outputHeight = (height - size) / stride + 1
        outputWidth = (width - size) / stride + 1
        shape = ck_float_pool(
            height: height, width: width, channels: channels, size: size, stride: stride, output_height: outputHeight,
            output_width: outputWidth)
    }

    /// Numbers in an image, and in what comes of it.
    package var inputCount: Int { height * width * channels }
    package var outputCount: Int { outputHeight * outputWidth * channels }

    /// The largest value of each window; `places` gets which of the window's pixels, by rows, has it first.
    package func largest(
        _ images: UnsafePointer<Float>, count: Int, into results: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<UInt8>,
        threads: Int = 1
    ) {
        let all = Shared((images: images, results: results, places: places))
        forImages(count, threads) { image, shape in
            let (images, results, places) = all.value
            ck_float_max_pool(shape, images + image * inputCount, results + image * outputCount, places + image * outputCount)
        }
    }

    /// The gradient of the images: that of each result is added where its value came from.
    package func largestGradient(
        _ gradient: UnsafePointer<Float>, places: UnsafePointer<UInt8>, count: Int, into images: UnsafeMutablePointer<Float>,
        threads: Int = 1
    ) {
        let all = Shared((gradient: gradient, images: images, places: places))
        forImages(count, threads) { image, shape in
            let (gradient, images, places) = all.value
            ck_float_max_pool_gradient(shape, gradient + image * outputCount, places + image * outputCount, images + image * inputCount)
        }
    }

    /// The mean of each window.
    package func mean(
        _ images: UnsafePointer<Float>, count: Int, into results: UnsafeMutablePointer<Float>, threads: Int = 1
    ) {
        let all = Shared((images: images, results: results))
        forImages(count, threads) { image, shape in
            ck_float_mean_pool(shape, all.value.images + image * inputCount, all.value.results + image * outputCount)
        }
    }

    /// The gradient of the images: a share of that of each result is added to all its pixels.
    package func meanGradient(
        _ gradient: UnsafePointer<Float>, count: Int, into images: UnsafeMutablePointer<Float>, threads: Int = 1
    ) {
        let all = Shared((gradient: gradient, images: images))
        forImages(count, threads) { image, shape in
            ck_float_mean_pool_gradient(shape, all.value.gradient + image * outputCount, all.value.images + image * inputCount)
        }
    }

    private func forImages(_ count: Int, _ threads: Int, _ body: @Sendable (Int, UnsafePointer<ck_float_pool>) -> Void) {
        let shape = shape
        FloatRows.forRows(count, inputCount, threads) { lower, upper in
            withUnsafePointer(to: shape) { shape in
                for image in lower..<upper { body(image, shape) }
            }
        }
    }
}

/// The limits on images.
enum ImageSize {
    /// Whether so many numbers can be counted in 31 bits.
    static func isSane(_ sizes: Int...) -> Bool {
        var product = 1
        for size in sizes {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow, next <= Int(Int32.max) else { return false }
            product = next
        }
        return true
    }
}
