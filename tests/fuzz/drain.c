#include "drain.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "driver/convert/convert.h"
#include "driver/result/block.h"

static const SQLSMALLINT C_TYPES[] = {SQL_C_CHAR, SQL_C_WCHAR, SQL_C_SBIGINT, SQL_C_DOUBLE, SQL_C_NUMERIC,
                                      SQL_C_TYPE_TIMESTAMP, SQL_C_BINARY, SQL_C_GUID};

static void convert(const struct column *column, const struct col_view *v, int64_t n_rows) {
    enum { CHUNK = 64, WIDTH = 48 };
    static char data[CHUNK * WIDTH];
    SQLLEN ind[CHUNK];
    uint8_t issues[CHUNK];
    int64_t n = n_rows < CHUNK ? n_rows : CHUNK, last = n_rows - n;
    for (size_t t = 0; t < sizeof C_TYPES / sizeof *C_TYPES; t++) {
        struct conv_job job = {.column = column, .c_type = C_TYPES[t], .data = data, .data_stride = WIDTH,
                               .capacity = WIDTH,
                               .octet_length = (char *)ind, .indicator = (char *)ind, .length_stride = sizeof *ind};
        conv_kernel *k = conv_find(v->phys, column, C_TYPES[t]);
        if (!k) continue;
        k(&job, v, 0, n, issues);
        k(&job, v, last, n, issues);
    }
}

static long take_all(struct decoder *d, const struct column *columns, struct err *e) {
    struct batch *b;
    long rows = 0;
    for (;;) {
        if (decoder_next(d, &b, e) != RC_OK) return -1;
        if (!b) return rows;
        rows += (long)b->n_rows;
        for (int i = 0; i < b->n_cols; i++) convert(&columns[i], &b->cols[i], b->n_rows);
        batch_free(&b);
    }
}

static char *copy_of(const unsigned char *bytes, size_t size) {
    char *copy = mem_alloc(size);
    if (copy && size) memcpy(copy, bytes, size);
    return copy;
}

static void check_error(const struct err *e) {
    if (e->code == ERR_NONE || !e->text[0]) abort();
}

long drain(const struct sea_manifest *m, const unsigned char *bytes, unsigned long size, unsigned long split) {
    struct decoder_in in = {.manifest = m, .row_count = -1, .max_bytes = 16 << 20, .more = split > 0, .stitched = true};
    struct column columns[64];
    struct decoder *d = NULL;
    struct err e = ERR_INIT;
    size_t first = split ? split : size;
    long rows = -1;
    memset(columns, 0, sizeof columns);
    for (int i = 0; i < m->n_columns && i < 64; i++) columns[i].sea = m->columns[i];
    char *piece = copy_of(bytes, first);
    if (!piece) return -1;
    enum rc rc = decoder_new(&d, &in, block_of(piece, first), &e);
    if (rc == RC_OK && split == 0) rc = decoder_columns(d, columns, &e);
    if (rc == RC_OK) rc = (rows = take_all(d, columns, &e)) < 0 ? RC_ERR : RC_OK;
    if (rc == RC_OK && split) {
        in.more = false;
        in.chunk_index = 1;
        rc = decoder_feed(d, &in, block_of(copy_of(bytes + first, size - first), size - first), &e);
        if (rc == RC_OK) {
            long more = take_all(d, columns, &e);
            rc = more < 0 ? RC_ERR : RC_OK;
            rows += more;
        }
    }
    decoder_free(&d);
    if (rc == RC_OK) return rows;
    check_error(&e);
    return -1;
}
