import Canonical
import Testing

@testable import Archives

@Suite struct ModelCardTests {
    @Test func `a card says what the description says`() {
        let key = Digest.of(Array("key".utf8))
        let data = Digest.of(Samples.sampleRows)
        let card = """
            # iris 1.0.0

            A classification model, trained by mlbuild's own engine: the same inputs give these bytes on any machine.

            ## Inputs

            | Name | Type | Details |
            | --- | --- | --- |
            | length | number | least: 1.0; most: 6.9 |

            ## Outputs

            | Name | Type | Details |
            | --- | --- | --- |
            | species | category | levels: \\["setosa", "virginica"\\] |

            ## Metrics

            | Metric | Value |
            | --- | --- |
            | accuracy | 0.9666666666666667 |
            | rows | 30 |

            ## Gates

            | Metric | Least | Most | Measured | Verdict |
            | --- | --- | --- | --- | --- |
            | accuracy | 0.95 |  | 0.9666666666666667 | met |
            | log_loss |  | 0.5 |  | **not met** |

            ## Data

            | Name | Files | Bytes | Digest |
            | --- | --- | --- | --- |
            | iris | 1 | 26 | `\(data)` |

            ## Stages

            | Stage | Kind | Action key |
            | --- | --- | --- |
            | train | train | `\(key)` |

            ## Files

            - `model/`: the model
            - `recipe/`: what it is made from; building it again gives the same bytes
            - `samples/`: 1 rows with the predictions that the model gives for them
            - `archive.json`: all of this for programs, with the digest of every file

            """
        #expect(ModelCard.render(Samples.description, task: "classification") == card)
    }

    @Test func `a small opaque model has a short card`() {
        let description = ModelDescription(name: "blob", modelVersion: "2", kind: .opaque, signature: ["format": "pickle```"])
        #expect(
            ModelCard.render(description) == """
                # blob 2

                A model that a command of its workspace made. mlbuild knows its bytes by their digests and does not look inside.

                ## Signature

                ```json
                {
                  "format": "pickle```"
                }
                ```

                ## Files

                - `model/`: the model
                - `recipe/`: what it is made from; building it again gives the same bytes
                - `archive.json`: all of this for programs, with the digest of every file

                """)
    }

    @Test func `metrics in objects get dotted names`() {
        var description = Samples.description
        description.metrics = ["slices": ["sex=f": ["f1": 0.5]], "confusion": [[1, 2], [3, 4]]]
        let card = ModelCard.render(description)
        #expect(card.contains("| slices.sex=f.f1 | 0.5 |\n| confusion | \\[\\[1, 2\\], \\[3, 4\\]\\] |\n"))
    }

    @Test(arguments: [
        ("plain", "plain"), ("log_loss", "log_loss"), ("_a_", "\\_a\\_"), ("a|b", "a\\|b"), ("<script>", "\\<script\\>"),
        ("`x`", "\\`x\\`"),
        ("[a](http://b)", "\\[a\\](http://b)"), ("# a\n# b", "\\# a \\# b"), ("a\\", "a\\\\"), ("a\u{1B}\u{85}\u{2028}b", "a   b"),
        ("**", "\\*\\*"), ("&amp;", "\\&amp;"),
    ])
    func `names cannot change the form of the page`(name: String, expected: String) {
        #expect(ModelCard.escaped(name) == expected)
    }
}
