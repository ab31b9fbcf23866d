import Platform

/// What the package manager of this machine, dpkg, says about files; on other systems it knows none.
enum PackageDatabase {
    /// The packages that own these files; nil when it does not know every one of them.
    static func owners(of files: [HostPath]) throws(PinningError) -> [String]? {
        if files.isEmpty { return nil }
        var owned: [HostPath: [String]] = [:]
        // Few enough at a time for the longest command line that Linux takes.
        var start = 0
        while start < files.count {
            let part = files[start..<min(files.count, start + 1000)]
            start += part.count
            let patterns = part.flatMap { spellings(of: $0) }.map { escaped($0) }
            // The status is 1 when one of the patterns is unknown, as one spelling of each always may be.
            guard let outcome = try run(["dpkg-query", "-S", "--"] + patterns) else { return nil }
            for (path, packages) in read(search: outcome.output) { owned[path, default: []] += packages }
        }
        var packages: Set<String> = []
        for file in files {
            let owners = spellings(of: file).flatMap { owned[$0] ?? [] }
            if owners.isEmpty { return nil }
            packages.formUnion(owners)
        }
        return packages.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Each package with its version, such as `git 1:2.39.5-0`, sorted; nil when one of them is not installed.
    static func versions(of packages: [String]) throws(PinningError) -> [String]? {
        if packages.isEmpty { return nil }
        let format = "${Package} ${Version}\\n"
        guard let outcome = try run(["dpkg-query", "-W", "-f=\(format)", "--"] + packages), outcome.status == 0 else { return nil }
        let lines = outcome.output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        return Set(lines).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Everything that a package put on this machine, folders too, in its own order.
    static func content(of package: String) throws(PinningError) -> [HostPath] {
        guard let outcome = try run(["dpkg-query", "-L", package]), outcome.status == 0 else { return [] }
        return outcome.output.split(separator: UInt8(ascii: "\n")).map { HostPath(bytes: Array($0)) }.filter { $0.isAbsolute }
    }

    /// Reads lines such as `libc6:amd64, other: /lib/x86_64-linux-gnu/libc.so.6`.
    static func read(search text: [UInt8]) -> [HostPath: [String]] {
        var result: [HostPath: [String]] = [:]
        let separator = Array(": /".utf8)
        for line in text.split(separator: UInt8(ascii: "\n")) where !line.starts(with: "diversion by ".utf8) {
            guard let colon = line.indices.first(where: { line[$0...].starts(with: separator) }) else { continue }
            let packages = line[..<colon].split(separator: UInt8(ascii: ",")).map { name in
                String(decoding: name.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
            }
            result[HostPath(bytes: Array(line[(colon + 2)...])), default: []] += packages
        }
        return result
    }

    /// The names that a file has in the database: packages made before `/lib` became a link still say `/lib`.
    private static func spellings(of file: HostPath) -> [HostPath] {
        let prefix = Array("/usr/".utf8)
        guard file.bytes.starts(with: prefix) else { return [file] }
        let rest = file.bytes.dropFirst(prefix.count)
        let first = rest.prefix { $0 != UInt8(ascii: "/") }
        guard HostPlace.merged.contains(where: { $0.utf8.elementsEqual(first) }) else { return [file] }
        return [file, HostPath(bytes: [UInt8(ascii: "/")] + rest)]
    }

    /// The pattern that stands for exactly this path.
    private static func escaped(_ path: HostPath) -> String {
        var bytes: [UInt8] = []
        for byte in path.bytes {
            if "\\*?[".utf8.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func run(_ arguments: [String]) throws(PinningError) -> ProcessRunner.Outcome? {
        do throws(SystemError) {
            let path = Host.environment("PATH") ?? "/usr/bin:/bin"
            return try ProcessRunner.run(arguments, environment: ["LC_ALL": "C.UTF-8", "PATH": path])
        } catch {
            if error.isMissing { return nil }
            throw .unreadable(error)
        }
    }
}
