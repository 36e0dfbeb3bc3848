/* batch: a run of rows as column views, whatever format they came in.
 *
 *   bytes of a chunk ── lz4 ── arrow ──┐
 *   attachment ── base64 ── lz4 ───────┤→ struct batch (col views) → convert kernels → the application's buffers
 *   data_array text ── json_rows ──────┘
 *
 * A col_view has the layout of an Arrow array. Arrow buffers are borrowed, not copied; JSON_ARRAY cells are parsed
 * once into the same physical types; nested Arrow columns are rendered once into UTF-8 JSON text. So conversion is
 * written once. A batch owns what its views point to and is freed by batch_free(). */
#ifndef DRIVER_RESULT_BATCH_H
#define DRIVER_RESULT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/sea_model.h"

enum col_phys {
    COL_NULL,       /* every cell is NULL; no buffers */
    COL_BOOL,       /* bits in data, Arrow order */
    COL_I8, COL_I16, COL_I32, COL_I64,
    COL_F32, COL_F64,
    COL_DEC128,     /* 16 bytes little-endian two's complement, unscaled; scale in the column */
    COL_DATE32,     /* int32 days since 1970-01-01, proleptic Gregorian */
    COL_TIME_US,    /* int64 microseconds since midnight */
    COL_TS_US,      /* int64 microseconds since 1970-01-01T00:00:00 (UTC for TIMESTAMP, wall clock for TIMESTAMP_NTZ).
                       JSON_ARRAY brings TIMESTAMPs as the session's wall clock with the offset of that moment, but not the
                       zone; the wall clock is what is kept then, and the column's zone is "" */
    COL_MONTHS,     /* int32 */
    COL_DURATION_US,/* int64 */
    COL_UTF8,       /* offsets + data; checked UTF-8 */
    COL_BINARY      /* offsets + data */
};

struct col_view {
    enum col_phys phys;
    int64_t offset;             /* first row of the batch inside the buffers */
    const uint8_t *validity;    /* bit set = not NULL; NULL = no NULL in this batch */
    const void *data;
    const int32_t *offsets;     /* COL_UTF8 and COL_BINARY: offset + n_rows + 1 entries, checked monotone and in bounds */
};

struct batch {
    int64_t n_rows;
    int n_cols;
    struct col_view *cols;
    size_t bytes;               /* memory held, for budgets */
    void (*release)(struct batch *);  /* of the format that made it; batch_free calls it */
    void *owner;
};

void batch_free(struct batch **b);

static inline bool col_is_null(const struct col_view *c, int64_t row) {
    int64_t i = c->offset + row;
    return c->phys == COL_NULL || (c->validity && !(c->validity[i >> 3] >> (i & 7) & 1));
}

/* What the driver knows of a result column: the manifest's word, completed from the data. */
struct column {
    struct sea_column sea;
    enum { NULLABLE_NO, NULLABLE_YES } nullable;  /* NO only where the Arrow schema says so */
    const char *zone;           /* TIMESTAMP: session zone from the Arrow schema ("America/Los_Angeles", "+05:30"); "" = UTC.
                                   Belongs to the zone cache (core/tz.h): good as long as the library is */
};

/* Rows as batches, from the bytes of one chunk as they come in, or of several chunks when one Arrow stream was cut across
 * inline chunks (the schema may be in the first alone, messages may cross the border; chunks that are streams of their own
 * are welcome too).
 *
 *   decoder_new(more = false) → decoder_next … until *out = NULL → decoder_free
 *   decoder_new(more = true)  → decoder_next until *out = NULL → decoder_feed → decoder_next … ; after
 *                               the piece that was fed with more = false, *out = NULL is the end
 *
 * One decoder, one thread at a time. */
struct block;  /* block.h */
struct decoder;
struct slabs;  /* core/slab.h */

struct decoder_in {
    const struct sea_manifest *manifest;   /* columns, format, lz4; must outlive the decoder */
    int64_t chunk_index;                   /* which chunk the bytes belong to; pieces of one chunk follow one another */
    int64_t row_count;                     /* rows promised for this chunk; -1 = unknown. Read with its first piece */
    size_t max_bytes;                      /* ceiling for a chunk's decompressed bytes; 0 = default 1 GiB */
    bool more;                             /* other pieces will be fed */
    bool stitched;                         /* of other chunks, too: how many rows are in one is then known at the end */
    struct slabs *slabs;                   /* large memory comes from here and goes there; NULL = from nowhere special */
};

/* bytes: an Arrow IPC stream (LZ4 framed if the manifest says so, possibly several concatenated frames) or the text of
 * a JSON_ARRAY chunk. The decoder's from then on, also on failure; NULL is ERR_NOMEM. */
enum rc decoder_new(struct decoder **out, const struct decoder_in *in, struct block *bytes, struct err *e) MUST_CHECK;
/* The piece that follows, cut anywhere, after decoder_next() said *out = NULL. Only chunk_index, row_count and more of in
 * are read. Takes bytes over also on failure. */
enum rc decoder_feed(struct decoder *d, const struct decoder_in *in, struct block *bytes, struct err *e) MUST_CHECK;
/* *out = NULL at the end, or when more is to be fed. ERR_RESULT_CORRUPT and ERR_RESULT_SHORT name chunk, column and
 * cause; the number of rows is compared with what was promised for all chunks together once the last is used up. A
 * batch has at least one row, stays valid after the decoder is gone, and may be freed in another thread. */
enum rc decoder_next(struct decoder *d, struct batch **out, struct err *e) MUST_CHECK;
/* Nullability and zones as the data knows them, for columns[0 … n_columns), whose sea part is already the manifest's.
 * Call when decoder_has_columns, or when the first chunk is used up. ERR_UNSUPPORTED when a zone is not known here. */
bool decoder_has_columns(const struct decoder *d);
enum rc decoder_columns(struct decoder *d, struct column *columns, struct err *e) MUST_CHECK;
void decoder_free(struct decoder **d);

/* Base64 of a JSON string token (with quotes, "\/" allowed) into fresh bytes. */
enum rc attachment_decode(struct sv token, char **bytes, size_t *len, struct err *e) MUST_CHECK;

#endif
