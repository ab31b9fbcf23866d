#include "supervisor.h"
void sandbox_start_feeder(const struct sandbox *box) { (void)box; }
void sandbox_supervise(const struct sandbox *box, int listener, int command) { (void)box; (void)listener; (void)command; }
void sandbox_count_draws(uint64_t *draws, uint64_t *bytes) { *draws = *bytes = 0; }
