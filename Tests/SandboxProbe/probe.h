#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include <stddef.h>
#include <stdint.h>

/// What a probe found out; also the exit status of the program.
enum verdict {
    /// The attack worked: the sandbox, if there is one, did not hold.
    WORKED = 0,
    /// The attack was denied.
    DENIED = 1,
    /// What the attack needs is not there: hidden by the sandbox, or lacking on this machine as a whole.
    CANNOT = 2,
    /// The probe was called wrongly.
    MISUSED = 3,
};

/// One attack: its name on the command line, and the words that follow the name (`count` of them, then NULL).
struct probe {
    const char *name;
    int words;
    enum verdict (*run)(char **words);
};

/// Each list ends with a probe without a name.
extern const struct probe reading_probes[], writing_probes[], network_probes[], message_probes[], process_probes[], limit_probes[],
    state_probes[], call_probes[], mount_probes[], helper_probes[];

/// Prints one line, what the probe saw, and gives back `verdict`.
enum verdict say(enum verdict verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// What a call that returned `result` says: worked when it is not negative, else denied, with the reason in words.
enum verdict judge(const char *call, long result);

/// The same where `errno` values other than `EPERM` and `EACCES` show that the kernel's own code was reached.
///
/// For calls that could do harm if they succeeded: they are made with arguments that the kernel refuses after it has let the caller in.
/// `ENOSYS` is what a kernel says that was built without the call, and what a filter may say in its place.
enum verdict reached(const char *call, long result);

/// Worked when the file behind `descriptor` holds the word `canary` in its first bytes; closes it.
enum verdict canary_behind(int descriptor, const char *path);

/// Worked when `path` can be opened and holds the word `canary`.
enum verdict canary_at(const char *path);

/// Waits; the process may be stopped in between.
void wait_milliseconds(long milliseconds);

#endif
