/// Calls of the fault bench that Swift cannot make.
#ifndef MLBUILD_CFAULTBENCH_H
#define MLBUILD_CFAULTBENCH_H

#include <stddef.h>

/// This process gets the children of its children that lost their parents.
void bench_adopt_orphans(void);
/// This process is killed when its parent ends.
void bench_die_with_parent(void);
/// Whether some bytes stand among others.
int bench_holds(const void *bytes, size_t count, const void *part, size_t length);
/// A new file without a name, in memory.
int bench_memory_file(void);
/// Stops a file system as a power cut does: nothing that waits in memory is written any more. 0 or a negated errno.
int bench_cut_power(int folder);
/// Mounts of this process are its own from here on, and end with it; 0 or a negated errno.
int bench_own_mounts(void);

#endif
