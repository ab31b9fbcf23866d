package import Platform

/// Where tests find the project and what was built.
package enum Places {
    /// The root of the repository, known from where this file lies.
    package static func repository(_ file: String = #filePath) -> HostPath {
        // Tests/TestSupport/Places.swift
        HostPath(file).parent.parent.parent
    }

    /// The folder of the running test program, which is also where the products of the same build lie.
    package static func products() throws(SystemError) -> HostPath {
        try Host.executablePath().parent
    }

    /// The `mlbuild` of this build; nil when it was not built.
    package static func mlbuild() throws(SystemError) -> HostPath? {
        let path = try products().appending("mlbuild")
        return try Files.status(path)?.kind == .regular ? path : nil
    }
}
