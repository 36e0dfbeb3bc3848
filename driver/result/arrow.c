#include "arrow.h"

#include <limits.h>
#include <nanoarrow/nanoarrow_ipc.h>

#include "column.h"
#include "core/mem.h"
#include "field.h"
#include "guard.h"
#include "lz4.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the views of a batch are Arrow's little-endian buffers"
#endif

enum {
    PREFIX = 8,                         /* 0xFFFFFFFF and the length of the header */
    MAX_HEADER = 64 * 1024 * 1024,
    STEP = 1024 * 1024,                 /* a length is only a claim: memory follows the bytes that really come */
};

struct arrow {
    const struct sea_manifest *manifest;
    size_t max_bytes;
    struct lz4_in in;
    struct ArrowIpcDecoder ipc;
    struct ArrowSchema schema;
    struct ArrowArrayView view;
    struct ArrowIpcDictionaryEncodings encodings;
    struct ArrowIpcDictionaries dictionaries;
    struct arena arena;                 /* of the field tree */
    struct field root;
    bool has_schema;
    struct buf header;                  /* of the message being read: prefix and flatbuffer */
    struct ArrowBuffer body;
    bool has_header;                    /* header is complete, body is next */
};

static enum rc arrow_fail(struct err *e, int code, const char *doing, const struct ArrowError *ae) {
    if (code == ENOMEM) return err_nomem(e);
    return err_set(e, ERR_RESULT_CORRUPT, "%s: %.300s", doing, ae->message[0] ? ae->message : "not valid");
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void drop_schema(struct arrow *a) {
    if (a->dictionaries.private_data) ArrowIpcDictionariesReset(&a->dictionaries);
    ArrowIpcDictionaryEncodingsReset(&a->encodings);
    ArrowIpcDictionaryEncodingsInit(&a->encodings);
    ArrowArrayViewReset(&a->view);
    if (a->schema.release) ArrowSchemaRelease(&a->schema);
    arena_fini(&a->arena);
    memset(&a->root, 0, sizeof a->root);
    a->has_schema = false;
}

enum rc arrow_new(struct arrow **out, const struct sea_manifest *manifest, size_t max_bytes, struct err *e) {
    struct arrow *a = mem_zalloc(sizeof *a);
    *out = NULL;
    if (!a) return err_nomem(e);
    a->manifest = manifest;
    a->max_bytes = max_bytes;
    lz4_open(&a->in, manifest->lz4, max_bytes);
    buf_init(&a->header, MAX_HEADER + PREFIX);
    ArrowBufferInit(&a->body);
    ArrowArrayViewInitFromType(&a->view, NANOARROW_TYPE_UNINITIALIZED);
    ArrowIpcDictionaryEncodingsInit(&a->encodings);
    if (ArrowIpcDecoderInit(&a->ipc) != NANOARROW_OK) {
        arrow_free(&a);
        return err_nomem(e);
    }
    *out = a;
    return RC_OK;
}

void arrow_free(struct arrow **out) {
    struct arrow *a = *out;
    if (!a) return;
    drop_schema(a);
    ArrowIpcDictionaryEncodingsReset(&a->encodings);
    if (a->ipc.private_data) ArrowIpcDecoderReset(&a->ipc);
    ArrowBufferReset(&a->body);
    buf_fini(&a->header);
    lz4_close(&a->in);
    mem_free(a);
    *out = NULL;
}

enum rc arrow_feed(struct arrow *a, char *bytes, size_t len, struct err *e) { return lz4_feed(&a->in, bytes, len, e); }

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/* Fills the header up to want bytes in all. *full = false when the input ended first; the rest comes later. */
static enum rc fill_header(struct arrow *a, size_t want, bool *full, struct err *e) {
    while (a->header.len < want) {
        size_t got, room = want - a->header.len < STEP ? want - a->header.len : STEP;
        if (buf_reserve(&a->header, room, e) != RC_OK) return RC_ERR;
        if (lz4_read(&a->in, a->header.ptr + a->header.len, room, &got, e) != RC_OK) return RC_ERR;
        a->header.len += got;
        if (got < room) break;
    }
    *full = a->header.len >= want;
    return RC_OK;
}

static enum rc fill_body(struct arrow *a, int64_t want, bool *full, struct err *e) {
    while (a->body.size_bytes < want) {
        int64_t have = a->body.size_bytes, room = want - have;
        size_t got;
        if (room > have + STEP) room = have + STEP;
        if (ArrowBufferReserve(&a->body, room) != NANOARROW_OK) return err_nomem(e);
        if (lz4_read(&a->in, a->body.data + have, (size_t)room, &got, e) != RC_OK) return RC_ERR;
        a->body.size_bytes += (int64_t)got;
        if ((int64_t)got < room) break;
    }
    *full = a->body.size_bytes >= want;
    return RC_OK;
}

static uint32_t le32(const char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static enum rc read_header(struct arrow *a, bool *full, struct err *e) {
    struct ArrowError ae = {.message = ""};
    uint32_t size;
    if (fill_header(a, PREFIX, full, e) != RC_OK || !*full) return *full ? RC_ERR : RC_OK;
    if (le32(a->header.ptr) != UINT32_MAX)
        return err_set(e, ERR_RESULT_CORRUPT, "not an Arrow stream: a message begins with %08x",
                       (unsigned)le32(a->header.ptr));
    size = le32(a->header.ptr + 4);
    if (size > MAX_HEADER) return err_set(e, ERR_RESULT_CORRUPT, "an Arrow message header of %u bytes", size);
    if (size == 0) {            /* end of stream; another may follow */
        buf_reset(&a->header);
        return RC_OK;
    }
    if (fill_header(a, PREFIX + (size_t)size, full, e) != RC_OK) return RC_ERR;
    if (!*full) return RC_OK;
    struct ArrowBufferView view = {{a->header.ptr}, (int64_t)a->header.len};
    int code = ArrowIpcDecoderVerifyHeader(&a->ipc, view, &ae);
    if (code != NANOARROW_OK) return arrow_fail(e, code, "Arrow message header", &ae);
    if (a->ipc.body_size_bytes < 0 || (uint64_t)a->ipc.body_size_bytes > a->max_bytes)
        return err_set(e, ERR_RESULT_CORRUPT, "an Arrow message of %lld bytes", (long long)a->ipc.body_size_bytes);
    if (guard_message(a->header.ptr + PREFIX, a->ipc.body_size_bytes, e) != RC_OK) return RC_ERR;
    code = ArrowIpcDecoderDecodeHeader(&a->ipc, view, &ae);
    if (code != NANOARROW_OK) return arrow_fail(e, code, "Arrow message header", &ae);
    a->has_header = true;
    return RC_OK;
}

/* One whole message in header and body. *full = false: the input is used up. */
static enum rc read_message(struct arrow *a, bool *full, struct err *e) {
    *full = true;
    while (!a->has_header)
        if (read_header(a, full, e) != RC_OK || !*full) return *full ? RC_ERR : RC_OK;
    return fill_body(a, a->ipc.body_size_bytes, full, e);
}

static void drop_message(struct arrow *a) {
    buf_reset(&a->header);
    ArrowBufferReset(&a->body);
    a->has_header = false;
}

/* ---- schema ------------------------------------------------------------------------------------------------------ */

static enum rc check_schema(struct arrow *a, struct err *e) {
    const struct sea_manifest *m = a->manifest;
    if (field_read(&a->root, &a->schema, &a->arena, 0, e) != RC_OK) return RC_ERR;
    if (a->root.n_children != m->n_columns)
        return err_set(e, ERR_RESULT_CORRUPT, "the manifest announces %d columns, but the data has %d", m->n_columns,
                       a->root.n_children);
    for (int i = 0; i < m->n_columns; i++)
        if (column_check(&a->root.children[i], &m->columns[i], e) != RC_OK) return RC_ERR;
    return RC_OK;
}

static enum rc take_schema(struct arrow *a, struct err *e) {
    struct ArrowError ae = {.message = ""};
    int code;
    drop_schema(a);
    code = ArrowIpcDecoderDecodeSchemaWithDictionaries(&a->ipc, &a->schema, &a->encodings, &ae);
    if (code != NANOARROW_OK) return arrow_fail(e, code, "Arrow schema", &ae);
    if (check_schema(a, e) != RC_OK) return RC_ERR;
    code = ArrowIpcDecoderSetSchemaWithDictionaries(&a->ipc, &a->schema, &a->encodings, &ae);
    if (code == NANOARROW_OK) code = ArrowIpcDecoderSetEndianness(&a->ipc, a->ipc.endianness);
    if (code == NANOARROW_OK) code = ArrowIpcDictionariesInit(&a->dictionaries, &a->encodings, &ae);
    if (code == NANOARROW_OK) code = ArrowArrayViewInitFromSchema(&a->view, &a->schema, &ae);
    if (code != NANOARROW_OK) return arrow_fail(e, code, "Arrow schema", &ae);
    a->has_schema = true;
    return RC_OK;
}

bool arrow_has_schema(const struct arrow *a) { return a->has_schema; }

/* The zone's name is that of the zone cache, so that the columns may outlive the stream. */
static enum rc complete_column(const struct field *f, struct column *c, struct err *e) {
    const struct field *values = f->dictionary ? f->dictionary : f;
    const struct tz *zone = NULL;
    c->nullable = f->nullable ? NULLABLE_YES : NULLABLE_NO;
    if (c->sea.type == DBX_TIMESTAMP && values->type == NANOARROW_TYPE_TIMESTAMP &&
        tz_get(&zone, sv_of(values->zone_name), e) != RC_OK) return err_wrap(e, "column \"%s\"", c->sea.name);
    c->zone = tz_name(zone);
    if (c->sea.type == DBX_DECIMAL && c->sea.precision == 0) {
        c->sea.precision = values->precision;
        c->sea.scale = values->scale;
    }
    return RC_OK;
}

enum rc arrow_columns(const struct arrow *a, struct column *columns, struct err *e) {
    for (int i = 0; i < a->root.n_children; i++)
        if (complete_column(&a->root.children[i], &columns[i], e) != RC_OK) return RC_ERR;
    return RC_OK;
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

struct arrow_batch {
    struct batch batch;
    struct ArrowArray array;
    struct arena arena;
};

static void release_batch(struct batch *b) {
    struct arrow_batch *own = b->owner;
    if (own->array.release) ArrowArrayRelease(&own->array);
    arena_fini(&own->arena);
    mem_free(own);
}

/* Numbers are read in place, so they must lie where the machine can read them. */
static bool is_aligned(const struct ArrowArrayView *a) {
    for (int i = 0; i < NANOARROW_MAX_FIXED_BUFFERS; i++) {
        int64_t bits = a->layout.element_size_bits[i];
        uintptr_t step = bits >= 64 ? 8 : bits >= 16 ? (uintptr_t)bits / 8 : 1;
        if ((step & (step - 1)) == 0 && (uintptr_t)a->buffer_views[i].data.data % step) return false;
    }
    for (int64_t i = 0; i < a->n_children; i++)
        if (!is_aligned(a->children[i])) return false;
    return !a->dictionary || is_aligned(a->dictionary);
}

/* Values were looked up when the views were made. Dictionaries are shared between batches and with the decoder, whose
 * counting of references knows no threads: what leaves this thread must not hold one. */
static void drop_dictionaries(struct ArrowArray *array) {
    if (array->dictionary && array->dictionary->release) ArrowArrayRelease(array->dictionary);
    for (int64_t i = 0; i < array->n_children; i++) drop_dictionaries(array->children[i]);
}

static enum rc make_views(struct arrow *a, struct arrow_batch *own, struct err *e) {
    struct batch *b = &own->batch;
    b->cols = arena_array(&own->arena, (size_t)b->n_cols, sizeof *b->cols);
    if (!b->cols) return err_nomem(e);
    for (int i = 0; i < b->n_cols; i++) {
        struct column_in in = {&a->root.children[i], &a->manifest->columns[i], a->view.children[i], b->n_rows,
                               &own->arena, a->max_bytes};
        if (column_view(&in, &b->cols[i], e) != RC_OK) return RC_ERR;
    }
    return RC_OK;
}

static enum rc fill_batch(struct arrow *a, struct arrow_batch *own, struct err *e) {
    struct ArrowError ae = {.message = ""};
    struct ArrowBuffer shared;
    size_t held = (size_t)a->body.size_bytes, inflated = 0;
    if (a->ipc.codec != NANOARROW_IPC_COMPRESSION_TYPE_NONE &&
        guard_inflated(a->header.ptr + PREFIX, (const char *)a->body.data, a->max_bytes, &inflated, e) != RC_OK)
        return RC_ERR;
    if (ArrowSharedBufferInit(&shared, &a->body) != NANOARROW_OK) return err_nomem(e);
    int code = ArrowIpcDecoderDecodeArrayFromSharedWithDictionaries(&a->ipc, &shared, -1, &a->dictionaries, &own->array,
                                                                    NANOARROW_VALIDATION_LEVEL_FULL, &ae);
    ArrowBufferReset(&shared);
    if (code == NANOARROW_OK && !own->array.release) code = EINVAL;
    if (code == NANOARROW_OK) code = ArrowArrayViewSetArray(&a->view, &own->array, &ae);
    if (code != NANOARROW_OK) return arrow_fail(e, code, "Arrow record batch", &ae);
    if (own->array.length < 0 || own->array.length > INT_MAX)
        return err_set(e, ERR_RESULT_CORRUPT, "an Arrow record batch of %lld rows", (long long)own->array.length);
    if (!is_aligned(&a->view)) return err_set(e, ERR_RESULT_CORRUPT,
                                              "the buffers of an Arrow record batch are not aligned");
    own->batch.n_rows = own->array.length;
    own->batch.n_cols = a->root.n_children;
    enum rc rc = make_views(a, own, e);
    drop_dictionaries(&own->array);
    if (rc != RC_OK) return rc;
    own->batch.bytes = held + inflated + own->arena.used + sizeof *own;
    return RC_OK;
}

static enum rc take_batch(struct arrow *a, struct batch **out, struct err *e) {
    struct arrow_batch *own;
    if (!a->has_schema) return err_set(e, ERR_RESULT_CORRUPT, "an Arrow record batch comes before the schema");
    own = mem_zalloc(sizeof *own);
    if (!own) return err_nomem(e);
    own->batch.owner = own;
    own->batch.release = release_batch;
    struct batch *b = &own->batch;
    if (fill_batch(a, own, e) != RC_OK) {
        batch_free(&b);
        return RC_ERR;
    }
    *out = b;
    return RC_OK;
}

static enum rc take_dictionary(struct arrow *a, struct err *e) {
    struct ArrowError ae = {.message = ""};
    struct ArrowBuffer shared;
    if (!a->has_schema) return err_set(e, ERR_RESULT_CORRUPT, "an Arrow dictionary comes before the schema");
    const struct ArrowIpcDictionaryEncoding *encoding =
        ArrowIpcDictionaryEncodingsFindById(&a->encodings, a->ipc.dictionary->id);
    if (!encoding) return err_set(e, ERR_RESULT_CORRUPT, "an Arrow dictionary belongs to no column");
    if (guard_dictionary(a->header.ptr + PREFIX, encoding->schema->dictionary, e) != RC_OK) return RC_ERR;
    if (ArrowSharedBufferInit(&shared, &a->body) != NANOARROW_OK) return err_nomem(e);
    int code = ArrowIpcDecoderDecodeDictionaryFromShared(&a->ipc, &shared, NANOARROW_VALIDATION_LEVEL_FULL,
                                                         &a->dictionaries, &ae);
    ArrowBufferReset(&shared);
    return code == NANOARROW_OK ? RC_OK : arrow_fail(e, code, "Arrow dictionary", &ae);
}

/* What one message brings: a batch, or nothing to show. */
static enum rc take_message(struct arrow *a, struct batch **out, struct err *e) {
    enum rc rc;
    switch (a->ipc.message_type) {
    case NANOARROW_IPC_MESSAGE_TYPE_SCHEMA: rc = take_schema(a, e); break;
    case NANOARROW_IPC_MESSAGE_TYPE_RECORD_BATCH: rc = take_batch(a, out, e); break;
    case NANOARROW_IPC_MESSAGE_TYPE_DICTIONARY_BATCH: rc = take_dictionary(a, e); break;
    default: rc = err_set(e, ERR_RESULT_CORRUPT, "an Arrow message of kind %d", (int)a->ipc.message_type);
    }
    drop_message(a);
    return rc;
}

static enum rc pull(struct arrow *a, bool schema_only, struct batch **out, struct err *e) {
    *out = NULL;
    while (!*out && !(schema_only && a->has_schema)) {
        bool full;
        if (read_message(a, &full, e) != RC_OK) return RC_ERR;
        if (!full) return RC_OK;
        if (take_message(a, out, e) != RC_OK) return RC_ERR;
    }
    return RC_OK;
}

enum rc arrow_schema(struct arrow *a, struct err *e) {
    struct batch *none;
    return pull(a, true, &none, e);
}

enum rc arrow_next(struct arrow *a, struct batch **out, struct err *e) { return pull(a, false, out, e); }

enum rc arrow_finish(const struct arrow *a, struct err *e) {
    if (!a->has_header && a->header.len == 0) return RC_OK;
    return err_set(e, ERR_RESULT_CORRUPT, "the Arrow data ends inside a message");
}
