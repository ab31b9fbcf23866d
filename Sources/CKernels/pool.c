// A pool of threads that wait for loops.
//
// A loop lives on its caller's stack and is listed while it wants hands. The caller works too, so a loop ends even
// when no thread of the pool is free, and concurrent callers cannot block each other.

#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CKernels.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct loop {
    ck_loop_body body;
    const void *context;
    size_t count;
    size_t chunk;
    atomic_size_t next;
    size_t wanted;   // hands still wanted; guarded by `guard`
    size_t working;  // threads of the pool inside; guarded by `guard`
    pthread_cond_t done;
    struct loop *following;
};

enum { MOST_THREADS = 256 };

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static struct loop *listed;
static size_t thread_count;
static size_t idle_count;
// Counts listings, so that a thread that has just run out of work may look for more before it sleeps.
static atomic_size_t listings;
static _Thread_local int is_inside;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void work_on(struct loop *loop) {
    int was_inside = is_inside;
    is_inside = 1;
    for (;;) {
        size_t lower = atomic_fetch_add_explicit(&loop->next, loop->chunk, memory_order_relaxed);
        if (lower >= loop->count) break;
        size_t left = loop->count - lower;
        loop->body(loop->context, lower, lower + (left < loop->chunk ? left : loop->chunk));
    }
    is_inside = was_inside;
}

// The guard is held.
static void unlist(struct loop *loop) {
    for (struct loop **link = &listed; *link; link = &(*link)->following) {
        if (*link == loop) {
            *link = loop->following;
            return;
        }
    }
}

static void *serve(void *unused) {
    (void)unused;
    pthread_mutex_lock(&guard);
    for (;;) {
        while (!listed) {
            size_t seen = atomic_load_explicit(&listings, memory_order_relaxed);
            pthread_mutex_unlock(&guard);
            for (int turn = 0; turn < 1000 && atomic_load_explicit(&listings, memory_order_relaxed) == seen; turn++)
                pause_briefly();
            pthread_mutex_lock(&guard);
            if (listed) break;
            idle_count++;
            pthread_cond_wait(&work, &guard);
            idle_count--;
        }
        struct loop *loop = listed;
        if (--loop->wanted == 0) unlist(loop);
        loop->working++;
        pthread_mutex_unlock(&guard);
        work_on(loop);
        pthread_mutex_lock(&guard);
        // The loop is gone once its caller has seen zero; it cannot before the guard is free.
        if (--loop->working == 0) pthread_cond_signal(&loop->done);
    }
}

// The guard is held. A thread that cannot be had is no error: the caller does the work.
static void grow(size_t wanted) {
    while (thread_count < wanted && thread_count < MOST_THREADS) {
        pthread_attr_t attributes;
        if (pthread_attr_init(&attributes) != 0) return;
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, 8 << 20);
        // Signals are for the threads that the program itself has made.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_t thread;
        int refused = pthread_create(&thread, &attributes, serve, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
        if (refused) return;
        thread_count++;
    }
}

void ck_parallel(size_t count, size_t chunk, size_t threads, ck_loop_body body, const void *context) {
    if (count == 0) return;
    if (chunk == 0) chunk = 1;
    size_t chunks = count / chunk + (count % chunk != 0);
    if (threads > chunks) threads = chunks;
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    if (threads <= 1 || is_inside) {
        body(context, 0, count);
        return;
    }
    struct loop loop = {.body = body, .context = context, .count = count, .chunk = chunk, .wanted = threads - 1};
    if (pthread_cond_init(&loop.done, NULL) != 0) {
        body(context, 0, count);
        return;
    }
    pthread_mutex_lock(&guard);
    grow(threads - 1);
    // Last in the list: loops that came earlier get their hands first.
    struct loop **end = &listed;
    while (*end) end = &(*end)->following;
    *end = &loop;
    atomic_fetch_add_explicit(&listings, 1, memory_order_relaxed);
    for (size_t i = 0; i < idle_count && i < threads - 1; i++) pthread_cond_signal(&work);
    pthread_mutex_unlock(&guard);

    work_on(&loop);

    pthread_mutex_lock(&guard);
    if (loop.wanted > 0) unlist(&loop);
    while (loop.working > 0) pthread_cond_wait(&loop.done, &guard);
    pthread_mutex_unlock(&guard);
    pthread_cond_destroy(&loop.done);
}
