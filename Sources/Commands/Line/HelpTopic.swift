internal import Running

/// What `mlbuild help` explains besides the commands.
package enum HelpTopic: String, CaseIterable, Sendable {
    case manifest
    case variations

    package var text: String {
        switch self {
        case .manifest: Self.manifestText
        case .variations: Self.variationsText
        }
    }

    /// The example in the text on manifests.
    package static let example = """
        {
          "version": 1,
          "name": "penguins",
          "parameters": { "seed": 42 },
          "data": { "rows": { "path": "data/rows.csv" } },
          "stages": {
            "split": { "uses": "split", "inputs": { "table": "data.rows" }, "with": { "seed": "${seed}" } },
            "train": { "uses": "train", "inputs": { "table": "split.train" }, "with": { "target": "species" } },
            "count": { "run": "wc -l < ${inputs.rows} > ${outputs.text}",
                       "inputs": { "rows": "split.test" }, "outputs": { "text": "count.txt" } }
          },
          "model": { "from": "train.model", "version": "1.0.0" }
        }
        """

    private static var manifestText: String {
        """
        mlops.json: what a workspace is made of

        \(example)

          version       1
          name          name of the workspace and of its archives
          parameters    values that stages take as ${name}, in 'with' and 'run'
          data          files and folders from outside, pinned in mlops.lock
          environment   Python, packages and programs that commands find
          environments  further ones, by name
          stages        a kind ('uses': split, train, evaluate, predict, explain) or a command ('run')
          model         what 'package' ships, and the gates that it must meet
          deployment    how the model is served

        An input is 'data.NAME', 'STAGE.OUTPUT' or './path'.

        'mlbuild check' says all that is wrong; 'mlbuild init --list' names templates to start from.
        Every key: Specs/manifest.md in mlbuild's sources, and beside it manifest.schema.json for editors.

        """
    }

    private static var variationsText: String {
        var text = """
            Variations: what 'mlbuild build --vary' does differently, to show that a result does not depend on it


            """
        for variation in Variation.allCases {
            let name = variation.rawValue
            text += "  \(name)\(String(repeating: " ", count: max(1, 14 - name.utf8.count)))run \(variation.phrase)\n"
        }
        return text + """

            'build --check' runs each stage 'again': R1 when the bytes are the same. '--vary' tries all others too: R2 when they
            make no difference, R3 when 'kernels' makes none either. '--vary=threads,time-zone' tries only these.
            'mlbuild status' shows the level of each result. The whole page: Specs/determinism.md in mlbuild's sources.

            """
    }
}
