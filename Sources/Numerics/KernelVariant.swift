import CKernels

/// The instruction sets that the kernels are compiled for; all give the same bits.
///
/// The best one that the processor has is in use. Tests put each into use and compare.
package enum KernelVariant: Int, CaseIterable, Sendable {
    case baseline = 0
    case avx2 = 1
    case avx512 = 2

    /// The variants that this processor runs, the best last.
    package static var available: [KernelVariant] {
        allCases.filter { $0.rawValue <= Int(ck_best_variant()) }
    }

    /// The variant in use. Setting one that the processor lacks takes the best; it may happen at any time.
    package static var active: KernelVariant {
        get { KernelVariant(rawValue: Int(ck_active_variant())) ?? .baseline }
        set { ck_set_active_variant(Int32(newValue.rawValue)) }
    }
}
