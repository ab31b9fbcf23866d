/// The opcodes of pickle's protocols 0 to 5, and what follows each of them.
enum PickleOpcode: UInt8 {
    case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, dup = 0x32, float = 0x46, int = 0x49, binint = 0x4A, binint1 = 0x4B
    case long = 0x4C, binint2 = 0x4D, none = 0x4E, persid = 0x50, binpersid = 0x51, reduce = 0x52, string = 0x53, binstring = 0x54
    case shortBinstring = 0x55, unicode = 0x56, binunicode = 0x58, append = 0x61, build = 0x62, global = 0x63, dict = 0x64
    case emptyDict = 0x7D, appends = 0x65, get = 0x67, binget = 0x68, inst = 0x69, longBinget = 0x6A, list = 0x6C, emptyList = 0x5D
    case obj = 0x6F, put = 0x70, binput = 0x71, longBinput = 0x72, setitem = 0x73, tuple = 0x74, emptyTuple = 0x29, setitems = 0x75
    case binfloat = 0x47, binbytes = 0x42, shortBinbytes = 0x43
    case proto = 0x80, newobj, ext1, ext2, ext4, tuple1, tuple2, tuple3, newtrue, newfalse, long1, long4
    case shortBinunicode = 0x8C, binunicode8, binbytes8, emptySet, additems, frozenset, newobjEx, stackGlobal, memoize, frame
    case bytearray8, nextBuffer, readonlyBuffer

    enum Argument {
        case nothing
        /// So many bytes.
        case fixed(Int)
        /// A length of so many bytes, little-endian, then as many bytes as it says.
        case counted(Int)
        case lines(Int)
    }

    var argument: Argument {
        switch self {
        case .mark, .stop, .pop, .popMark, .dup, .none, .binpersid, .reduce, .append, .build, .dict, .emptyDict, .appends, .list,
            .emptyList, .obj, .setitem, .tuple, .emptyTuple, .setitems, .newobj, .tuple1, .tuple2, .tuple3, .newtrue, .newfalse, .emptySet,
            .additems, .frozenset, .newobjEx, .stackGlobal, .memoize, .nextBuffer, .readonlyBuffer:
            .nothing
        case .binint1, .binget, .binput, .proto, .ext1: .fixed(1)
        case .binint2, .ext2: .fixed(2)
        case .binint, .longBinget, .longBinput, .ext4: .fixed(4)
        case .binfloat, .frame: .fixed(8)
        case .shortBinstring, .shortBinbytes, .long1, .shortBinunicode: .counted(1)
        case .binstring, .binunicode, .binbytes, .long4: .counted(4)
        case .binunicode8, .binbytes8, .bytearray8: .counted(8)
        case .float, .int, .long, .persid, .string, .unicode, .get, .put: .lines(1)
        case .global, .inst: .lines(2)
        }
    }

    /// The name in Python's `pickletools`.
    var name: String {
        switch self {
        case .mark: "MARK"
        case .stop: "STOP"
        case .pop: "POP"
        case .popMark: "POP_MARK"
        case .dup: "DUP"
        case .float: "FLOAT"
        case .int: "INT"
        case .binint: "BININT"
        case .binint1: "BININT1"
        case .long: "LONG"
        case .binint2: "BININT2"
        case .none: "NONE"
        case .persid: "PERSID"
        case .binpersid: "BINPERSID"
        case .reduce: "REDUCE"
        case .string: "STRING"
        case .binstring: "BINSTRING"
        case .shortBinstring: "SHORT_BINSTRING"
        case .unicode: "UNICODE"
        case .binunicode: "BINUNICODE"
        case .append: "APPEND"
        case .build: "BUILD"
        case .global: "GLOBAL"
        case .dict: "DICT"
        case .emptyDict: "EMPTY_DICT"
        case .appends: "APPENDS"
        case .get: "GET"
        case .binget: "BINGET"
        case .inst: "INST"
        case .longBinget: "LONG_BINGET"
        case .list: "LIST"
        case .emptyList: "EMPTY_LIST"
        case .obj: "OBJ"
        case .put: "PUT"
        case .binput: "BINPUT"
        case .longBinput: "LONG_BINPUT"
        case .setitem: "SETITEM"
        case .tuple: "TUPLE"
        case .emptyTuple: "EMPTY_TUPLE"
        case .setitems: "SETITEMS"
        case .binfloat: "BINFLOAT"
        case .binbytes: "BINBYTES"
        case .shortBinbytes: "SHORT_BINBYTES"
        case .proto: "PROTO"
        case .newobj: "NEWOBJ"
        case .ext1: "EXT1"
        case .ext2: "EXT2"
        case .ext4: "EXT4"
        case .tuple1: "TUPLE1"
        case .tuple2: "TUPLE2"
        case .tuple3: "TUPLE3"
        case .newtrue: "NEWTRUE"
        case .newfalse: "NEWFALSE"
        case .long1: "LONG1"
        case .long4: "LONG4"
        case .shortBinunicode: "SHORT_BINUNICODE"
        case .binunicode8: "BINUNICODE8"
        case .binbytes8: "BINBYTES8"
        case .emptySet: "EMPTY_SET"
        case .additems: "ADDITEMS"
        case .frozenset: "FROZENSET"
        case .newobjEx: "NEWOBJ_EX"
        case .stackGlobal: "STACK_GLOBAL"
        case .memoize: "MEMOIZE"
        case .frame: "FRAME"
        case .bytearray8: "BYTEARRAY8"
        case .nextBuffer: "NEXT_BUFFER"
        case .readonlyBuffer: "READONLY_BUFFER"
        }
    }
}
