internal import CSandbox
internal import Platform

/// A plan as the flat block that the spawner takes.
struct SandboxRequest {
    private var bytes: [UInt8]

    /// `copied` are the numbers of mounts whose files are shown as copies, because they lie nowhere any more.
    init(_ plan: SandboxPlan, processors: [Int], copied: Set<Int> = []) throws(SandboxError) {
        bytes = [UInt8](repeating: 0, count: MemoryLayout<sandbox_request>.size)
        var head = sandbox_request()
        head.protections = UInt32(truncatingIfNeeded: plan.protections.rawValue)
        head.user = plan.userIdentifier
        head.process = UInt32(clamping: plan.processIdentifier ?? 0)
        if plan.hasFixedAddresses { head.flags |= SANDBOX_FIXED_ADDRESSES.rawValue }
        if plan.observes { head.flags |= SANDBOX_OBSERVES.rawValue }
        if plan.input == .terminal { head.flags |= SANDBOX_TERMINAL.rawValue }
        if case .derived(let key) = plan.entropy {
            precondition(key.count == 32, "a key of derived entropy has 32 bytes")
            head.flags |= SANDBOX_DERIVED_ENTROPY.rawValue
            withUnsafeMutableBytes(of: &head.key) { $0.copyBytes(from: key) }
        }
        let ownRoot = plan.protections.contains(.ownRoot)
        if !ownRoot || !Self.holds(plan.root, plan.workFolder) { head.flags |= SANDBOX_LAYERED_ROOT.rawValue }
        head.memory = Self.bound(plan.limits.memory)
        head.processes = Self.bound(plan.limits.processes)
        head.file_size = Self.bound(plan.limits.fileSize)
        withUnsafeMutableBytes(of: &head.cpus) { raw in
            let words = raw.bindMemory(to: UInt64.self)
            for processor in processors { words[processor / 64] |= 1 << UInt64(processor % 64) }
        }
        head.root = append(ownRoot ? plan.root.bytes : [UInt8(ascii: "/")])
        head.work = append(plan.work.bytes)
        head.work_folder = append(Array(plan.workFolder.utf8))
        head.host_name = append(Array(plan.hostName.utf8))
        var mounts: [sandbox_mount] = []
        for mount in Self.accounts(of: plan) + plan.mounts {
            mounts.append(try self.mount(of: mount, isCopied: copied.contains(mounts.count)))
        }
        head.mount_count = UInt32(mounts.count)
        head.mounts = appendAligned(mounts)
        head.argument_count = UInt32(plan.arguments.count)
        head.arguments = appendTexts(plan.arguments)
        // DETERMINISM: a program may see the order of its environment.
        let variables = Self.lastOfEach(plan.variables).map { "\($0.name)=\($0.value)" }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        head.variable_count = UInt32(variables.count)
        head.variables = appendTexts(variables)
        if let path = plan.variables.last(where: { $0.name == "PATH" }) { head.search_path = append(Array(path.value.utf8)) }
        head.size = UInt32(clamping: bytes.count)
        withUnsafeBytes(of: &head) { raw in
            for (index, byte) in raw.enumerated() { bytes[index] = byte }
        }
    }

    /// Sends it; 0 or a negated errno.
    func send(to host: Int32, terminal: Int32, handle: inout sandbox_handle) -> Int32 {
        bytes.withUnsafeBytes { sandbox_request_send(host, $0.baseAddress!, $0.count, terminal, &handle) }
    }

    // MARK: The block

    /// Whether a folder at `path` is in the root, or can be made in one of the private folders.
    private static func holds(_ root: HostPath, _ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        guard let first = parts.first else { return true }
        let isPrivate = first.elementsEqual("tmp".utf8) || first.elementsEqual("home".utf8)
        return isPrivate || (try? Files.status(parts.reduce(root) { $0.appending($1) })) != nil
    }

    /// Of several with one name the last counts.
    private static func lastOfEach(_ variables: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var seen: Set<[UInt8]> = []
        return variables.reversed().filter { seen.insert(Array($0.name.utf8)).inserted }
    }

    private static func bound(_ limit: Int?) -> UInt64 {
        limit.map { UInt64(max(0, $0)) } ?? .max
    }

    /// Another user than the one of the root's own files is written into files laid over them.
    private static func accounts(of plan: SandboxPlan) -> [SandboxPlan.Mount] {
        let usual = plan.userName == "mlbuild" && plan.userIdentifier == 1000
        guard !usual, plan.protections.contains(.ownRoot) else { return [] }
        let number = plan.userIdentifier
        let texts = [
            ("/etc/passwd", "\(plan.userName):x:\(number):\(number)::/home:/bin/sh\n"), ("/etc/group", "\(plan.userName):x:\(number):\n"),
        ]
        return texts.compactMap { path, text in
            let there = (try? Files.status(plan.root.appending(path.utf8.dropFirst()))) != nil
            return there ? SandboxPlan.Mount(.text(Array(text.utf8)), at: path) : nil
        }
    }

    private mutating func mount(of mount: SandboxPlan.Mount, isCopied: Bool) throws(SandboxError) -> sandbox_mount {
        var result = sandbox_mount()
        switch mount.source {
        case .folder(let path):
            result.kind = SANDBOX_FOLDER.rawValue
            result.source = append(path.bytes)
        case .file(let file):
            if isCopied {
                return try self.mount(
                    of: .init(.text(try Self.content(of: file)), at: mount.path, isWritable: mount.isWritable), isCopied: false)
            }
            result.kind = SANDBOX_FILE.rawValue
            var length = 0
            let path = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                buffer.withMemoryRebound(to: CChar.self) {
                    length = sandbox_locate(file.number, $0.baseAddress!, $0.count, &result.device, &result.inode)
                }
                count = max(0, length)
            }
            if length < 0 { throw .setUp(step: "look at the file for '\(mount.path)'", code: Int32(clamping: -length)) }
            result.source = append(path)
        case .text(let text):
            result.kind = SANDBOX_TEXT.rawValue
            result.length = UInt32(text.count)
            result.source = append(text)
        }
        result.path = append(mount.path.bytes)
        result.is_writable = mount.isWritable ? 1 : 0
        return result
    }

    private static func content(of file: OpenFile) throws(SandboxError) -> [UInt8] {
        var content: [UInt8] = []
        var count = 0
        repeat {
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, taken in
                count = sandbox_read_at(file.number, buffer.baseAddress!, buffer.count, UInt64(content.count))
                taken = max(0, count)
            }
            content += chunk
        } while count > 0
        if count < 0 { throw .setUp(step: "read a file that was replaced", code: Int32(clamping: -count)) }
        return content
    }

    /// Appends a text with its end; gives its offset.
    private mutating func append(_ text: [UInt8]) -> UInt32 {
        let offset = UInt32(bytes.count)
        bytes += text
        bytes.append(0)
        return offset
    }

    private mutating func appendTexts(_ texts: [String]) -> UInt32 {
        let offsets = texts.map { append(Array($0.utf8)) }
        return appendAligned(offsets)
    }

    private mutating func appendAligned<Element>(_ elements: [Element]) -> UInt32 {
        while bytes.count % 8 != 0 { bytes.append(0) }
        let offset = UInt32(bytes.count)
        elements.withUnsafeBytes { bytes += $0 }
        return offset
    }
}
