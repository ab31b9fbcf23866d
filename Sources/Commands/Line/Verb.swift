/// What a person can ask mlbuild to do; one file in `Commands` for each.
package enum Verb: String, CaseIterable, Sendable {
    case initialise = "init"
    case check
    case lock
    case build
    case status
    case why
    case trace
    case graph
    case package
    case inspect
    case verify
    case predict
    case data
    case remote
    case push
    case pull
    case cache
    case doctor
    case completion

    /// The groups that `--help` shows, in the order of a workspace's life.
    package enum Group: String, CaseIterable, Sendable {
        case start
        case reproduce
        case ship
        case share
        case help
    }

    package var group: Group {
        switch self {
        case .initialise, .check: .start
        case .lock, .build, .status, .why, .trace, .graph: .reproduce
        case .package, .inspect, .verify, .predict: .ship
        case .data, .remote, .push, .pull: .share
        case .cache, .doctor, .completion: .help
        }
    }

    /// One line for the overview.
    package var summary: String {
        switch self {
        case .initialise: "make a workspace from a template"
        case .check: "report every problem in mlops.json, and mend the obvious ones"
        case .lock: "pin data, programs and packages in mlops.lock"
        case .build: "bring the stages up to date, from the cache where possible"
        case .status: "show what is up to date and what a build would do"
        case .why: "say why a stage would run, down to the value that changed"
        case .trace: "run one command, and list what it looks for and does not declare"
        case .graph: "draw the stages and what flows between them"
        case .package: "write the model archive, once its gates are met"
        case .inspect: "show what is in a model archive"
        case .verify: "check a model archive and replay its samples bit for bit"
        case .predict: "apply the model of an archive to a table"
        case .data: "compare data with the lock or an older one, and bring it back"
        case .remote: "name places that share data, and say whether one works"
        case .push: "send what the lock names to a remote: data, environments, results"
        case .pull: "fetch what the lock names from a remote"
        case .cache: "show, check and clear the store that all workspaces share"
        case .doctor: "show what this machine and this cache can do"
        case .completion: "print a completion script for a shell"
        }
    }

    /// What stands behind the verb on the command line.
    package var operands: [Operand] {
        switch self {
        case .initialise: [Operand("DIR", .optional, "the folder to make or fill; the current one if absent")]
        case .build: [Operand("STAGE", .repeated, "stages to build with all they need; all if none is named")]
        case .why: [Operand("STAGE", .required, "the stage to explain")]
        case .trace: [Operand("STAGE", .required, "the stage whose command to run; what it needs is built first")]
        case .graph, .status: [Operand("STAGE", .repeated, "stages to show with all they need; all if none is named")]
        case .inspect, .verify: [Operand("ARCHIVE", .required, "a model archive, NAME-VERSION.mlar")]
        case .predict:
            [
                Operand("ARCHIVE", .required, "a model archive, NAME-VERSION.mlar"),
                Operand("ROWS", .required, "a table with the model's inputs: a file, or a folder of arrays or images"),
            ]
        case .data:
            [
                Operand(
                    "WORK", .required,
                    "status: what differs from the lock; diff REV: from that of a commit; checkout: bring back what is pinned"),
                Operand("NAME", .repeated, "data entries; all if none is named"),
            ]
        case .remote:
            [
                Operand(
                    "WORK", .required,
                    "add NAME URL, list, remove NAME, test NAME, verify [NAME]: whether it has what is pinned, trust KEY.pub"),
                Operand("NAME", .repeated, "the remote, and for 'add' its URL: file:///PATH, http://HOST/PATH or s3://BUCKET"),
            ]
        case .push: [Operand("DATA", .repeated, "data entries to send; if none is named, all that the lock names")]
        case .pull:
            [
                Operand(
                    "DATA", .repeated,
                    "data entries to fetch, or DATA/PATH for a file or folder of one; if none is named, all that the lock names")
            ]
        case .cache:
            [
                Operand(
                    "WORK", .required,
                    "info: what is in the store; verify: whether all of it is sound; gc: remove what nobody needs any more")
            ]
        case .completion: [Operand("SHELL", .required, "bash, zsh or fish")]
        case .check, .lock, .package, .doctor: []
        }
    }

    private static let transferFlags = [
        Flag("remote", value: "NAME", "the remote; the default one if absent"),
        Flag("jobs", short: "j", value: "N", "requests at a time; 8 if absent"),
    ]

    /// The flags of this verb, without those that every verb has.
    package var flags: [Flag] {
        switch self {
        case .initialise:
            [
                Flag("template", value: "NAME", "the template to copy; 'tabular' if absent"),
                Flag("list", "list the templates"),
            ]
        case .check: [Flag("fix", "apply the fixes that are obvious")]
        case .lock:
            [
                Flag(
                    "update", value: "NAME", repeats: true,
                    "resolve this anew and keep all else: data, an environment, a program or a package"),
                Flag("check", "only say whether the lock is current"),
            ]
        case .build:
            [
                Flag("jobs", short: "j", value: "N", "stages at a time; two more than there are cores if absent"),
                Flag("keep-going", "build what does not depend on a stage that failed"),
                Flag("dry-run", "say what would run and why, and run nothing"),
                Flag("force", "run the named stages although they are up to date"),
                Flag("locked", "treat mlops.lock as frozen: pins and results must be met"),
                Flag("rehash", "read every file again instead of trusting its time stamps"),
                Flag("check", "then run every stage once more, and compare its outputs byte for byte"),
                Flag(
                    "vary", value: "NAME,...", isOptional: true, repeats: true,
                    "then run every stage under variations, such as 'threads,time-zone'; under all if none is named"),
                Flag("offline", "take no results of others from the remote"),
                Flag("keep-failed", "keep the sandbox of a command that fails, and say where it is"),
                Flag(
                    "sandbox", value: "NAME",
                    "'namespaces', or 'none' to run commands unprotected: such results are marked and not packaged"),
            ]
        case .trace:
            [
                Flag("fix", "write the missing inputs into mlops.json"),
                Flag("shell", "open a shell in the command's sandbox instead"),
            ]
        case .status: [Flag("rehash", "read every file again instead of trusting its time stamps")]
        case .graph: [Flag("format", value: "FORM", "tree, dot, mermaid or json; 'tree' if absent")]
        case .package:
            [Flag("output", short: "o", value: "FILE", "where to write, '-' for standard output; dist/NAME-VERSION.mlar if absent")]
        case .predict:
            [
                Flag("output", short: "o", value: "FILE", "where to write the predictions; standard output if absent or '-'"),
                Flag("keep", value: "NAME", repeats: true, "put this column of the table before the predictions"),
                Flag("format", value: "FORMAT", "csv, tsv, jsonl, npy, idx or png; what the names of the files say if absent"),
                Flag("delimiter", value: "TEXT", "what separates the fields of a csv: ',', ';', '|' or 'tab'"),
            ]
        case .remote:
            [
                Flag("endpoint", value: "URL", "where the S3 service of a bucket answers: https://HOST[:PORT]"),
                Flag("region", value: "NAME", "the region of a bucket; what the environment says if absent"),
                Flag("jobs", short: "j", value: "N", "with 'verify': requests at a time; 8 if absent"),
                Flag("read", "with 'verify': read every byte, not only lengths"),
                Flag("repair", "with 'verify': send again what is missing or damaged there and whole here"),
                Flag("as", value: "WHO", "with 'trust': whose key it is, such as ada@example.org; what the key says if absent"),
            ]
        case .push:
            Self.transferFlags + [
                Flag("sign", value: "KEY", "send results too, signed with this SSH key; MLBUILD_SIGNING_KEY if absent")
            ]
        case .pull:
            Self.transferFlags + [
                Flag("output", short: "o", value: "FILE", "where to write the one file DATA/PATH, '-' for standard output")
            ]
        case .cache:
            [
                Flag("dry-run", "gc: say what would be removed, and remove nothing"),
                Flag("grace", value: "TIME", "gc: keep what was used within TIME, such as '12h' or '30d'; '14d' if absent"),
                Flag("max-size", value: "SIZE", "gc: also remove what was used lately, the oldest use first, down to SIZE, as '50GB'"),
                Flag("imported", "gc: also remove data that nobody pins; the store may have the only copy of it"),
                Flag("quarantine", "gc: also remove damaged copies of what the store has a sound copy of"),
                Flag("forget", value: "DIR", repeats: true, "gc: no longer keep what this workspace needed"),
                Flag("repair", "verify: bring back what is damaged or missing, from workspaces and remotes"),
            ]
        case .why, .inspect, .verify, .data, .doctor, .completion: []
        }
    }

    /// The flags that every verb has.
    package static let common: [Flag] = [
        Flag("directory", short: "C", value: "DIR", "work as if started in DIR"),
        Flag("json", "print JSON Lines on standard output"),
        Flag("verbose", short: "v", "say more: stages that are up to date, and whole keys"),
        Flag("quiet", short: "q", "say only what went wrong"),
        Flag("help", short: "h", "show help"),
    ]

    package var usage: String {
        let names = operands.map(\.shown).map { " " + $0 }.joined()
        return "mlbuild \(rawValue)\(flags.isEmpty ? "" : " [FLAGS]")\(names)"
    }
}

/// A named place on the command line that is not a flag.
package struct Operand: Sendable {
    package enum Number: Sendable { case required, optional, repeated }

    package let name: String
    package let number: Number
    package let meaning: String

    init(_ name: String, _ number: Number, _ meaning: String) {
        self.name = name
        self.number = number
        self.meaning = meaning
    }

    /// As usage lines show it: `NAME`, `[NAME]` or `[NAME...]`.
    package var shown: String {
        switch number {
        case .required: name
        case .optional: "[\(name)]"
        case .repeated: "[\(name)...]"
        }
    }
}

/// A named choice on the command line: `--name`, `--name VALUE`, or `--name[=VALUE]`.
package struct Flag: Sendable {
    package let name: String
    package let short: Character?
    /// The name of the value that must follow; absent for a plain switch.
    package let value: String?
    /// Whether the value may be left out; then it follows only as `--name=VALUE`.
    package let isOptional: Bool
    package let repeats: Bool
    package let meaning: String

    init(
        _ name: String, short: Character? = nil, value: String? = nil, isOptional: Bool = false, repeats: Bool = false, _ meaning: String
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.isOptional = isOptional
        self.repeats = repeats
        self.meaning = meaning
    }

    var shown: String {
        (short.map { "-\($0), " } ?? "    ") + "--\(name)" + (value.map { isOptional ? "[=\($0)]" : " \($0)" } ?? "")
    }
}
