#include "arrow.h"

#include <limits.h>
#include <nanoarrow/nanoarrow_ipc.h>

#include "block.h"
#include "column.h"
#include "core/buf.h"
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
    ALIGNED = 8,                        /* as the format has all messages and buffers */
    WINDOW = 8 * 1024 * 1024,           /* plain bytes are kept in pieces of this size, if a message fits */
    INFLATES_TO = 4,                    /* usual growth of LZ4 data, for pieces that need less */
};

struct arrow {
    const struct sea_manifest *manifest;
    size_t max_bytes;
    struct slabs *slabs;
    struct lz4 lz4;
    struct block *in;                   /* what has been fed and not yet moved to plain; NULL = nothing */
    size_t in_at;
    size_t made;                        /* plain bytes of this chunk so far */
    struct block *plain;                /* decompressed; batches hold it too, so bytes are added behind but nothing moves */
    size_t at;                          /* the next message in it */
    size_t need;                        /* bytes of that message, as far as its beginning told */
    size_t sure;                        /* up to here no checksum is outstanding: what lies behind is not handed out */
    struct ArrowIpcDecoder ipc;
    struct ArrowSchema schema;
    struct ArrowArrayView view;
    struct ArrowIpcDictionaryEncodings encodings;
    struct ArrowIpcDictionaries dictionaries;
    struct arena arena;                 /* of the field tree */
    struct field root;
    bool has_schema;
    struct sv header;                   /* of the message being read: prefix and flatbuffer, in plain or in moved */
    struct buf moved;                   /* a header that lies askew */
    struct ArrowBuffer body;
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

enum rc arrow_new(struct arrow **out, const struct sea_manifest *manifest, size_t max_bytes, struct slabs *slabs,
                  struct err *e) {
    struct arrow *a = mem_zalloc(sizeof *a);
    *out = NULL;
    if (!a) return err_nomem(e);
    a->manifest = manifest;
    a->max_bytes = max_bytes;
    a->slabs = slabs_hold(slabs);
    buf_init(&a->moved, MAX_HEADER + PREFIX);
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
    buf_fini(&a->moved);
    block_drop(&a->in);
    block_drop(&a->plain);
    lz4_fini(&a->lz4);
    slabs_drop(&a->slabs);
    mem_free(a);
    *out = NULL;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static size_t left_of(const struct arrow *a) { return a->plain ? a->plain->len - a->at : 0; }

void arrow_next_chunk(struct arrow *a) { a->made = 0; }

enum rc arrow_feed(struct arrow *a, struct block **in, struct err *e) {
    if (a->in) return block_drop(in), err_set(e, ERR_INTERNAL, "Arrow data was fed before the last was used up");
    a->in = *in;
    a->in_at = 0;
    *in = NULL;
    return RC_OK;
}

static size_t max_of(size_t a, size_t b) { return a > b ? a : b; }

/* Small inputs get small pieces. */
static size_t window_for(const struct arrow *a, size_t step) {
    size_t in = a->in->len - a->in_at, guess = in < WINDOW / INFLATES_TO ? in * INFLATES_TO : WINDOW;
    return max_of(guess, step);
}

/* Room for step bytes behind what is there. What others hold must not move: then the unread rest goes to a new block. */
static enum rc make_room(struct arrow *a, size_t step, struct err *e) {
    size_t left = left_of(a);
    if (a->plain && a->plain->cap - a->plain->len >= step) return RC_OK;
    if (a->plain && a->at == 0 && !block_is_shared(a->plain)) return block_reserve(a->plain, max_of(step, a->need), e);
    struct block *next = block_new(a->slabs);
    if (!next) return err_nomem(e);
    if (block_reserve(next, max_of(left + window_for(a, step), a->need + step), e)) return block_drop(&next), RC_ERR;
    if (left) memcpy(next->bytes, a->plain->bytes + a->at, left);
    next->len = left;
    a->sure = a->sure > a->at ? a->sure - a->at : 0;
    block_drop(&a->plain);
    a->plain = next;
    a->at = 0;
    return RC_OK;
}

/* A short input cannot fill a large block. */
static size_t step_bytes(const struct arrow *a) {
    enum { MAX_RATIO = 255, LEAST = 64 * 1024 };
    size_t in = a->in->len - a->in_at, step = lz4_step_bytes(&a->lz4);
    return in < step / MAX_RATIO ? in * MAX_RATIO + LEAST : step;
}

static enum rc inflate(struct arrow *a, bool *moved, struct err *e) {
    struct sv in = sv_make(a->in->bytes + a->in_at, a->in->len - a->in_at);
    if (make_room(a, step_bytes(a), e)) return RC_ERR;
    size_t before = a->plain->len;
    if (lz4_step(&a->lz4, &in, a->plain, moved, e)) return RC_ERR;
    a->in_at = a->in->len - in.len;
    a->made += a->plain->len - before;
    if (!a->lz4.in_frame || !a->lz4.has_sum) a->sure = a->plain->len;
    if (!*moved) block_drop(&a->in);
    return RC_OK;
}

static enum rc copy_in(struct arrow *a, struct err *e) {
    size_t n = a->in->len - a->in_at;
    if (!left_of(a) && !block_is_shared(a->in)) {
        block_drop(&a->plain);
        a->plain = a->in;
        a->at = 0;
        a->in = NULL;
    } else {
        if (make_room(a, n, e) || block_add(a->plain, a->in->bytes + a->in_at, n, e)) return RC_ERR;
        block_drop(&a->in);
    }
    a->made += n;
    a->sure = a->plain->len;
    return RC_OK;
}

/* A step from in to plain. *moved = false: all that was fed is there. */
static enum rc more_plain(struct arrow *a, bool *moved, struct err *e) {
    *moved = a->in != NULL;
    if (!a->in) return RC_OK;
    if (a->manifest->lz4 ? inflate(a, moved, e) : copy_in(a, e)) return RC_ERR;
    if (a->made > a->max_bytes)
        return err_set(e, ERR_LIMIT, "more than %zu bytes after decompression", a->max_bytes);
    return RC_OK;
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static uint32_t le32(const char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool is_askew(const char *p) { return (uintptr_t)p % ALIGNED != 0; }

static enum rc set_header(struct arrow *a, struct sv header, struct err *e) {
    a->header = header;
    if (!is_askew(header.ptr)) return RC_OK;
    buf_reset(&a->moved);
    if (buf_addsv(&a->moved, header, e)) return RC_ERR;
    a->header = buf_sv(&a->moved);
    return RC_OK;
}

static enum rc decode_header(struct arrow *a, struct err *e) {
    struct ArrowError ae = {.message = ""};
    struct ArrowBufferView view = {{a->header.ptr}, (int64_t)a->header.len};
    int code = ArrowIpcDecoderVerifyHeader(&a->ipc, view, &ae);
    if (code != NANOARROW_OK) return arrow_fail(e, code, "Arrow message header", &ae);
    if (a->ipc.body_size_bytes < 0 || (uint64_t)a->ipc.body_size_bytes > a->max_bytes)
        return err_set(e, ERR_RESULT_CORRUPT, "an Arrow message of %lld bytes", (long long)a->ipc.body_size_bytes);
    if (guard_message(a->header.ptr + PREFIX, a->ipc.body_size_bytes, e) != RC_OK) return RC_ERR;
    code = ArrowIpcDecoderDecodeHeader(&a->ipc, view, &ae);
    return code == NANOARROW_OK ? RC_OK : arrow_fail(e, code, "Arrow message header", &ae);
}

/* *size_r = the header's bytes with its prefix; 0 = it is not all there. Marks of a stream's end are passed over: another
 * may follow. */
static enum rc find_header(struct arrow *a, size_t *size_r, struct err *e) {
    for (*size_r = 0; left_of(a) >= PREFIX; a->at += PREFIX) {
        const char *p = a->plain->bytes + a->at;
        if (le32(p) != UINT32_MAX)
            return err_set(e, ERR_RESULT_CORRUPT, "not an Arrow stream: a message begins with %08x", (unsigned)le32(p));
        size_t size = le32(p + 4);
        if (size > MAX_HEADER) return err_set(e, ERR_RESULT_CORRUPT, "an Arrow message header of %zu bytes", size);
        if (size) return *size_r = left_of(a) >= PREFIX + size ? PREFIX + size : 0, RC_OK;
    }
    return RC_OK;
}

static void let_go(struct ArrowBufferAllocator *allocator, uint8_t *bytes, int64_t size) {
    struct block *b = allocator->private_data;
    (void)bytes;
    (void)size;
    block_drop(&b);
}

/* The body stays where it is; whatever points into it holds the block. */
static enum rc set_body(struct arrow *a, const char *p, int64_t size, struct err *e) {
    ArrowBufferReset(&a->body);
    if (size == 0) return RC_OK;
    if (is_askew(p)) return ArrowBufferAppend(&a->body, p, size) == NANOARROW_OK ? RC_OK : err_nomem(e);
    a->body.data = (uint8_t *)(uintptr_t)p;
    a->body.size_bytes = a->body.capacity_bytes = size;
    a->body.allocator = ArrowBufferDeallocator(let_go, block_hold(a->plain));
    return RC_OK;
}

/* One whole message in header and body. *full = false: it is not all there, and stays where it is. */
static enum rc read_message(struct arrow *a, bool *full, struct err *e) {
    size_t header;
    *full = false;
    a->need = 0;
    if (find_header(a, &header, e) != RC_OK) return RC_ERR;
    if (!header) return RC_OK;
    const char *p = a->plain->bytes + a->at;
    if (set_header(a, sv_make(p, header), e) != RC_OK || decode_header(a, e) != RC_OK) return RC_ERR;
    a->need = header + (size_t)a->ipc.body_size_bytes;
    if (a->at + a->need > a->sure) return RC_OK;
    if (set_body(a, p + header, a->ipc.body_size_bytes, e) != RC_OK) return RC_ERR;
    a->at += header + (size_t)a->ipc.body_size_bytes;
    *full = true;
    return RC_OK;
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
    ArrowBufferReset(&a->body);
    return rc;
}

static enum rc pull(struct arrow *a, bool schema_only, struct batch **out, struct err *e) {
    *out = NULL;
    for (bool full = true, moved = true; !*out && moved && !(schema_only && a->has_schema);) {
        if (read_message(a, &full, e) != RC_OK) return RC_ERR;
        if ((full ? take_message(a, out, e) : more_plain(a, &moved, e)) != RC_OK) return RC_ERR;
    }
    return RC_OK;
}

enum rc arrow_schema(struct arrow *a, struct err *e) {
    struct batch *none;
    return pull(a, true, &none, e);
}

enum rc arrow_next(struct arrow *a, struct batch **out, struct err *e) { return pull(a, false, out, e); }

enum rc arrow_finish(const struct arrow *a, struct err *e) {
    if (lz4_finish(&a->lz4, e) != RC_OK) return RC_ERR;
    return left_of(a) ? err_set(e, ERR_RESULT_CORRUPT, "the Arrow data ends inside a message") : RC_OK;
}
