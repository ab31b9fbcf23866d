/// Sandboxes of Linux: a spawner process, the init of each sandbox, and the caller's side of both.
///
/// Every function that can fail returns 0 or a count, or a negated errno; errno itself is never part of the interface.
/// What a sandbox shows and allows is Specs/sandbox.md.
#ifndef MLBUILD_CSANDBOX_H
#define MLBUILD_CSANDBOX_H

#include <stddef.h>
#include <stdint.h>

/// The version of what a sandbox shows and allows; part of the keys of commands.
extern const int32_t sandbox_policy_version;

// MARK: The request: one flat block. Offsets count from its start; texts end in a zero byte.

/// Bits of `sandbox_request.protections`; see `Protections`.
enum sandbox_protection {
    SANDBOX_OWN_ROOT = 1 << 0,
    SANDBOX_READ_ONLY_ROOT = 1 << 1,
    SANDBOX_READ_ONLY_INPUTS = 1 << 2,
    SANDBOX_OWN_PROCESSES = 1 << 3,
    SANDBOX_OWN_NETWORK = 1 << 4,
    SANDBOX_OWN_MESSAGES = 1 << 5,
    SANDBOX_OWN_HOST_NAME = 1 << 6,
    SANDBOX_NO_NEW_PRIVILEGES = 1 << 7,
    SANDBOX_NO_CAPABILITIES = 1 << 8,
    SANDBOX_CALL_FILTER = 1 << 9,
    SANDBOX_CLOSED_DESCRIPTORS = 1 << 10,
    SANDBOX_LIMITS = 1 << 11,
    SANDBOX_DEAD_AFTERWARDS = 1 << 12,
};

enum sandbox_flag {
    SANDBOX_FIXED_ADDRESSES = 1 << 0,
    SANDBOX_DERIVED_ENTROPY = 1 << 1,
    SANDBOX_OBSERVES = 1 << 2,
    SANDBOX_TERMINAL = 1 << 3,
    /// The root lacks the work folder's first component: `/` is a private layer over the root's entries.
    SANDBOX_LAYERED_ROOT = 1 << 4,
    /// The request's block is not in the packet: it is the memory behind the third descriptor that comes along.
    SANDBOX_IN_MEMORY = 1 << 5,
};

enum sandbox_mount_kind { SANDBOX_FOLDER = 0, SANDBOX_FILE = 1, SANDBOX_TEXT = 2 };

struct sandbox_mount {
    uint32_t kind;
    /// The path of a folder or file, or a text's bytes.
    uint32_t source;
    /// Of a text.
    uint32_t length;
    /// Absolute, inside.
    uint32_t path;
    uint32_t is_writable;
    uint32_t unused;
    /// What must lie at a file's path.
    uint64_t device, inode;
};

enum { SANDBOX_CPU_WORDS = 16 };

struct sandbox_request {
    /// Of the whole block, in bytes.
    uint32_t size;
    uint32_t protections;
    uint32_t flags;
    uint32_t user;
    /// 0 for the first free one.
    uint32_t process;
    uint32_t unused;
    /// UINT64_MAX for none.
    uint64_t memory, processes, file_size;
    uint64_t cpus[SANDBOX_CPU_WORDS];
    uint8_t key[32];
    uint32_t root, work, work_folder, host_name;
    /// Offsets of arrays, and their counts: `struct sandbox_mount`, then offsets of texts.
    uint32_t mounts, mount_count;
    uint32_t arguments, argument_count;
    uint32_t variables, variable_count;
    /// The value of `PATH`, or 0.
    uint32_t search_path;
};

// MARK: What comes back through the channel, one packet each.

enum sandbox_message_kind {
    /// With the descriptor of the sandbox's first process.
    SANDBOX_STARTED = 1,
    /// `code` is the errno of making the namespaces.
    SANDBOX_NO_NAMESPACES = 2,
    /// `code` is the errno, the text the step.
    SANDBOX_NOT_SET_UP = 3,
    /// `code` is the errno.
    SANDBOX_NO_PROGRAM = 4,
    /// `code` is a `sandbox_access_kind`, the text the path.
    SANDBOX_ACCESS = 5,
    /// `code` is the wait status; the text holds the names of what was left, each ended by a zero byte.
    SANDBOX_ENDED = 6,
    /// `code` is the number of a mount whose file does not lie at its path any more.
    SANDBOX_FILE_MOVED = 7,
};

enum sandbox_access_kind { SANDBOX_OPEN = 0, SANDBOX_WRITE = 1, SANDBOX_LOOK = 2, SANDBOX_EXECUTE = 3 };

enum { SANDBOX_TEXT_BYTES = 4096 };

struct sandbox_message {
    uint32_t kind;
    int32_t code;
    uint64_t draws;
    uint64_t drawn_bytes;
    char text[SANDBOX_TEXT_BYTES];
};

// MARK: The caller's side

/// Forks the spawner; gives the descriptor that holds it, and its process. It ends when the descriptor is closed.
int sandbox_start(int *_Nonnull host, int *_Nonnull process);
/// Closes the descriptor and waits for the spawner.
void sandbox_stop(int host, int process);

/// One sandbox as its caller holds it; -1 is no descriptor.
struct sandbox_handle {
    int channel;
    int output;
    int process;
};

/// Asks for a sandbox. With a terminal there is no `output`, and `terminal` is handed in instead.
int sandbox_request_send(
    int host, const void *_Nonnull block, size_t size, int terminal, struct sandbox_handle *_Nonnull handle);
void sandbox_close_channel(struct sandbox_handle *_Nonnull handle);
void sandbox_close_output(struct sandbox_handle *_Nonnull handle);
void sandbox_handle_close(struct sandbox_handle *_Nonnull handle);

enum sandbox_ready { SANDBOX_READY_CHANNEL = 1, SANDBOX_READY_OUTPUT = 2, SANDBOX_READY_DEAD = 4 };

/// Waits for something to do, at most `milliseconds`; gives `sandbox_ready` bits.
int sandbox_wait(const struct sandbox_handle *_Nonnull handle, int milliseconds);
/// Takes one message without waiting: the bytes of its text, or -EAGAIN, or -EPIPE at the end.
long sandbox_receive(struct sandbox_handle *_Nonnull handle, struct sandbox_message *_Nonnull message);
/// Takes output without waiting; 0 at its end, -EAGAIN where there is none for now.
long sandbox_read(const struct sandbox_handle *_Nonnull handle, void *_Nonnull bytes, size_t count);
/// Kills everything in the sandbox; `sandbox_wait` says when it is dead.
void sandbox_kill(const struct sandbox_handle *_Nonnull handle);

/// Puts our own process group back in front of the terminal, after a shell had it.
void sandbox_take_terminal(int terminal);
int sandbox_is_terminal(int file);

/// The CPUs that this process may use, as a mask; gives their count.
int sandbox_cpus(uint64_t *_Nonnull words);

/// Where an open file lies, and what it is; the path's length, or a negated errno. It may lie elsewhere a moment later.
long sandbox_locate(int file, char *_Nonnull path, size_t room, uint64_t *_Nonnull device, uint64_t *_Nonnull inode);
/// Reads at a position; 0 at the end.
long sandbox_read_at(int file, void *_Nonnull bytes, size_t count, uint64_t position);

// MARK: Entropy

/// Writes bytes `position ..< position + count` of one stream of a key.
void sandbox_stream(const uint8_t *_Nonnull key, uint64_t stream, uint64_t position, uint8_t *_Nonnull bytes, size_t count);
/// One block of ChaCha20 (RFC 8439, 2.3).
void sandbox_chacha_block(const uint32_t *_Nonnull key, uint32_t counter, const uint32_t *_Nonnull nonce, uint8_t *_Nonnull block);

#endif
