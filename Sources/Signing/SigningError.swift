internal import Diagnostics
package import Platform

/// Why a statement was not signed, or nobody vouches for it.
package enum SigningError: Error, Hashable, Sendable {
    /// There is no program `ssh-keygen`.
    case noProgram
    /// The file holds no key that could be used; with what was said of it.
    case badKey(path: String, String)
    /// The key in the envelope is not in the list.
    case unknownSigner(String)
    /// The signature is not of that key over these bytes, or is not valid now; with what `ssh-keygen` said.
    case badSignature(signer: String, String)
    case refused(SystemError)
}

extension SigningError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noProgram: "there is no program 'ssh-keygen' on the PATH"
        case .badKey(let path, let reason): "'\(path)' cannot sign: \(reason)"
        case .unknownSigner(let identifier): "the key \(DiagnosticRenderer.printable(identifier)) is not one that is trusted"
        case .badSignature(let signer, let reason): "the signature of \(signer) does not hold: \(reason)"
        case .refused(let error): "\(error)"
        }
    }
}
