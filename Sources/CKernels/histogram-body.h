// The kernels of tree growing, included once for each instruction set with NAME(x) giving each its own names.

static inline __attribute__((always_inline)) void NAME(add_rows)(
    const uint8_t *codes, size_t width, const int32_t *rows, size_t first, size_t count, const uint64_t *words, uint64_t *packed) {
    for (size_t place = 0; place < count; place++) {
        size_t row = first + place;
        if (rows) {
            row = (size_t)rows[place];
            // Rows of a node are spread over the table.
            size_t ahead = (size_t)rows[place + 24 < count ? place + 24 : count - 1];
            __builtin_prefetch(codes + ahead * width);
            __builtin_prefetch(words + ahead);
        }
        uint64_t word = words[row];
        const uint8_t *from = codes + row * width;
        for (size_t part = 0; part < width; part += 8) {
            uint64_t eight;
            memcpy(&eight, from + part, 8);
            uint64_t *bins = packed + part * 256;
            bins[eight & 255] += word;
            bins[256 + (eight >> 8 & 255)] += word;
            bins[512 + (eight >> 16 & 255)] += word;
            bins[768 + (eight >> 24 & 255)] += word;
            bins[1024 + (eight >> 32 & 255)] += word;
            bins[1280 + (eight >> 40 & 255)] += word;
            bins[1536 + (eight >> 48 & 255)] += word;
            bins[1792 + (eight >> 56)] += word;
        }
    }
}

static void NAME(histogram)(
    const uint8_t *codes, size_t width, const int32_t *rows, size_t first, size_t count, const uint64_t *words,
    struct ck_packing packing, const int64_t *offsets, size_t features, uint64_t *packed, struct ck_pair *sums) {
    size_t block = ((size_t)1 << packing.count_bits) - 1;
    uint64_t count_mask = ((uint64_t)1 << packing.count_bits) - 1;
    uint64_t second_mask = ((uint64_t)1 << (packing.gradient_shift - packing.count_bits)) - 1;
    size_t done = 0;
    do {
        size_t here = count - done < block ? count - done : block;
        const int32_t *some = rows ? rows + done : NULL;
        switch (width) {
        case 8: NAME(add_rows)(codes, 8, some, first + done, here, words, packed); break;
        case 16: NAME(add_rows)(codes, 16, some, first + done, here, words, packed); break;
        case 24: NAME(add_rows)(codes, 24, some, first + done, here, words, packed); break;
        default: NAME(add_rows)(codes, 32, some, first + done, here, words, packed); break;
        }
        for (size_t feature = 0; feature < features; feature++) {
            uint64_t *bins = packed + feature * 256;
            struct ck_pair *totals = sums + offsets[feature];
            size_t bin_count = (size_t)(offsets[feature + 1] - offsets[feature]);
            if (done == 0) {
                for (size_t bin = 0; bin < bin_count; bin++) {
                    uint64_t sum = bins[bin];
                    totals[bin].gradient = (int64_t)sum >> packing.gradient_shift;
                    totals[bin].second = (int64_t)((sum >> packing.count_bits & second_mask) << packing.total_count_bits | (sum & count_mask));
                }
            } else {
                for (size_t bin = 0; bin < bin_count; bin++) {
                    uint64_t sum = bins[bin];
                    totals[bin].gradient += (int64_t)sum >> packing.gradient_shift;
                    totals[bin].second += (int64_t)((sum >> packing.count_bits & second_mask) << packing.total_count_bits | (sum & count_mask));
                }
            }
            memset(bins, 0, bin_count * sizeof *bins);
        }
        // Columns that only fill the width up are all in bin 0.
        for (size_t feature = features; feature < width; feature++) packed[feature * 256] = 0;
        done += here;
    } while (done < count);
}

static void NAME(pairs_add)(struct ck_pair *sums, const struct ck_pair *others, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sums[i].gradient += others[i].gradient;
        sums[i].second += others[i].second;
    }
}

static void NAME(pairs_subtract)(struct ck_pair *sums, const struct ck_pair *others, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sums[i].gradient -= others[i].gradient;
        sums[i].second -= others[i].second;
    }
}

// Sixteen searches at a time: each step of one waits for the one before, and the others fill the time.
static inline __attribute__((always_inline)) void NAME(bins_of_16)(
    const double *values, const double *thresholds, uint8_t missing, uint8_t *codes) {
    uint64_t place[16];
    for (int lane = 0; lane < 16; lane++) place[lane] = 0;
    for (uint64_t step = 128; step > 0; step >>= 1) {
        for (int lane = 0; lane < 16; lane++) {
            place[lane] += thresholds[place[lane] + step - 1] < values[lane] ? step : 0;
        }
    }
    for (int lane = 0; lane < 16; lane++) codes[lane] = values[lane] != values[lane] ? missing : (uint8_t)place[lane];
}

static void NAME(bins)(const double *values, size_t count, const double *thresholds, uint8_t missing, uint8_t *codes) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) NAME(bins_of_16)(values + i, thresholds, missing, codes + i);
    if (i < count) {
        double last[16] = {0};
        uint8_t some[16];
        memcpy(last, values + i, (count - i) * sizeof(double));
        NAME(bins_of_16)(last, thresholds, missing, some);
        memcpy(codes + i, some, count - i);
    }
}

static const struct tree_kernels NAME(tree_kernels) = {
    NAME(histogram),
    NAME(pairs_add),
    NAME(pairs_subtract),
    NAME(bins),
};
