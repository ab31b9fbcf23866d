import Numerics
import Platform
import Testing

@testable import Environments

struct ElfFileTests {
    private static func text(_ names: [[UInt8]]) -> [String] { names.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `all that a file says about loading is read`() throws {
        let file = SmallElf(
            interpreter: "/lib/ld.so.1", needed: ["libb.so", "liba.so"], name: "libc.so.3", runpath: "$ORIGIN/../lib:/opt/lib",
            rpath: "/old")
        let elf = try ElfFile(file.bytes)
        #expect(elf.machine == file.machine)
        #expect(elf.interpreter == Array("/lib/ld.so.1".utf8))
        #expect(Self.text(elf.needed) == ["libb.so", "liba.so"])
        #expect(elf.name == Array("libc.so.3".utf8))
        #expect(Self.text(elf.runpath) == ["$ORIGIN/../lib", "/opt/lib"])
        #expect(Self.text(elf.rpath) == ["/old"])
    }

    @Test func `a program of this machine is read as the loader reads it`() throws {
        let elf = try ElfFile(Files.read(Files.resolved(HostPath("/bin/sh"))))
        #expect(Self.text(elf.needed).contains { $0.hasPrefix("libc.") })
        let loader = try #require(elf.interpreter)
        #expect(try Files.status(HostPath(bytes: loader))?.kind == .regular)
    }

    @Test func `other files are refused by what they are`() {
        #expect(throws: ElfFile.Fault.notElf) { try ElfFile([]) }
        #expect(throws: ElfFile.Fault.notElf) { try ElfFile(Array("#!/bin/sh\n".utf8)) }
        var small = SmallElf().bytes
        #expect(throws: ElfFile.Fault.foreignClass) { try ElfFile(Array(small[..<63])) }
        small[4] = 1
        #expect(throws: ElfFile.Fault.foreignClass) { try ElfFile(small) }
        small[4] = 2
        small[16] = 1
        #expect(throws: ElfFile.Fault.header) { try ElfFile(small) }
    }

    @Test func `tables that lead out of the file are refused`() {
        // The table of segments, the segments' own offsets, the strings' address and size, and the names' places.
        for (place, fault) in [(32, ElfFile.Fault.segments), (64 + 56 + 8, .dynamic)] {
            var bytes = SmallElf(needed: ["liba.so"]).bytes
            for index in place..<place + 7 { bytes[index] = 0xFF }
            #expect(throws: fault, "\(place)") { try ElfFile(bytes) }
        }
        let dynamic = 64 + 2 * 56
        for entry in 0..<3 {
            var bytes = SmallElf(needed: ["liba.so"]).bytes
            for index in 0..<8 { bytes[dynamic + entry * 16 + 8 + index] = 0xFF }
            #expect(throws: ElfFile.Fault.strings, "\(entry)") { try ElfFile(bytes) }
        }
    }

    @Test func `no changed byte traps`() throws {
        let random = RandomStream(seed: 7, purpose: "elf")
        var index: UInt64 = 0
        func next(_ limit: Int) -> Int {
            index += 1
            return Int(random.bits(index) % UInt64(limit))
        }
        let small = SmallElf(interpreter: "/lib/ld.so.1", needed: ["liba.so", "libb.so"], name: "x", runpath: "$ORIGIN:/a", rpath: "/b")
            .bytes
        for place in small.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var bytes = small
                bytes[place] = value
                _ = try? ElfFile(bytes)
            }
            _ = try? ElfFile(Array(small[..<place]))
        }
        let real = try Files.read(Files.resolved(HostPath("/bin/sh")))
        var read = 0
        for _ in 0..<2000 {
            var bytes = real
            // Where the headers and the dynamic section's strings are.
            for _ in 0..<(1 + next(8)) { bytes[next(min(4096, bytes.count))] = UInt8(truncatingIfNeeded: next(256)) }
            if (try? ElfFile(bytes)) != nil { read += 1 }
        }
        #expect(read > 0)
    }
}
