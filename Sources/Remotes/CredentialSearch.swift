package import Platform

/// Where credentials and the region come from: the variables and files that AWS's own tools read.
// SPEC: remotes.md#credentials
package struct CredentialSearch: Sendable {
    private let variables: [String: String]
    private let home: HostPath?

    private static let names = [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
        "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL",
    ]

    /// What this process was given.
    package static func ofProcess() -> CredentialSearch {
        var variables: [String: String] = [:]
        for name in names { variables[name] = Host.environment(name) }
        return CredentialSearch(variables: variables, home: Host.homeDirectory)
    }

    package init(variables: [String: String], home: HostPath?) {
        self.variables = variables
        self.home = home
    }

    private func variable(_ name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    private var profile: String { variable("AWS_PROFILE") ?? "default" }

    /// - Throws: `.credentials`, which says what is missing and never what is there.
    package func credentials() throws(RemoteError) -> Credentials {
        switch (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        case (let key?, let secret?):
            return try Self.checked(key, secret, variable("AWS_SESSION_TOKEN"), "the environment")
        case (.some, nil): throw .credentials("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
        case (nil, .some): throw .credentials("AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not")
        case (nil, nil): break
        }
        var isKnown = false
        for file in files {
            guard let text = try Self.read(file.path) else { continue }
            let section = file.section(profile)
            guard text.has(section) else { continue }
            isKnown = true
            switch (text.value("aws_access_key_id", in: section), text.value("aws_secret_access_key", in: section)) {
            case (let key?, let secret?):
                return try Self.checked(
                    key, secret, text.value("aws_session_token", in: section), "profile '\(profile)' of '\(file.path)'")
            case (.some, nil): throw .credentials("profile '\(profile)' of '\(file.path)' has no aws_secret_access_key")
            case (nil, .some): throw .credentials("profile '\(profile)' of '\(file.path)' has no aws_access_key_id")
            case (nil, nil): break
            }
            for name in ["credential_process", "role_arn", "sso_session", "sso_start_url", "web_identity_token_file"]
            where text.value(name, in: section) != nil {
                throw .credentials(
                    "profile '\(profile)' of '\(file.path)' gets its credentials through '\(name)', which mlbuild does not follow; "
                        + "'aws configure export-credentials --format env' gives the variables that it reads")
            }
        }
        if variable("AWS_PROFILE") != nil, !isKnown {
            throw .credentials("AWS_PROFILE names '\(profile)', and there is no such profile in \(places)")
        }
        throw .credentials(
            "there are none: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a profile '\(profile)' with them in \(places)")
    }

    /// The service when the remote names none; nil for Amazon's.
    package func endpoint() throws(RemoteError) -> RemoteAddress.Server? {
        for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
            guard let value = variable(name) else { continue }
            do throws(RemoteAddress.Refused) {
                return try RemoteAddress.endpoint(value)
            } catch {
                throw .credentials("\(name) cannot be used: \(error.reason)")
            }
        }
        return nil
    }

    /// The region when the remote names none.
    package func region() throws(RemoteError) -> String {
        if let region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") { return try Self.checkedRegion(region) }
        for file in files.reversed() {
            if let region = try Self.read(file.path)?.value("region", in: file.section(profile)) { return try Self.checkedRegion(region) }
        }
        return "us-east-1"
    }

    private struct ProfileFile {
        let path: HostPath
        let isConfiguration: Bool

        /// In the configuration, and there only, other profiles than the default one have a word before them.
        func section(_ profile: String) -> String {
            isConfiguration && profile != "default" ? "profile \(profile)" : profile
        }
    }

    private var files: [ProfileFile] {
        let folder = home?.appending(".aws")
        let credentials = variable("AWS_SHARED_CREDENTIALS_FILE").map(expanded) ?? folder?.appending("credentials")
        let configuration = variable("AWS_CONFIG_FILE").map(expanded) ?? folder?.appending("config")
        return [
            credentials.map { ProfileFile(path: $0, isConfiguration: false) },
            configuration.map { ProfileFile(path: $0, isConfiguration: true) },
        ]
        .compactMap { $0 }
    }

    private func expanded(_ path: String) -> HostPath {
        if path.hasPrefix("~/"), let home { return home.appending(String(path.dropFirst(2))) }
        return HostPath(path)
    }

    private var places: String {
        files.isEmpty ? "any file, as there is no home folder" : files.map { "'\($0.path)'" }.joined(separator: " or ")
    }

    private static func read(_ path: HostPath) throws(RemoteError) -> INIText? {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try Files.readIfPresent(path, limit: INIText.limit)
        } catch {
            throw .credentials(error.description)
        }
        guard let bytes else { return nil }
        do throws(INIText.Malformed) {
            return try INIText.parse(bytes)
        } catch {
            throw .credentials("line \(error.line) of '\(path)' cannot be read: \(error.reason)")
        }
    }

    /// What goes into a header must not end it.
    private static func checked(_ key: String, _ secret: String, _ token: String?, _ place: String) throws(RemoteError) -> Credentials {
        func isPlain(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.count <= 16384 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
        guard isPlain(key), !key.contains("/"), !key.contains(",") else { throw .credentials("the access key in \(place) is none") }
        guard isPlain(secret) else { throw .credentials("the secret key in \(place) is none") }
        if let token, !token.isEmpty, !isPlain(token) { throw .credentials("the session token in \(place) is none") }
        return Credentials(
            accessKey: key, secretKey: Secret(secret), sessionToken: token.flatMap { $0.isEmpty ? nil : Secret($0) })
    }

    private static func checkedRegion(_ region: String) throws(RemoteError) -> String {
        guard RemoteAddress.isRegion(region) else { throw .credentials("the region is to be like 'us-east-1'") }
        return region
    }
}
