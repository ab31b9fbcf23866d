import Testing

@testable import Comparing
