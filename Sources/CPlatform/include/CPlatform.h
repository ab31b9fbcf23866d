/// What Swift cannot say, or says too slowly: the table of calls that change persistent state, stat in bulk, signals, child processes.
///
/// Every function that can fail returns 0 or a count, or a negated errno; errno itself is never part of the interface.
#ifndef MLBUILD_CPLATFORM_H
#define MLBUILD_CPLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define NULLABLE _Nullable
#define NONNULL _Nonnull

// MARK: Entry points. A fault plan of the calling thread is asked before each one that it counts.

/// The calls that a fault plan can count, as bits.
enum platform_operation {
    PLATFORM_OPEN = 1 << 0,      ///< open for writing or creation
    PLATFORM_WRITE = 1 << 1,     ///< write, pwrite, copy_file_range, FICLONE
    PLATFORM_SYNC = 1 << 2,      ///< fsync, syncfs
    PLATFORM_RENAME = 1 << 3,    ///< rename
    PLATFORM_LINK = 1 << 4,      ///< link, symlink
    PLATFORM_REMOVE = 1 << 5,    ///< unlink, rmdir
    PLATFORM_MKDIR = 1 << 6,     ///< mkdir
    PLATFORM_CHMOD = 1 << 7,     ///< fchmod, chmod
    PLATFORM_TRUNCATE = 1 << 8,  ///< ftruncate
    PLATFORM_LOCK = 1 << 9,      ///< flock
    PLATFORM_OPEN_READ = 1 << 10,  ///< open for reading; changes nothing, counted only when asked for
    PLATFORM_READ = 1 << 11,       ///< read; changes nothing, counted only when asked for
    PLATFORM_LOOK = 1 << 12,       ///< stat; changes nothing, counted only when asked for
};

/// What a fault plan does when its call comes.
enum platform_fault {
    PLATFORM_FAIL_ONCE = 0,
    PLATFORM_FAIL_EVER = 1,
    PLATFORM_KILL_BEFORE = 2,
    PLATFORM_KILL_AFTER = 3,
    PLATFORM_SHORTEN = 4,  ///< a transfer moves one byte only
    PLATFORM_TEAR = 5,     ///< a transfer moves a half, then the process is killed
};

/// One call as a twin sees it. What a call has not is zero; paths are relative to `folder`, as the kernel takes them.
struct platform_call {
    uint32_t operation;
    int folder;
    int file;
    /// The file that a clone or a copy reads.
    int from;
    const char *NULLABLE path;
    const char *NULLABLE target;
    /// What is written, or the text of a link.
    const void *NULLABLE bytes;
    size_t count;
    int flags;
    uint32_t mode;
    /// For a sync: of the whole file system.
    int is_whole;
    /// For a change of mode: of times instead.
    int is_times;
    /// For a write: at `offset`, and not where the last one ended.
    int is_placed;
    int64_t offset;
    struct stat *NULLABLE status;
    long result;
};

/// Stands beside the door: sees each call of a plan's threads before and after it is made.
///
/// Before, it may change flags and modes; with a value that is not 0 the call is not made, and `result` is its result. After, it may
/// change the result.
typedef int platform_twin(void *NULLABLE context, struct platform_call *NONNULL call, int is_after);

struct platform_plan;

/// A plan that acts on the `at`-th counted call (from 1; 0 never acts and only counts).
struct platform_plan *NULLABLE platform_plan_create(uint32_t operations, int fault, int64_t at, int error);
void platform_plan_free(struct platform_plan *NONNULL plan);
/// Lets `twin` see every call of the plan's threads, counted or not; before the plan is put on a thread.
void platform_plan_watch(struct platform_plan *NONNULL plan, platform_twin *NONNULL twin, void *NULLABLE context);
int64_t platform_plan_count(const struct platform_plan *NONNULL plan);
/// Puts a plan on the calling thread, or takes it off; gives the plan that was there.
struct platform_plan *NULLABLE platform_plan_set(struct platform_plan *NULLABLE plan);

int platform_open(int folder, const char *NONNULL path, int flags, uint32_t mode);
long platform_read(int file, void *NONNULL bytes, size_t count);
long platform_write(int file, const void *NONNULL bytes, size_t count);
/// Writes at an offset, without moving the place where the next write begins.
long platform_write_at(int file, const void *NONNULL bytes, size_t count, int64_t offset);
int platform_clone(int to, int from);
long platform_copy_range(int from, int to, size_t count);
int platform_fsync(int file);
int platform_syncfs(int file);
int platform_rename(const char *NONNULL from, const char *NONNULL to, uint32_t flags);
/// As rename without replacing, with `from` relative to an open folder.
int platform_move_out(int folder, const char *NONNULL from, const char *NONNULL to);
int platform_link(const char *NONNULL from, const char *NONNULL to);
int platform_symlink(const char *NONNULL target, const char *NONNULL path);
int platform_remove(int folder, const char *NONNULL path, int flags);
int platform_mkdir(const char *NONNULL path, uint32_t mode);
int platform_fchmod(int file, uint32_t mode);
int platform_chmod(const char *NONNULL path, uint32_t mode);
/// Sets the times of last access and change of content to `seconds` since 1970; with a NULL path those of the open file `folder`.
int platform_set_times(int folder, const char *NULLABLE path, int64_t seconds);
/// Sets the time of last access to now, by the file system's clock, and leaves that of content.
int platform_touch(const char *NONNULL path);
int platform_ftruncate(int file, int64_t size);
int platform_flock(int file, int operation);

/// Gives a lock back, also where a child process that has not yet begun its program shares the descriptor.
void platform_unlock(int file);

/// Opens `path`, relative and below an open folder, through no symbolic link at all: one on the way or at the end is ELOOP.
int platform_open_beneath(int folder, const char *NONNULL path, int flags);
/// The text of the link that was opened as `file`; its length, or a negated errno.
long platform_read_link(int file, char *NONNULL text, size_t capacity);

/// Whether anybody has the file, which is open for reading, open for writing or mapped to be written to: 1 or 0; a negated errno where nobody can say.
int platform_has_writers(int file);

/// Starts writing a file's dirty pages without waiting; a hint that cannot fail.
void platform_start_writeback(int file);
/// A second descriptor of the same open file, close-on-exec; or a negative errno.
int platform_duplicate(int file);
void platform_close(int file);
int platform_stat(int folder, const char *NONNULL path, int flags, struct stat *NONNULL status);
int platform_fstat(int file, struct stat *NONNULL status);
const char *NULLABLE platform_error_text(int error);

// MARK: Signatures in bulk. A signature is 5 little-endian 64-bit words: device, inode, size, mtime and ctime in nanoseconds.

enum { PLATFORM_SIGNATURE_BYTES = 40 };

/// Writes the signature of each NUL-terminated path in `paths` to `signatures`; zeros for a path that does not exist.
/// Gives the number of paths, or a negated errno of the first other failure.
long platform_signatures(
    int folder, const char *NONNULL paths, size_t bytes, int follow, unsigned char *NONNULL signatures, size_t capacity);

/// The index of the first path whose signature is not the one in `signatures`; -1 when all are.
/// Buffers that do not fit together differ at 0.
long platform_first_difference(
    int folder, const char *NONNULL paths, size_t bytes, int follow, const unsigned char *NONNULL signatures, size_t capacity);

// MARK: Signals

/// SIGINT and SIGTERM are remembered, a second one kills; SIGPIPE is ignored; closed standard descriptors become /dev/null.
void platform_install_signals(void);
/// The signal that was received, or 0.
int platform_received_signal(void);
/// Forgets the received signal; for tests.
void platform_forget_signal(void);
/// Dies as a program does whose output nobody reads any more.
void platform_die_of_broken_pipe(void);

// MARK: Threads and host

/// Starts a joinable thread with the given stack size that never receives SIGINT or SIGTERM; 0 or a negated errno.
int platform_thread_start(
    unsigned long *NONNULL thread, size_t stack, void *NULLABLE (*NONNULL body)(void *NULLABLE), void *NULLABLE argument);
void platform_thread_join(unsigned long thread);
int platform_core_count(void);
/// Columns of the terminal behind `file`, or 0.
int platform_terminal_width(int file);
int64_t platform_clock(int wall);
void platform_sleep(int64_t nanoseconds);
long platform_random(void *NONNULL bytes, size_t count);
/// The level of the x86-64 psABI that the processor and the system together reach, 1 to 4; 0 on other architectures.
int platform_processor_level(void);

// MARK: Sockets. None of them blocks; waiting is a call of its own, which a remembered signal ends with -EINTR.

enum { PLATFORM_SOCKET_READ = 1, PLATFORM_SOCKET_WRITE = 2 };

/// What platform_connect gives beside descriptors and negated errnos.
enum { PLATFORM_UNKNOWN_HOST = -100001, PLATFORM_RESOLVER_BUSY = -100002 };

/// A TCP connection to the first address of `host` that takes one, within `milliseconds` for all; looking the name up takes its own time.
int platform_connect(const char *NONNULL host, const char *NONNULL port, int milliseconds);
/// Which of `events` can go on without waiting; 0 when none could within `milliseconds`.
int platform_socket_wait(int socket, int events, int milliseconds);
/// At most `count` bytes; 0 at the end, -EAGAIN when there are none yet.
long platform_receive(int socket, void *NONNULL bytes, size_t count);
long platform_send(int socket, const void *NONNULL bytes, size_t count);
/// A socket that takes connections from this machine alone, at a free port.
int platform_listen(int *NONNULL port);
int platform_accept(int socket);
/// Says that nothing more will be sent.
void platform_shut(int socket);
/// Reads at an offset, without moving the place where the next read begins.
long platform_read_at(int file, void *NONNULL bytes, size_t count, int64_t offset);

// MARK: Child processes

/// Starts `arguments[0]` (found through PATH when it has no slash) with the three descriptors as its standard ones, no others,
/// default signal actions and, when given, `folder` as its working directory; in a session and process group of its own when
/// asked for. 0 or a negated errno.
int platform_spawn(
    int *NONNULL process, const char *NULLABLE const *NONNULL arguments, const char *NULLABLE const *NONNULL environment,
    const char *NULLABLE folder, int input, int output, int error, int own_session);
/// As platform_spawn, in a session of its own and below a guard, which `process` is: when the calling thread ends in any way, or the
/// guard gets SIGTERM, all that is in the guard's process group is killed, the program first. The guard ends as the program does.
int platform_spawn_guarded(
    int *NONNULL process, const char *NULLABLE const *NONNULL arguments, const char *NULLABLE const *NONNULL environment,
    const char *NULLABLE folder, int input, int output, int error);
/// Starts a program that has the socket `network` as its standard input and one end of a pair of sockets as its standard output, in a
/// session of its own, without any variable of the environment; `tunnel` is our end. 0 or a negated errno.
int platform_spawn_tunnel(int *NONNULL process, const char *NULLABLE const *NONNULL arguments, int network, int *NONNULL tunnel);
/// Two descriptors of a pipe, both close-on-exec, ours not blocking. `parent_reads` says which end is ours.
int platform_pipe(int *NONNULL ends, int parent_reads);
/// Waits for `process`; gives its exit status, or 256 + the signal that ended it, or a negated errno.
int platform_wait(int process);
int platform_kill(int process, int signal);
const char *NULLABLE const *NULLABLE platform_environment(void);

#endif
