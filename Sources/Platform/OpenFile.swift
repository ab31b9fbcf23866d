internal import CPlatform

/// An open descriptor that several may hold: closed when the last lets go of it.
package final class OpenFile: Sendable {
    /// For calls of C; never closed by them.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(owning number: Int32) {
        self.number = number
    }

    deinit { platform_close(number) }
}

extension Descriptor {
    /// A second hold on the same open file, to be kept as long as anybody needs it.
    package func shared() throws(SystemError) -> OpenFile {
        let copy = platform_duplicate(number)
        if copy < 0 { throw path.error("duplicate", -Int(copy)) }
        return OpenFile(owning: copy)
    }
}
