// Memory that a thread keeps between products, so that a small one does not wait for pages.

#include "float-scratch.h"

#include <pthread.h>
#include <stdlib.h>

struct kept {
    void *memory;
    size_t size;
};

static _Thread_local struct kept kept;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;

static void make_key(void) {
    has_key = pthread_key_create(&key, free) == 0;
}

void *ck_float_scratch(size_t size) {
    if (kept.size >= size) return kept.memory;
    size_t rounded = (size + 4095) / 4096 * 4096;
    free(kept.memory);
    kept.memory = aligned_alloc(64, rounded);
    kept.size = rounded;
    // As everywhere in the program: nothing goes on without memory.
    if (!kept.memory) abort();
    pthread_once(&once, make_key);
    if (has_key) pthread_setspecific(key, kept.memory);
    return kept.memory;
}
