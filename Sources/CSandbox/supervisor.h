/// What the init of a sandbox does for the filter: it gives random bytes, and notes what is asked for.
#ifndef MLBUILD_CSANDBOX_SUPERVISOR_H
#define MLBUILD_CSANDBOX_SUPERVISOR_H

#include "sandbox.h"

/// Starts what fills `/dev/urandom`, once that is opened. Call it with all capabilities and before the command starts.
void sandbox_start_feeder(const struct sandbox *box);
/// Answers one notification of the filter. `command` is the identifier of the command's process.
void sandbox_supervise(const struct sandbox *box, int listener, int command);
/// Requests for random bytes so far, and how many bytes were given.
void sandbox_count_draws(uint64_t *draws, uint64_t *bytes);

#endif
