import Testing

@testable import Sandboxing
