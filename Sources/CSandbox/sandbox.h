/// What the files of this target share: a sandbox as its own first process sees it.
#ifndef MLBUILD_CSANDBOX_SANDBOX_H
#define MLBUILD_CSANDBOX_SANDBOX_H

#include <stdbool.h>

#include "CSandbox.h"
#include "calls.h"

enum { SANDBOX_DEVICES = 6 };

struct sandbox {
    const struct sandbox_request *request;
    /// Where the offsets of the request count from.
    const char *block;
    int channel;
    /// Standard output and error; with `SANDBOX_TERMINAL` standard input too.
    int output;
    /// The caller's own user and group, outside.
    uint32_t outer_user, outer_group;
    /// Kept open from the time before the root changed; negative where they could not be opened.
    int last_process, highest_process;
    /// Made before the request came: the sandbox's own `/proc` (-1 with the host's processes) and its memory, and the host's
    /// devices. They belong nowhere yet.
    int processes, memory, devices[SANDBOX_DEVICES];
};

/// Of the user that sandboxes are prepared for.
enum { SANDBOX_USUAL_USER = 1000 };

static inline const char *sandbox_text(const struct sandbox *box, uint32_t offset) { return box->block + offset; }

static inline bool sandbox_protects(const struct sandbox *box, uint32_t bit) { return (box->request->protections & bit) != 0; }

static inline bool sandbox_has(const struct sandbox *box, uint32_t flag) { return (box->request->flags & flag) != 0; }

/// Writes `name` in quotes behind `words`, cut where it is too long; gives the length.
size_t sandbox_words(char *text, size_t room, const char *words, const char *name);
/// Sends a message; its text's length is `length`.
void sandbox_send(int channel, const struct sandbox_message *message, size_t length, int file);
/// Says what step failed, and ends the process. Where no request has come yet, it waits for the one who asks.
_Noreturn void sandbox_fail(const struct sandbox *box, uint32_t kind, const char *words, const char *name, long result);
_Noreturn void sandbox_exit(int status);

/// Descriptors of a sandbox's first process that stay open while it is made; all others are closed together.
enum { SANDBOX_CHANNEL = 60, SANDBOX_OUTPUT = 61, SANDBOX_LAST_PROCESS = 62, SANDBOX_HIGHEST_PROCESS = 63 };
void sandbox_close_others(void);

/// setup.c: what needs of the request only its protections and its user, so that it can be done before one comes.
void sandbox_prepare(struct sandbox *box);
/// mounts.c: the part of it that makes file systems.
void sandbox_prepare_mounts(struct sandbox *box);
/// setup.c: user and host name; mounts.c: the root and all that lies in it.
void sandbox_set_up_identity(struct sandbox *box);
void sandbox_set_up_mounts(struct sandbox *box);
/// Sets where the numbers of processes start and end, as far as the request says so.
void sandbox_number_processes(struct sandbox *box);
/// init.c: starts the command, waits, reports, ends.
_Noreturn void sandbox_init(struct sandbox *box);
/// privileges.c: takes from programs what they could get back by being run; it takes nothing from this process.
void sandbox_bound_privileges(const struct sandbox *box);
void sandbox_set_limits(const struct sandbox *box);
void sandbox_lock_privileges(const struct sandbox *box);
void sandbox_drop_capabilities(const struct sandbox *box, uint64_t kept);
/// filter.c: puts the filter on the calling process; gives the listener's descriptor, -1 for none, or a negated errno - 1.
long sandbox_filter(const struct sandbox *box);

#endif
