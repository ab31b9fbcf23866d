// Memory that a thread keeps between calls, so that a small one does not wait for pages.

#include "float-scratch.h"

#include "CKernels.h"

#include <pthread.h>
#include <stdlib.h>

// What products pack, and what their callers prepare for them.
enum { OF_PRODUCTS, OF_CALLERS, USES };

struct kept {
    void *memory;
    size_t size;
};

static _Thread_local struct kept kept[USES];
static pthread_key_t keys[USES];
static int has_key[USES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_keys(void) {
    for (int use = 0; use < USES; use++) has_key[use] = pthread_key_create(&keys[use], free) == 0;
}

static void *memory(int use, size_t size) {
    struct kept *own = &kept[use];
    if (own->size >= size) return own->memory;
    size_t rounded = (size + 4095) / 4096 * 4096;
    free(own->memory);
    own->memory = aligned_alloc(64, rounded);
    own->size = rounded;
    // As everywhere in the program: nothing goes on without memory.
    if (!own->memory) abort();
    pthread_once(&once, make_keys);
    if (has_key[use]) pthread_setspecific(keys[use], own->memory);
    return own->memory;
}

void *ck_float_scratch(size_t size) {
    return memory(OF_PRODUCTS, size);
}

float *ck_float_memory(size_t count) {
    return memory(OF_CALLERS, (count ? count : 1) * sizeof(float));
}
