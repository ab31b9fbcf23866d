// Windows that slide over images of Float, included once for each instruction set.
//
// Images are (height, width, channels): the channels of a pixel lie side by side, and the loops along them are on
// elements that do not depend on each other.

// Where the window of an output pixel begins in its image.
static inline size_t NAME(window)(const struct ck_float_pool *p, size_t pixel) {
    size_t y = pixel / p->output_width, x = pixel % p->output_width;
    return (y * p->stride * p->width + x * p->stride) * p->channels;
}

static void NAME(float_max_pool)(
    const struct ck_float_pool *p, const float *restrict image, float *restrict result, unsigned char *restrict taps) {
    for (size_t pixel = 0; pixel < p->output_height * p->output_width; pixel++) {
        const float *corner = image + NAME(window)(p, pixel);
        float *restrict best = result + pixel * p->channels;
        unsigned char *restrict which = taps + pixel * p->channels;
        for (size_t c = 0; c < p->channels; c++) {
            best[c] = NAME(f_plain_one)(corner[c]);
            which[c] = 0;
        }
        for (size_t tap = 1; tap < p->size * p->size; tap++) {
            const float *values = corner + (tap / p->size * p->width + tap % p->size) * p->channels;
            for (size_t c = 0; c < p->channels; c++) {
                float value = NAME(f_plain_one)(values[c]);
                int larger = value > best[c] || value != value;
                best[c] = larger ? value : best[c];
                which[c] = larger ? (unsigned char)tap : which[c];
            }
        }
    }
}

static void NAME(float_max_pool_gradient)(
    const struct ck_float_pool *p, const float *restrict gradient, const unsigned char *restrict taps, float *restrict image) {
    for (size_t i = 0; i < p->height * p->width * p->channels; i++) image[i] = 0;
    for (size_t pixel = 0; pixel < p->output_height * p->output_width; pixel++) {
        float *corner = image + NAME(window)(p, pixel);
        for (size_t tap = 0; tap < p->size * p->size; tap++) {
            float *restrict to = corner + (tap / p->size * p->width + tap % p->size) * p->channels;
            const float *restrict from = gradient + pixel * p->channels;
            const unsigned char *restrict which = taps + pixel * p->channels;
            // A sum that began at +0 is never -0, so that adding +0 changes nothing.
            for (size_t c = 0; c < p->channels; c++) to[c] = NAME(f_plain_one)(to[c] + (which[c] == tap ? from[c] : 0));
        }
    }
}

static void NAME(float_mean_pool)(const struct ck_float_pool *p, const float *restrict image, float *restrict result) {
    float count = (float)(p->size * p->size);
    for (size_t pixel = 0; pixel < p->output_height * p->output_width; pixel++) {
        const float *corner = image + NAME(window)(p, pixel);
        float *restrict sum = result + pixel * p->channels;
        for (size_t c = 0; c < p->channels; c++) sum[c] = 0;
        for (size_t tap = 0; tap < p->size * p->size; tap++) {
            const float *values = corner + (tap / p->size * p->width + tap % p->size) * p->channels;
            for (size_t c = 0; c < p->channels; c++) sum[c] += values[c];
        }
        for (size_t c = 0; c < p->channels; c++) sum[c] = NAME(f_plain_one)(sum[c] / count);
    }
}

static void NAME(float_mean_pool_gradient)(
    const struct ck_float_pool *p, const float *restrict gradient, float *restrict image) {
    float count = (float)(p->size * p->size);
    for (size_t i = 0; i < p->height * p->width * p->channels; i++) image[i] = 0;
    for (size_t pixel = 0; pixel < p->output_height * p->output_width; pixel++) {
        float *corner = image + NAME(window)(p, pixel);
        for (size_t tap = 0; tap < p->size * p->size; tap++) {
            float *restrict to = corner + (tap / p->size * p->width + tap % p->size) * p->channels;
            const float *restrict from = gradient + pixel * p->channels;
            for (size_t c = 0; c < p->channels; c++) to[c] = NAME(f_plain_one)(to[c] + from[c] / count);
        }
    }
}
