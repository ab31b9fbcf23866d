import Canonical
import Platform
import Storage
import TestSupport

@testable import Remotes

/// Short ways of a test to a store, a remote and what lies there.
enum Fixtures {
    /// Tries again, and does not wait for it.
    static func retry(attempts: Int = 3) -> Retry {
        var policy = Retry.Policy()
        policy.attempts = attempts
        policy.firstWait = 1_000_000
        policy.longestWait = 2_000_000
        policy.longestRequestedWait = 2_000_000
        return Retry(policy)
    }

    /// Waits for half a second, not for a minute.
    static var patience: Patience {
        var patience = Patience()
        patience.connecting = 1_000_000_000
        patience.silence = 500_000_000
        patience.window = 500_000_000
        patience.bytesInWindow = 1000
        return patience
    }

    static func web(_ server: ServerDouble, path: String = "/cache") -> WebRemote {
        WebRemote(RemoteAddress.Server(name: "127.0.0.1", port: server.port), path: path, patience: patience)
    }

    static let credentials = Credentials(
        accessKey: "AKIDEXAMPLE", secretKey: Secret("canarySecretKey0123456789"), sessionToken: Secret("canaryToken0123456789"))

    static func bucket(_ server: ServerDouble, retry: Retry = Fixtures.retry(), sizes: BucketSession.Sizes = BucketSession.Sizes())
        -> BucketRemote
    {
        let place = RemoteAddress.Bucket(
            server: RemoteAddress.Server(name: "127.0.0.1", port: server.port), name: "models", prefix: "penguins/", region: "us-east-1")
        return BucketRemote(
            place, signer: SignatureV4(credentials: credentials, region: "us-east-1"), retry: retry, patience: patience, sizes: sizes)
    }

    /// Bytes that look like nothing in particular, different for each seed.
    static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var bytes = [UInt8](repeating: 0, count: count)
        for index in bytes.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
        return bytes
    }

    /// A tree of every kind: a large flat folder, small ones, one that is too much for a pack, a file of its own.
    static func varied(_ store: DirectoryStore, changed: String = "") throws -> StoredObject {
        var list: [(path: String, bytes: [UInt8])] = []
        for index in 0..<600 { list.append(("flat/\(index).bin", noise(8192 + index, seed: UInt64(index)))) }
        for index in 0..<200 { list.append(("small/\(index % 40)/\(index).txt", Array("small \(index)\n".utf8))) }
        for index in 0..<3000 { list.append(("bushy/\(index)/\(index / 100)", [])) }
        for index in 0..<20 { list.append(("same/\(index)", Array("the same\n".utf8))) }
        list.append(("flat/changing", Array("changing \(changed)\n".utf8)))
        list.append(("large.bin", noise(1_500_000, seed: 99)))
        let tree = try store.put(files: list)
        try store.flush()
        return tree
    }

    /// A store with a folder of files in folders, and one larger file.
    static func filled(_ store: DirectoryStore, files: Int = 60) throws -> [StoredObject] {
        var list: [(path: String, bytes: [UInt8])] = []
        for index in 0..<files { list.append(("part\(index % 3)/deep/\(index).txt", Array("file \(index)\n".utf8))) }
        let tree = try store.put(files: list)
        let file = try store.put(file: [UInt8](repeating: 7, count: 3_000_000))
        try store.flush()
        return [tree, file]
    }
}

extension Push {
    init(_ store: DirectoryStore, to remote: any Remote, lanes: Int = 3) {
        self.init(store, to: remote, retry: Fixtures.retry(), lanes: lanes)
    }
}

extension Pull {
    init(_ store: DirectoryStore, from remote: any Remote, lanes: Int = 3) {
        self.init(store, from: remote, retry: Fixtures.retry(), lanes: lanes)
    }
}

extension SecureFront {
    /// The helper of this build, and the authority that the certificates come from.
    static func transport(_ folder: TemporaryFolder, roots: String = "ca.pem") throws -> SecureTransport {
        SecureTransport(
            helper: try Places.products().appending(SecureTransport.helperName), roots: folder.appending(roots).description)
    }

    func server(name: String = "127.0.0.1") -> RemoteAddress.Server {
        RemoteAddress.Server(name: name, port: port, isSecure: true)
    }
}
