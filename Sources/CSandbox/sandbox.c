#include "CSandbox.h"

const int32_t sandbox_policy_version = 1;
