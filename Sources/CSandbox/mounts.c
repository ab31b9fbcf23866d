#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

// Of the new mount calls; <linux/mount.h> cannot be included beside <sys/mount.h> everywhere.
enum {
    TREE_CLONE = 1,
    TREE_RECURSIVE = 0x8000,
    MOVE_FROM_EMPTY = 0x4,
    MOVE_TO_EMPTY = 0x40,
    CONFIG_STRING = 1,
    CONFIG_CREATE = 6,
    CONFIG_CHANGE = 7,
    PICK_EMPTY = 0x8,
    NO_LINKS = 0x06,  // RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
    ATTRIBUTE_READ_ONLY = 0x1,
    ATTRIBUTE_NO_SETUID = 0x2,
    ATTRIBUTE_NO_DEVICES = 0x4,
    ATTRIBUTE_NO_EXECUTION = 0x8,
};

struct attributes {
    uint64_t set, clear, propagation, user_namespace;
};

struct way {
    uint64_t flags, mode, resolve;
};

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
enum { FIRST_RANDOM = 3, TERMINAL_DEVICE = 5, LAYER_ENTRIES = 512 };

_Noreturn static void fail(const struct sandbox *box, const char *words, const char *name, long result) {
    sandbox_fail(box, SANDBOX_NOT_SET_UP, words, name, result);
}

/// A copy of the mounts at `path`, belonging nowhere yet.
static long tree(const struct sandbox *box, int folder, const char *path, int flags, const char *shown) {
    long result = CALL3(CALL_OPEN_TREE, folder, path, TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC | flags);
    if (result < 0) fail(box, "mount", shown, result);
    return result;
}

static void restrict_tree(const struct sandbox *box, long tree, uint64_t set, bool recursive, const char *shown) {
    // What a program may become by its mode bits is one of the things that can be left out alone.
    if (!sandbox_protects(box, SANDBOX_NO_NEW_PRIVILEGES)) set &= ~(uint64_t)ATTRIBUTE_NO_SETUID;
    struct attributes attributes = {.set = set};
    long result = CALL5(
        CALL_MOUNT_SETATTR, tree, "", AT_EMPTY_PATH | (recursive ? TREE_RECURSIVE : 0), &attributes, sizeof attributes);
    if (result < 0) fail(box, "protect", shown, result);
}

/// Mounts a tree. Both descriptors are closed with all the others in the end.
static void attach(const struct sandbox *box, long tree, long place, const char *shown) {
    long result = CALL5(CALL_MOVE_MOUNT, tree, "", place, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY);
    if (result < 0) fail(box, "mount", shown, result);
}

/// A new file system that belongs nowhere yet; `mode` may be NULL.
static long file_system(const struct sandbox *box, const char *type, const char *mode, uint64_t attributes) {
    long context = CALL2(CALL_FSOPEN, type, 1);
    if (context < 0) fail(box, "mount a file system of type", type, context);
    long result = mode == NULL ? 0 : CALL5(CALL_FSCONFIG, context, CONFIG_STRING, "mode", mode, 0);
    if (result >= 0) result = CALL5(CALL_FSCONFIG, context, CONFIG_CREATE, NULL, NULL, 0);
    if (result >= 0) result = CALL3(CALL_FSMOUNT, context, 1, attributes);
    if (result < 0) fail(box, "mount a file system of type", type, result);
    CALL1(SYS_close, context);
    return result;
}

/// Walks to `path` without following a link, making what is missing; gives an O_PATH descriptor or a negated errno.
static long make_place(const char *path, bool is_folder) {
    long folder = CALL4(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    while (folder >= 0) {
        while (*path == '/') path++;
        char name[256];
        size_t length = strcspn(path, "/");
        if (length == 0) return folder;
        if (length >= sizeof name) return -ENAMETOOLONG;
        memcpy(name, path, length);
        name[length] = 0;
        path += length;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return -EINVAL;
        bool last = path[strspn(path, "/")] == 0;
        long next;
        if (last && !is_folder) {
            long made = CALL4(SYS_openat, folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
            if (made >= 0) CALL1(SYS_close, made);
            if (made < 0 && made != -EEXIST) return made;
            next = CALL4(SYS_openat, folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
            struct stat status;
            if (next >= 0 && CALL2(SYS_fstat, next, &status) == 0 && !S_ISREG(status.st_mode)) return -EEXIST;
        } else {
            next = CALL4(SYS_openat, folder, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC, 0);
            if (next == -ENOENT) {
                long made = CALL3(SYS_mkdirat, folder, name, 0755);
                if (made < 0 && made != -EEXIST) return made;
                next = CALL4(SYS_openat, folder, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC, 0);
            }
        }
        CALL1(SYS_close, folder);
        folder = next;
    }
    return folder;
}

/// The place at an absolute path inside, where something can be mounted; no link on the way is followed.
static long place(const struct sandbox *box, const char *path, bool is_folder) {
    struct way way = {.flags = O_PATH | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0), .resolve = NO_LINKS};
    long result = CALL4(CALL_OPENAT2, AT_FDCWD, path, &way, sizeof way);
    if (result == -ENOENT) result = make_place(path, is_folder);
    if (result < 0) fail(box, "make a place for", path, result);
    return result;
}

/// A tree of one file, which must be the one that the caller holds open; -1 if another lies at its path by now.
///
/// A descriptor of the caller's would not do: its mount belongs to the caller's namespace and cannot be copied from here.
static long file_tree(const struct sandbox *box, const struct sandbox_mount *mount) {
    long tree = CALL3(CALL_OPEN_TREE, AT_FDCWD, sandbox_text(box, mount->source), TREE_CLONE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW);
    if (tree < 0) return -1;
    struct stat found;
    long result = CALL2(SYS_fstat, tree, &found);
    return result >= 0 && found.st_dev == mount->device && found.st_ino == mount->inode ? tree : -1;
}

/// A private file in memory. Its name is covered when `/dev` is.
static long memory_file(const struct sandbox *box, uint32_t number, const struct sandbox_mount *mount, const char *shown) {
    char name[32] = "/dev/texts/";
    for (int i = 0; i < 8; i++) name[11 + i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
    long made = CALL4(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mount->is_writable ? 0644 : 0444);
    if (made < 0) fail(box, "write", shown, made);
    const char *bytes = box->block + mount->source;
    for (uint32_t done = 0; done < mount->length;) {
        long written = CALL3(SYS_write, made, bytes + done, mount->length - done);
        if (written <= 0) fail(box, "write", shown, written == 0 ? -EIO : written);
        done += (uint32_t)written;
    }
    long result = CALL3(CALL_OPEN_TREE, AT_FDCWD, name, TREE_CLONE | O_CLOEXEC);
    if (result < 0) fail(box, "mount", shown, result);
    return result;
}

// MARK: The root

/// What lies directly in the root, when `/` is a layer of our own.
struct layer {
    int count;
    struct {
        char name[256];
        int tree;
        bool is_link, is_folder;
        char target[1024];
    } entries[LAYER_ENTRIES];
};

/// What every root has, empty: the layer has its own.
static const char *const own_folders[] = {"dev", "proc", "tmp", "home", "work"};
enum { OWN_FOLDERS = 5 };

static bool is_own_folder(const char *name) {
    for (int i = 0; i < OWN_FOLDERS; i++) {
        if (strcmp(name, own_folders[i]) == 0) return true;
    }
    return false;
}

static struct layer *read_layer(const struct sandbox *box, const char *root) {
    struct layer *layer = mmap(NULL, sizeof *layer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (layer == MAP_FAILED) fail(box, "list", root, -ENOMEM);
    long folder = CALL4(SYS_openat, AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (folder < 0) fail(box, "list", root, folder);
    char buffer[8192];
    long size;
    while ((size = CALL3(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < size;) {
            struct dirent64 *entry = (struct dirent64 *)(buffer + at);
            at += entry->d_reclen;
            const char *name = entry->d_name;
            if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
            if (sandbox_protects(box, SANDBOX_OWN_ROOT) && is_own_folder(name)) continue;
            struct stat status;
            if (CALL4(SYS_newfstatat, folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
            bool is_link = S_ISLNK(status.st_mode), is_folder = S_ISDIR(status.st_mode);
            if (!is_link && !is_folder && !S_ISREG(status.st_mode)) continue;
            if (layer->count == LAYER_ENTRIES) fail(box, "list", root, -E2BIG);
            int index = layer->count++;
            memcpy(layer->entries[index].name, name, strlen(name) + 1);
            layer->entries[index].is_link = is_link;
            layer->entries[index].is_folder = is_folder;
            if (is_link) {
                CALL4(SYS_readlinkat, folder, name, layer->entries[index].target, sizeof layer->entries[index].target - 1);
                continue;
            }
            long part = tree(box, (int)folder, name, AT_SYMLINK_NOFOLLOW, name);
            uint64_t set = ATTRIBUTE_NO_SETUID;
            if (sandbox_protects(box, SANDBOX_OWN_ROOT)) set |= ATTRIBUTE_NO_DEVICES;
            if (sandbox_protects(box, SANDBOX_READ_ONLY_ROOT)) set |= ATTRIBUTE_READ_ONLY;
            restrict_tree(box, part, set, true, name);
            layer->entries[index].tree = (int)part;
        }
    }
    if (size < 0) fail(box, "list", root, size);
    return layer;
}

static void lay_layer(const struct sandbox *box, struct layer *layer) {
    for (int i = 0; i < layer->count; i++) {
        const char *name = layer->entries[i].name;
        if (layer->entries[i].is_link) {
            long result = CALL3(SYS_symlinkat, layer->entries[i].target, AT_FDCWD, name);
            if (result < 0) fail(box, "link", name, result);
            continue;
        }
        attach(box, layer->entries[i].tree, make_place(name, layer->entries[i].is_folder), name);
    }
    munmap(layer, sizeof *layer);
}

/// Makes `root`, which belongs nowhere yet, the root, and lets go of the old one.
static void change_root(const struct sandbox *box, long root) {
    // Where it hangs in the old tree does not matter: the work folder is surely there, and all sources are in our hands.
    long staging = CALL4(SYS_openat, AT_FDCWD, sandbox_text(box, box->request->work), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (staging < 0) fail(box, "open", sandbox_text(box, box->request->work), staging);
    long result = CALL5(CALL_MOVE_MOUNT, root, "", staging, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY);
    if (result >= 0) result = CALL1(SYS_fchdir, root);
    // The old root lies on top of the new one at the same place for a moment: no folder for it is needed.
    if (result >= 0) result = CALL2(SYS_pivot_root, ".", ".");
    if (result >= 0) result = CALL2(SYS_umount2, ".", MNT_DETACH);
    if (result >= 0) result = CALL1(SYS_chdir, "/");
    if (result < 0) fail(box, "change the root to", sandbox_text(box, box->request->root), result);
}

// MARK: Private places

static void lay_private(const struct sandbox *box, const char *from, const char *to, uint64_t set) {
    long part = CALL3(CALL_OPEN_TREE, AT_FDCWD, from, TREE_CLONE | O_CLOEXEC);
    if (part < 0) fail(box, "mount", to, part);
    restrict_tree(box, part, set, false, to);
    attach(box, part, place(box, to, true), to);
}

/// Makes what `/dev`, `/dev/shm`, `/tmp` and `/home` will be: folders of one file system in memory, which costs one instead of four.
///
/// It belongs nowhere yet, but can be written into.
static void fill_memory(const struct sandbox *box) {
    static const struct {
        const char *name;
        uint32_t mode;
    } folders[] = {
        {"dev", 0755}, {"dev/shm", 0755}, {"shm", 01777}, {"texts", 0755}, {"tmp", 01777}, {"home", 0755}, {"none", 0555},
    };
    static const char *const files[] = {"empty", "dev/null", "dev/zero", "dev/full"};
    static const char *const links[][2] = {
        {"/proc/self/fd", "dev/fd"},
        {"fd/0", "dev/stdin"},
        {"fd/1", "dev/stdout"},
        {"fd/2", "dev/stderr"},
    };
    long result = 0;
    for (int i = 0; i < 7 && result >= 0; i++) result = CALL3(SYS_mkdirat, box->memory, folders[i].name, folders[i].mode);
    for (int i = 0; i < 4 && result >= 0; i++) {
        result = CALL4(SYS_mknodat, box->memory, files[i], S_IFREG | (i == 0 ? 0 : 0444), 0);
    }
    for (int i = 0; i < 4 && result >= 0; i++) result = CALL3(SYS_symlinkat, links[i][0], box->memory, links[i][1]);
    if (result < 0) fail(box, "fill", "/dev", result);
}

void sandbox_prepare_mounts(struct sandbox *box) {
    CALL1(SYS_umask, 0);
    for (int i = 0; i < SANDBOX_DEVICES; i++) {
        box->devices[i] = -1;
        if (i == TERMINAL_DEVICE) continue;
        char path[32] = "/dev/";
        strcpy(path + 5, devices[i]);
        box->devices[i] = (int)tree(box, AT_FDCWD, path, 0, path);
    }
    box->processes = -1;
    if (sandbox_protects(box, SANDBOX_OWN_PROCESSES)) {
        // INVARIANT: read-only. The user inside may be the host's root outside, to whom `/proc/sys` gives way without a capability.
        box->processes = (int)file_system(
            box, "proc", NULL, ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES | ATTRIBUTE_NO_EXECUTION);
    }
    box->memory = (int)file_system(box, "tmpfs", "0755", ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES);
    fill_memory(box);
}

/// Limits what the memory holds: it is memory too, of all processes together.
static void bound_memory(const struct sandbox *box) {
    uint64_t bytes = box->request->memory;
    if (bytes == UINT64_MAX || !sandbox_protects(box, SANDBOX_LIMITS)) return;
    char digits[24], size[24];
    int count = 0, length = 0;
    if (bytes < 1 << 20) bytes = 1 << 20;
    do digits[count++] = (char)('0' + bytes % 10);
    while ((bytes /= 10) != 0);
    while (count > 0) size[length++] = digits[--count];
    size[length] = 0;
    long context = CALL3(CALL_FSPICK, box->memory, "", PICK_EMPTY | 1);
    long result = context < 0 ? context : CALL5(CALL_FSCONFIG, context, CONFIG_STRING, "size", size, 0);
    if (result >= 0) result = CALL5(CALL_FSCONFIG, context, CONFIG_CHANGE, NULL, NULL, 0);
    if (result < 0) fail(box, "limit", "/tmp", result);
}

static void lay_private_places(const struct sandbox *box) {
    bound_memory(box);
    attach(box, box->memory, place(box, "/dev", true), "/dev");
    const bool derives = sandbox_has(box, SANDBOX_DERIVED_ENTROPY);
    for (int i = 0; i < SANDBOX_DEVICES; i++) {
        if (box->devices[i] < 0 || (derives && (i == FIRST_RANDOM || i == FIRST_RANDOM + 1))) continue;
        char path[32] = "dev/";
        strcpy(path + 4, devices[i]);
        long result = i < FIRST_RANDOM ? 0 : CALL4(SYS_mknodat, box->memory, path, S_IFREG | 0444, 0);
        // Nothing but what we made ourselves lies there.
        if (result >= 0) result = CALL5(CALL_MOVE_MOUNT, box->devices[i], "", box->memory, path, MOVE_FROM_EMPTY);
        if (result < 0) fail(box, "mount", path, result);
    }
    if (!derives) return;
    // SPEC: sandbox.md#entropy. Whoever opens it waits for the feeder; nobody may write into it.
    long result = CALL4(SYS_mknodat, box->memory, "dev/urandom", S_IFIFO | 0444, 0);
    if (result >= 0) result = CALL3(SYS_symlinkat, "urandom", box->memory, "dev/random");
    if (result < 0) fail(box, "fill", "/dev", result);
}

/// Hides what `/proc` tells about the machine and its kernel, beyond what programs ask for.
static void cover_processes(const struct sandbox *box) {
    const uint64_t set = ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES | ATTRIBUTE_READ_ONLY;
    if (sandbox_has(box, SANDBOX_DERIVED_ENTROPY)) {
        // It gives random texts that are neither counted nor repeated, and the machine's own.
        lay_private(box, "/dev/none", "/proc/sys/kernel/random", set);
    }
    // The rest is root's; the user inside is root outside where mlbuild runs as root.
    static const char *const files[] = {
        "/proc/keys", "/proc/timer_list", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/allocinfo", "/proc/kpagecount",
        "/proc/kpageflags", "/proc/kpagecgroup", "/proc/kcore", "/proc/kmsg",
    };
    const int count = box->outer_user == 0 ? sizeof files / sizeof files[0] : 1;
    long cover = CALL3(CALL_OPEN_TREE, box->memory, "empty", TREE_CLONE | O_CLOEXEC);
    if (cover < 0) fail(box, "cover", "/proc", cover);
    restrict_tree(box, cover, set, false, "/proc");
    // On its own place: what is made of a protected one is protected, too.
    long result = CALL5(CALL_MOVE_MOUNT, cover, "", box->memory, "empty", MOVE_FROM_EMPTY);
    if (result < 0) fail(box, "cover", "/proc", result);
    for (int i = 0; i < count; i++) {
        cover = CALL3(CALL_OPEN_TREE, box->memory, "empty", TREE_CLONE | O_CLOEXEC);
        // No link lies on the way: all of it is the kernel's. Not every kernel has each of them.
        result = cover < 0 ? cover : CALL5(CALL_MOVE_MOUNT, cover, "", AT_FDCWD, files[i], MOVE_FROM_EMPTY);
        if (result < 0 && result != -ENOENT) fail(box, "cover", files[i], result);
    }
}

static void uncover_private_places(const struct sandbox *box) {
    const uint64_t plain = ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES;
    long shared = CALL3(CALL_OPEN_TREE, AT_FDCWD, "/dev/shm", TREE_CLONE | O_CLOEXEC);
    if (shared < 0) fail(box, "mount", "/dev/shm", shared);
    restrict_tree(box, shared, plain, false, "/dev/shm");
    long folder = CALL3(CALL_OPEN_TREE, AT_FDCWD, "/dev/dev", TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC);
    if (folder < 0) fail(box, "mount", "/dev", folder);
    // INVARIANT: the nodes are the host's own; the user inside may be their owner and must not change their modes.
    restrict_tree(box, folder, ATTRIBUTE_NO_SETUID | ATTRIBUTE_READ_ONLY, true, "/dev");
    attach(box, folder, place(box, "/dev", true), "/dev");
    attach(box, shared, place(box, "/dev/shm", true), "/dev/shm");
}

// MARK: All of it

void sandbox_set_up_mounts(struct sandbox *box) {
    const struct sandbox_request *request = box->request;
    const struct sandbox_mount *mounts = (const struct sandbox_mount *)sandbox_text(box, request->mounts);
    const char *root_path = sandbox_text(box, request->root);
    const bool own_root = sandbox_protects(box, SANDBOX_OWN_ROOT);
    const uint64_t plain = ATTRIBUTE_NO_SETUID | ATTRIBUTE_NO_DEVICES;
    long result = CALL5(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (result < 0) fail(box, "make private", "/", result);

    // First all sources, while the old root is there.
    const bool layered = sandbox_has(box, SANDBOX_LAYERED_ROOT);
    struct layer *layer = NULL;
    long root;
    if (layered) {
        layer = read_layer(box, root_path);
        root = file_system(box, "tmpfs", "0755", plain);
    } else {
        root = tree(box, AT_FDCWD, root_path, 0, root_path);
        restrict_tree(box, root, plain | (sandbox_protects(box, SANDBOX_READ_ONLY_ROOT) ? ATTRIBUTE_READ_ONLY : 0), true, root_path);
    }
    const char *work_path = sandbox_text(box, request->work);
    long work = tree(box, AT_FDCWD, work_path, 0, work_path);
    restrict_tree(box, work, plain, true, work_path);
    int *sources = mmap(NULL, (request->mount_count + 1) * sizeof(int), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sources == MAP_FAILED) fail(box, "mount", work_path, -ENOMEM);
    for (uint32_t i = 0; i < request->mount_count; i++) {
        const struct sandbox_mount *mount = &mounts[i];
        const char *shown = sandbox_text(box, mount->path);
        sources[i] = -1;
        if (mount->kind == SANDBOX_FOLDER) sources[i] = (int)tree(box, AT_FDCWD, sandbox_text(box, mount->source), 0, shown);
        if (mount->kind == SANDBOX_FILE) {
            sources[i] = (int)file_tree(box, mount);
            if (sources[i] < 0) sandbox_fail(box, SANDBOX_FILE_MOVED, shown, NULL, -(long)i);
        }
    }
    if (sandbox_has(box, SANDBOX_TERMINAL)) box->devices[TERMINAL_DEVICE] = (int)tree(box, AT_FDCWD, "/dev/tty", 0, "/dev/tty");
    long processes = box->processes;
    if (processes < 0) {
        processes = tree(box, AT_FDCWD, "/proc", 0, "/proc");
        restrict_tree(box, processes, ATTRIBUTE_READ_ONLY | plain, true, "/proc");
    }

    change_root(box, root);
    if (layered) {
        lay_layer(box, layer);
        if (own_root) {
            for (int i = 0; i < OWN_FOLDERS; i++) place(box, own_folders[i], true);
        }
    }
    lay_private_places(box);
    attach(box, processes, place(box, "/proc", true), "/proc");
    if (own_root) {
        if (sandbox_protects(box, SANDBOX_OWN_PROCESSES)) cover_processes(box);
        lay_private(box, "/dev/tmp", "/tmp", plain);
        lay_private(box, "/dev/home", "/home", plain);
    }
    attach(box, work, place(box, sandbox_text(box, request->work_folder), true), sandbox_text(box, request->work_folder));
    for (uint32_t i = 0; i < request->mount_count; i++) {
        const struct sandbox_mount *mount = &mounts[i];
        const char *shown = sandbox_text(box, mount->path);
        long source = sources[i];
        if (mount->kind == SANDBOX_TEXT) source = memory_file(box, i, mount, shown);
        bool read_only = !mount->is_writable && sandbox_protects(box, SANDBOX_READ_ONLY_INPUTS);
        restrict_tree(box, source, plain | (read_only ? ATTRIBUTE_READ_ONLY : 0), true, shown);
        attach(box, source, place(box, shown, mount->kind == SANDBOX_FOLDER), shown);
    }
    munmap(sources, (request->mount_count + 1) * sizeof(int));
    uncover_private_places(box);
    if (layered && sandbox_protects(box, SANDBOX_READ_ONLY_ROOT)) {
        long top = CALL4(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
        restrict_tree(box, top, ATTRIBUTE_READ_ONLY, false, "/");
    }
    sandbox_close_others();
    result = CALL1(SYS_chdir, sandbox_text(box, request->work_folder));
    if (result < 0) fail(box, "enter", sandbox_text(box, request->work_folder), result);
    CALL1(SYS_umask, 022);
}
