import CPlatform
import Platform

/// What stands beside the door in a child: sees every call, and may change or leave out some.
class DoorTwin {
    /// Before the call is made; true leaves it out, with `result` as its result.
    func before(_ call: inout platform_call) -> Bool { false }

    /// After it was made.
    func after(_ call: inout platform_call) {}

    /// Lets it see the calls of a plan; for the life of the process.
    final func attach(to plan: FaultPlan) {
        let context = Unmanaged.passRetained(self).toOpaque()
        platform_plan_watch(
            plan.plan,
            { context, call, isAfter in
                let twin = Unmanaged<DoorTwin>.fromOpaque(context!).takeUnretainedValue()
                if isAfter != 0 {
                    twin.after(&call.pointee)
                    return 0
                }
                return twin.before(&call.pointee) ? 1 : 0
            }, context)
    }
}
