/* JSON_ARRAY chunks: every type, hostile text, and the same text in pieces cut anywhere. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "drain.h"
#include "driver/result/json_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out, without regard to where batches end. */
struct seen { int64_t rows; uint64_t digest; };

static void digest(struct seen *seen, const void *bytes, size_t len) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) seen->digest = (seen->digest ^ p[i]) * UINT64_C(0x100000001B3);
}

static size_t width_of(enum col_phys phys) {
    switch (phys) {
    case COL_I8: return 1;
    case COL_I16: return 2;
    case COL_I32: case COL_F32: case COL_DATE32: case COL_MONTHS: return 4;
    case COL_DEC128: return 16;
    default: return 8;
    }
}

static void digest_cell(struct seen *seen, const struct col_view *v, int64_t row) {
    const char *data = v->data;
    bool null = col_is_null(v, row);
    digest(seen, &null, sizeof null);
    if (null) return;
    if (v->offsets) {
        size_t len = (size_t)(v->offsets[row + 1] - v->offsets[row]);
        digest(seen, &len, sizeof len);
        digest(seen, data + v->offsets[row], len);
    } else if (v->phys == COL_BOOL) {
        bool on = data[row >> 3] >> (row & 7) & 1;
        digest(seen, &on, sizeof on);
    } else {
        digest(seen, data + (size_t)row * width_of(v->phys), width_of(v->phys));
    }
}

static enum rc take(struct json_rows *j, struct seen *seen, struct err *e) {
    struct batch *b;
    for (;;) {
        if (json_rows_next(j, &b, e) != RC_OK) return RC_ERR;
        if (!b) return RC_OK;
        for (int64_t row = 0; row < b->n_rows; row++)
            for (int i = 0; i < b->n_cols; i++) digest_cell(seen, &b->cols[i], row);
        seen->rows += b->n_rows;
        batch_free(&b);
    }
}

/* The text in pieces: of up to max bytes, as the next numbers of seed have it; in one when max is 0. */
static enum rc read_pieces(const struct sea_manifest *m, const uint8_t *data, size_t size, size_t max, uint64_t seed,
                           struct seen *seen, struct err *e) {
    struct json_rows *j;
    size_t at = 0;
    if (json_rows_new(&j, m, e) != RC_OK) return RC_ERR;
    enum rc rc = RC_OK;
    do {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        size_t n = max ? (size_t)(seed >> 33) % (max + 1) : size;
        if (n > size - at) n = size - at;
        char *copy = mem_alloc(n);
        if (n) memcpy(copy, data + at, n);
        struct block *piece = block_of(copy, n);
        rc = json_rows_feed(j, &piece, e);
        if (rc == RC_OK) rc = take(j, seen, e);
        at += n;
    } while (rc == RC_OK && at < size);
    if (rc == RC_OK) rc = json_rows_finish(j, e);
    json_rows_free(&j);
    return rc;
}

static void cuts_change_nothing(const struct sea_manifest *m, const uint8_t *data, size_t size) {
    static const size_t MAX[] = {1, 2, 7, 40, 300};
    struct err e = ERR_INIT;
    struct seen whole = {0, 0};
    enum rc rc = read_pieces(m, data, size, 0, 0, &whole, &e);
    for (size_t i = 0; i < sizeof MAX / sizeof *MAX; i++) {
        struct seen cut = {0, 0};
        struct err why = ERR_INIT;
        if (read_pieces(m, data, size, MAX[i], size + i, &cut, &why) != rc) abort();
        if (rc != RC_OK && (why.code != e.code || !why.text[0])) abort();
        if (rc == RC_OK && (cut.rows != whole.rows || cut.digest != whole.digest)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct sea_column COLUMNS[] = {
        {"b", DBX_BOOLEAN, "BOOLEAN", 0, 0, ""}, {"t", DBX_TINYINT, "TINYINT", 0, 0, ""}, {"i", DBX_BIGINT, "BIGINT",
                                                                                           0, 0, ""},
        {"f", DBX_FLOAT, "FLOAT", 0, 0, ""}, {"d", DBX_DOUBLE, "DOUBLE", 0, 0, ""}, {"m", DBX_DECIMAL,
                                                                                     "DECIMAL(38,18)", 38, 18, ""},
        {"s", DBX_STRING, "STRING", 0, 0, ""}, {"x", DBX_BINARY, "BINARY", 0, 0, ""}, {"a", DBX_DATE, "DATE", 0, 0, ""},
        {"ts", DBX_TIMESTAMP, "TIMESTAMP", 0, 0, ""}, {"c", DBX_TIME, "TIME", 0, 0, ""},
        {"ym", DBX_INTERVAL, "INTERVAL YEAR TO MONTH", 0, 0, "YEAR TO MONTH"},
        {"ds", DBX_INTERVAL, "INTERVAL DAY TO SECOND", 0, 0, "DAY TO SECOND"}, {"v", DBX_VOID, "VOID", 0, 0, ""},
    };
    struct sea_manifest m = {.format = SEA_JSON_ARRAY, .n_columns = sizeof COLUMNS / sizeof *COLUMNS,
                             .columns = COLUMNS};
    drain(&m, data, size, 0);
    cuts_change_nothing(&m, data, size);
    m.n_columns = 1;
    drain(&m, data, size, 0);
    m.columns = COLUMNS + 6;
    drain(&m, data, size, 0);
    cuts_change_nothing(&m, data, size);
    m.n_columns = 2;
    cuts_change_nothing(&m, data, size);
    return 0;
}
