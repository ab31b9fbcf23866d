// Some rows of a logistic loss, included once for each instruction set after elementary-lanes.h.
//
// DETERMINISM: every variant does the same IEEE-754 operations in the same order. A score has 16 lanes, as a dot product; all other
// sums are chains over the rows, whatever is computed beside them.

INLINE v16 NAME(load)(const double *from) {
    v16 value;
    memcpy(&value, from, sizeof value);
    return value;
}

INLINE double NAME(tree)(v16 lanes) {
    v8 eight = lanes.lo + lanes.hi;
    v4 four = eight.lo + eight.hi;
    v2 two = four.lo + four.hi;
    return two[0] + two[1];
}

// Losses of some rows from their scores, with what each adds to gradient and curvature: the functions of one number with their
// common exponential computed once.
INLINE void NAME(terms)(
    const double *scores, const int32_t *codes, double *losses, double *residuals, double *shares, size_t count) {
    double own[CK_LOGISTIC_ROWS] = {0};
    for (size_t row = 0; row < count; row++) own[row] = codes[row];
    for (size_t first = 0; first < count; first += LANES) {
        V score, code;
        memcpy(&score, scores + first, sizeof score);
        memcpy(&code, own + first, sizeof code);
        V power = NAME(exp)(-NAME(magnitude)(score));
        V total = 1 + power;
        V probability = NAME(plain)((score >= 0 ? ALL(1) : power) / total);
        V smaller = NAME(plain)(power / total);
        V ramp = NAME(log1p)(power);
        V against = code == 1 ? -score : score;
        V loss = NAME(plain)(against > 0 ? against + ramp : ramp);
        V residual = probability - code;
        V share = smaller * (1 - smaller);
        memcpy(losses + first, &loss, sizeof loss);
        memcpy(residuals + first, &residual, sizeof residual);
        memcpy(shares + first, &share, sizeof share);
    }
}

// One tile of the curvature's sums, `vectors` wide, goes on over some rows; `left` and `right` are (rows, padded).
INLINE void NAME(tile)(const double *left, const double *right, size_t rows, size_t padded, double *sums, const int vectors) {
    TILE tile[TILE_ROWS][TILE_VECTORS];
    for (int i = 0; i < TILE_ROWS; i++) memcpy(tile[i], sums + i * padded, vectors * sizeof(TILE));
    for (size_t row = 0; row < rows; row++, left += padded, right += padded) {
        TILE elements[TILE_VECTORS];
        memcpy(elements, right, vectors * sizeof(TILE));
        for (int i = 0; i < TILE_ROWS; i++)
            for (int j = 0; j < vectors; j++) tile[i][j] += elements[j] * left[i];
    }
    for (int i = 0; i < TILE_ROWS; i++) memcpy(sums + i * padded, tile[i], vectors * sizeof(TILE));
}

static void NAME(add)(
    double *room, size_t rows, size_t width, int curvature, const int32_t *codes, const double *row_weights, double *losses) {
    const struct room r = parts(room, width);
    const size_t padded = r.padded;
    // A lane is never -0, so that adding the others' +0 changes nothing.
    const v16 last = NAME(load)(r.intercept);
    for (size_t row = 0; row < rows; row++) {
        v16 lanes = (v16)(0.0);
        for (size_t column = 0; column < padded; column += 16)
            lanes += NAME(load)(r.plain + row * padded + column) * NAME(load)(r.weights + column);
        r.scores[row] = NAME(tree)(lanes + last);
    }
    NAME(terms)(r.scores, codes, r.losses, r.residuals, r.shares, rows);
    for (size_t row = 0; row_weights && row < rows; row++) {
        r.losses[row] *= row_weights[row];
        r.residuals[row] *= row_weights[row];
        r.shares[row] *= row_weights[row];
    }
    memcpy(losses, r.losses, rows * sizeof(double));
    double last_slope = r.last[0], last_sum = r.last[1];
    for (size_t row = 0; row < rows; row++) {
        last_slope += r.residuals[row];
        last_sum += r.shares[row];
    }
    r.last[0] = last_slope;
    r.last[1] = last_sum;
    for (size_t column = 0; column < padded; column += 16) {
        v16 slope = NAME(load)(r.slopes + column), sum = NAME(load)(r.sums + column);
        for (size_t row = 0; row < rows; row++) {
            v16 elements = NAME(load)(r.plain + row * padded + column), part = elements * r.shares[row];
            slope += elements * r.residuals[row];
            sum += part;
            memcpy(r.scaled + row * padded + column, &part, sizeof part);
        }
        memcpy(r.slopes + column, &slope, sizeof slope);
        memcpy(r.sums + column, &sum, sizeof sum);
    }
    if (!curvature) return;
    const size_t lanes = sizeof(TILE) / sizeof(double), tile_width = TILE_VECTORS * lanes;
    for (size_t column = 0; column < padded; column += tile_width)
        for (size_t i = 0; i < column + tile_width; i += TILE_ROWS) {
            double *to = r.products + i * padded + column;
            // Below the diagonal nothing is wanted: there the first vector of a tile lies when its rows begin behind it.
            if (i < column + lanes) NAME(tile)(r.scaled + i, r.plain + column, rows, padded, to, TILE_VECTORS);
            else NAME(tile)(r.scaled + i, r.plain + column + lanes, rows, padded, to + lanes, TILE_VECTORS - 1);
        }
}
