import Platform

/// Why a contrast cannot be shown on some machines.
struct Obstacle: Sendable {
    /// The reason, or nil where nothing is in the way.
    let reason: @Sendable () -> String?

    static let none = Obstacle { nil }

    /// A file or folder that the contrast reads is not on every machine.
    static func missing(_ path: String) -> Obstacle {
        Obstacle {
            let file = (try? Files.read(HostPath(path), limit: 1 << 20)) ?? []
            let folder = (try? Files.list(HostPath(path))) ?? []
            return file.isEmpty && folder.isEmpty ? "there is nothing to read in '\(path)'" : nil
        }
    }

    /// The same for what cannot be read.
    static func absent(_ path: String) -> Obstacle {
        Obstacle { (try? Files.status(HostPath(path))) == nil ? "there is no '\(path)'" : nil }
    }

    /// The first process may belong to somebody who has more rights than we.
    static let strangeInit = Obstacle {
        (try? Files.linkTarget(HostPath("/proc/1/root"))) == nil ? "the first process is not ours to look at" : nil
    }

    static let oneProcessor = Obstacle { Host.coreCount < 2 ? "there is one processor" : nil }

    static let noRoute = Obstacle {
        let table = String(decoding: (try? Files.read(HostPath("/proc/net/route"))) ?? [], as: UTF8.self)
        let routes = table.split(separator: "\n").dropFirst()
        return routes.contains { $0.split(separator: "\t").dropFirst().first == "00000000" } ? nil : "there is no way to any network"
    }

    static let noInterface = Obstacle {
        let table = String(decoding: (try? Files.read(HostPath("/proc/net/dev"))) ?? [], as: UTF8.self)
        return table.split(separator: "\n").count > 3 ? nil : "there is no network but the loopback"
    }
}
