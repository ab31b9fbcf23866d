import Environments
import Planning
import Sandboxing
import Testing

@Test func `keys of commands hold the versions of what puts environments together and makes sandboxes`() {
    #expect(CommandWork.sandboxVersion == SandboxPolicy.version)
    #expect(CommandWork.assemblyVersion == EnvironmentTree.version)
}
