/* The two formats behind one door, and the count of rows that nobody may lose. */
#include <string.h>

#include "arrow.h"
#include "batch.h"
#include "core/mem.h"
#include "json_rows.h"

static const size_t DEFAULT_MAX_BYTES = (size_t)1 << 30;

struct decoder {
    const struct sea_manifest *manifest;
    struct arrow *arrow;            /* one of the two */
    struct json_rows *json;
    int64_t chunk_index;            /* the last one fed */
    int64_t promised;               /* rows of all chunks fed; -1 = unknown */
    int64_t seen;
    bool more, stitched;
};

static enum rc in_chunk(struct decoder *d, enum rc rc, struct err *e) {
    return rc == RC_OK ? RC_OK : err_wrap(e, "chunk %lld", (long long)d->chunk_index);
}

static enum rc feed(struct decoder *d, struct block *bytes, struct err *e) {
    if (!bytes) return err_nomem(e);
    return d->arrow ? arrow_feed(d->arrow, &bytes, e) : json_rows_feed(d->json, &bytes, e);
}

/* Once nobody knows how many rows there will be, nobody ever will. */
static void next_chunk(struct decoder *d, const struct decoder_in *in) {
    d->chunk_index = in->chunk_index;
    if (d->arrow) arrow_next_chunk(d->arrow);
    if (d->promised < 0 || in->row_count < 0 || __builtin_add_overflow(d->promised, in->row_count, &d->promised))
        d->promised = -1;
}

static enum rc open_format(struct decoder *d, const struct decoder_in *in, struct err *e) {
    switch (in->manifest->format) {
    case SEA_ARROW_STREAM:
        return arrow_new(&d->arrow, in->manifest, in->max_bytes ? in->max_bytes : DEFAULT_MAX_BYTES, in->slabs, e);
    case SEA_JSON_ARRAY: return json_rows_new(&d->json, in->manifest, e);
    case SEA_CSV: break;
    }
    return err_set(e, ERR_UNSUPPORTED, "results in CSV format are never asked for and cannot be read");
}

/* Everything behind us counts on scales that 128 bits can hold. */
static enum rc check_manifest(const struct sea_manifest *m, struct err *e) {
    for (int i = 0; i < m->n_columns; i++) {
        const struct sea_column *c = &m->columns[i];
        if (c->precision < 0 || c->precision > 38 || c->scale < 0 || c->scale > 38)
            return err_set(e, ERR_RESULT_CORRUPT, "column \"%s\" has precision %d and scale %d", c->name, c->precision,
                           c->scale);
    }
    return RC_OK;
}

enum rc decoder_new(struct decoder **out, const struct decoder_in *in, struct block *bytes, struct err *e) {
    struct decoder *d = mem_zalloc(sizeof *d);
    enum rc rc;
    *out = NULL;
    if (!d || check_manifest(in->manifest, e) != RC_OK || open_format(d, in, e) != RC_OK) {
        block_drop(&bytes);
        if (!d) return err_nomem(e);
        decoder_free(&d);
        return RC_ERR;
    }
    d->manifest = in->manifest;
    d->stitched = in->stitched;
    next_chunk(d, in);
    d->more = in->more;
    rc = feed(d, bytes, e);
    if (rc == RC_OK && d->arrow) rc = arrow_schema(d->arrow, e);
    if (in_chunk(d, rc, e) != RC_OK) {
        decoder_free(&d);
        return RC_ERR;
    }
    *out = d;
    return RC_OK;
}

enum rc decoder_feed(struct decoder *d, const struct decoder_in *in, struct block *bytes, struct err *e) {
    if (!d->more) {
        block_drop(&bytes);
        return err_set(e, ERR_INTERNAL, "chunk %lld was fed after the last", (long long)in->chunk_index);
    }
    if (d->json && in->chunk_index != d->chunk_index && json_rows_finish(d->json, e) != RC_OK) {
        block_drop(&bytes);
        return in_chunk(d, RC_ERR, e);
    }
    if (in->chunk_index != d->chunk_index) next_chunk(d, in);
    d->more = in->more;
    return in_chunk(d, feed(d, bytes, e), e);
}

/* All input is used up and no more will come. */
static enum rc finish(struct decoder *d, struct err *e) {
    if ((d->arrow ? arrow_finish(d->arrow, e) : json_rows_finish(d->json, e)) != RC_OK) return RC_ERR;
    if (d->promised >= 0 && d->seen != d->promised)
        return err_set(e, ERR_RESULT_SHORT, "%lld rows arrived where %lld were announced", (long long)d->seen,
                       (long long)d->promised);
    return RC_OK;
}

static enum rc count(struct decoder *d, struct batch **b, struct err *e) {
    d->seen += (*b)->n_rows;
    if (d->promised < 0 || d->seen <= d->promised || (d->more && d->stitched)) return RC_OK;
    batch_free(b);
    return err_set(e, ERR_RESULT_SHORT, "more rows arrived than the %lld announced", (long long)d->promised);
}

enum rc decoder_next(struct decoder *d, struct batch **out, struct err *e) {
    enum rc rc;
    *out = NULL;
    do {
        batch_free(out);
        rc = d->arrow ? arrow_next(d->arrow, out, e) : json_rows_next(d->json, out, e);
    } while (rc == RC_OK && *out && (*out)->n_rows == 0);
    if (rc == RC_OK && *out) rc = count(d, out, e);
    else if (rc == RC_OK && !d->more) rc = finish(d, e);
    return in_chunk(d, rc, e);
}

bool decoder_has_columns(const struct decoder *d) { return !d->arrow || arrow_has_schema(d->arrow); }

enum rc decoder_columns(struct decoder *d, struct column *columns, struct err *e) {
    for (int i = 0; i < d->manifest->n_columns; i++) {
        columns[i].nullable = NULLABLE_YES;
        columns[i].zone = "";
    }
    if (!d->arrow) return RC_OK;
    if (arrow_has_schema(d->arrow)) return in_chunk(d, arrow_columns(d->arrow, columns, e), e);
    if (d->promised > 0) return err_set(e, ERR_RESULT_CORRUPT, "chunk %lld ends before the Arrow schema",
                                        (long long)d->chunk_index);
    return RC_OK;
}

void decoder_free(struct decoder **d) {
    if (!d || !*d) return;
    arrow_free(&(*d)->arrow);
    json_rows_free(&(*d)->json);
    mem_free(*d);
    *d = NULL;
}
