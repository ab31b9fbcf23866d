import Remotes
import Testing

@Suite struct SecretTests {
    @Test func `a secret has no text`() {
        let secret = Secret("canary-in-a-coal-mine")
        let credentials = Credentials(accessKey: "AK", secretKey: secret, sessionToken: secret)
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains("canary"), "\(text)")
        }
    }
}
