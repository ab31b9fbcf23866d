package import Canonical

/// What an environment of the manifest was resolved to: names of other pins, and what asked for them.
package struct EnvironmentPin: Hashable, Sendable {
    /// The digest of what the manifest asks for; another one means that this pin is out of date.
    package let request: Digest
    /// System and architecture that the pinned files are for, such as `linux-x86_64`.
    package let platform: String
    /// The program pin of the interpreter, such as `python-3.11.7`.
    package let python: String?
    /// Program pins, sorted by bytes, each once; `sh` and `coreutils` are always among them.
    package let tools: [String]
    /// Wheel pins by file name, sorted by bytes, each once.
    package let wheels: [String]
    /// Shared libraries that wheels need beyond those of the programs, at their places below the root; nil when there are none.
    package let libraries: DataPin?

    package init(request: Digest, platform: String, python: String?, tools: [String], wheels: [String], libraries: DataPin?) {
        self.request = request
        self.platform = platform
        self.python = python
        self.tools = sortedOnce(tools)
        self.wheels = sortedOnce(wheels)
        self.libraries = libraries
    }

    /// The names of all program pins that this one stands on: the interpreter's first, then the tools'.
    package var programs: [String] { (python.map { [$0] } ?? []) + tools }
}

/// A program with everything it needs to run, as a tree of files at their places below the root.
package struct ProgramPin: Hashable, Sendable {
    package let tree: DataPin
    /// The packages that the files came from, such as `coreutils 9.1-1`, sorted; empty when no package manager knows them.
    package let origin: [String]

    package init(tree: DataPin, origin: [String]) {
        self.tree = tree
        self.origin = sortedOnce(origin)
    }
}

/// The content of a wheel; its file name is the pin's name.
package struct WheelPin: Hashable, Sendable {
    package let digest: Digest
    /// Bytes.
    package let size: Int

    package init(digest: Digest, size: Int) {
        self.digest = digest
        self.size = size
    }
}

/// The texts sorted by bytes, each once.
private func sortedOnce(_ texts: [String]) -> [String] {
    var result: [String] = []
    for text in texts.sorted(by: bytesPrecede) where result.last.map({ !$0.utf8.elementsEqual(text.utf8) }) ?? true {
        result.append(text)
    }
    return result
}
