/// What a difference is likely to be, and what would make it go away.
enum Cause: Hashable {
    case address
    case setOrder
    case dictionaryOrder
    /// The same elements in another order, of a list, of lines, of rows or of members.
    case order(of: String)
    case timeStamp
    /// A number whose last bits differ, by so many units in the last place.
    case rounding(ulps: UInt64)
    case path
    case randomIdentifier
    /// One side refers to an object that it has written already, and the other writes it again.
    case sharing
    case compression
    case owner

    var text: String {
        switch self {
        case .address: "a memory address"
        case .setOrder: "the order of a set"
        case .dictionaryOrder: "the order of a dictionary's keys"
        case .order(let what): "the order of \(what)"
        case .timeStamp: "a time stamp"
        case .rounding(let ulps): "the last bits of a number (\(ulps) ULP), as other threads or kernels give them"
        case .path: "a path of the machine"
        case .randomIdentifier: "a random identifier"
        case .sharing: "whether two values are one object in memory"
        case .compression: "the compression; what is inside is the same"
        case .owner: "who owns the file, or its permissions"
        }
    }

    var remedy: String {
        switch self {
        case .address: "leave out what holds an address, such as 'id(...)' or a default repr; \"addresses\": \"fixed\" keeps it the same"
        case .setOrder: "sort the elements before they are written; a fixed PYTHONHASHSEED keeps the order of strings"
        case .dictionaryOrder: "sort the keys before they are written, or what the dictionary is filled from"
        case .order: "sort before writing: sets, names in a folder and results of threads come in no fixed order"
        case .timeStamp: "leave the time out, or take it from SOURCE_DATE_EPOCH"
        case .rounding:
            "set \"threads\": 1 and keep the kernels of the numeric libraries fixed (OPENBLAS_CORETYPE, MKL_CBWR, NPY_DISABLE_CPU_FEATURES)"
        case .path: "write paths relative to the working folder, and no temporary names"
        case .randomIdentifier: "leave it out, or make it from a seed ('random.seed', matplotlib's 'svg.hashsalt')"
        case .sharing: "write a form without references to objects (JSON, npy, safetensors), or copy values before they are pickled"
        case .compression: "write with the same library, level and strategy, or without compression"
        case .owner: "set owner and permissions of the members before they are packed"
        }
    }
}
