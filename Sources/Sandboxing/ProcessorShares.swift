internal import CSandbox

/// Which of this machine's processors are given to how many sandboxes, so that each gets the least used ones.
struct ProcessorShares {
    private var available: [Int] = []
    private var uses: [Int] = []

    init() {
        var words = [UInt64](repeating: 0, count: Int(SANDBOX_CPU_WORDS))
        _ = sandbox_cpus(&words)
        for processor in 0..<words.count * 64 where words[processor / 64] >> UInt64(processor % 64) & 1 == 1 {
            available.append(processor)
        }
        uses = [Int](repeating: 0, count: available.count)
    }

    /// Takes `count` of them, or all where there are fewer.
    mutating func take(_ count: Int) -> [Int] {
        let order = available.indices.sorted { (uses[$0], $0) < (uses[$1], $1) }
        let taken = order.prefix(max(1, count))
        for index in taken { uses[index] += 1 }
        return taken.map { available[$0] }
    }

    mutating func giveBack(_ share: [Int]) {
        for processor in share {
            if let index = available.firstIndex(of: processor) { uses[index] -= 1 }
        }
    }
}
