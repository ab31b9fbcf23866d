#ifndef MLBUILD_CSANDBOX_H
#define MLBUILD_CSANDBOX_H

#include <stdint.h>

/// The version of what a sandbox shows and allows; part of the keys of commands.
extern const int32_t sandbox_policy_version;

#endif
