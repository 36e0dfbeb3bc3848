#include "guard.h"

#include <string.h>

#include "field.h"

/* Field numbers of the tables in Arrow's format/Message.fbs and Schema.fbs; a union takes two, its kind and its
 * value. */
enum { MESSAGE_HEADER_TYPE = 1, MESSAGE_HEADER = 2, MESSAGE_METADATA = 4 };
enum { SCHEMA_FIELDS = 1, SCHEMA_METADATA = 2 };
enum { FIELD_TYPE_TYPE = 2, FIELD_TYPE = 3, FIELD_DICTIONARY = 4, FIELD_CHILDREN = 5, FIELD_METADATA = 6 };
enum { ENCODING_INDEX_TYPE = 1 };
enum { DICTIONARY_DATA = 1 };
enum { BATCH_LENGTH = 0, BATCH_NODES = 1, BATCH_BUFFERS = 2, BATCH_COMPRESSION = 3 };
enum { KEY_VALUE_KEY = 0, KEY_VALUE_VALUE = 1 };
enum { KIND_SCHEMA = 1, KIND_DICTIONARY = 2, KIND_BATCH = 3 };

static uint32_t u32(const char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static int64_t i64(const char *p) {
    int64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint16_t u16(const char *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Where a table keeps a field; NULL = it has none. */
static const char *find(const char *table, int number) {
    const char *vtable = table - (int32_t)u32(table);
    int at = 4 + 2 * number;
    if (at + 2 > u16(vtable) || u16(vtable + at) == 0) return NULL;
    return table + u16(vtable + at);
}

/* A table, vector or string that a field refers to. */
static const char *follow(const char *table, int number) {
    const char *field = find(table, number);
    return field && u32(field) ? field + u32(field) : NULL;
}

static int count(const char *vector) { return vector ? (int)u32(vector) : 0; }

static const char *element(const char *vector, int i) {
    const char *at = vector + 4 + 4 * (size_t)i;
    return at + u32(at);
}

static enum rc missing(const char *what, struct err *e) {
    return err_set(e, ERR_RESULT_CORRUPT, "an Arrow message has no %s", what);
}

static enum rc check_metadata(const char *table, int number, struct err *e) {
    const char *pairs = follow(table, number);
    for (int i = 0; i < count(pairs); i++)
        if (!follow(element(pairs, i), KEY_VALUE_KEY) || !follow(element(pairs, i), KEY_VALUE_VALUE))
            return missing("key or value in its metadata", e);
    return RC_OK;
}

static enum rc check_fields(const char *fields, int depth, struct err *e);

static enum rc check_field(const char *field, int depth, struct err *e) {
    const char *kind = find(field, FIELD_TYPE_TYPE), *encoding = follow(field, FIELD_DICTIONARY);
    if (!kind || !*kind || !follow(field, FIELD_TYPE)) return missing("type for a field", e);
    if (encoding && !follow(encoding, ENCODING_INDEX_TYPE)) return missing("type for the indices of a dictionary", e);
    if (check_metadata(field, FIELD_METADATA, e) != RC_OK) return RC_ERR;
    return check_fields(follow(field, FIELD_CHILDREN), depth + 1, e);
}

static enum rc check_fields(const char *fields, int depth, struct err *e) {
    if (depth > FIELD_MAX_DEPTH)
        return err_set(e, ERR_RESULT_CORRUPT, "types are nested more than %d levels deep", FIELD_MAX_DEPTH);
    for (int i = 0; i < count(fields); i++)
        if (check_field(element(fields, i), depth, e) != RC_OK) return RC_ERR;
    return RC_OK;
}

static enum rc absurd(const char *what, int64_t number, struct err *e) {
    return err_set(e, ERR_RESULT_CORRUPT, "an Arrow batch has %s %lld", what, (long long)number);
}

/* Nodes are pairs of length and count of NULLs, buffers pairs of offset and length in the body. With lengths below 2^31
 * and widths below 2^20 (field.c) no product overflows. */
static enum rc check_batch(const char *batch, int64_t body, struct err *e) {
    const char *length = find(batch, BATCH_LENGTH), *nodes = follow(batch, BATCH_NODES), *buffers = follow(batch, BATCH_BUFFERS);
    if (length && (i64(length) < 0 || i64(length) > INT32_MAX)) return absurd("a length of", i64(length), e);
    for (int i = 0; i < count(nodes); i++) {
        int64_t rows = i64(nodes + 4 + 16 * (size_t)i), nulls = i64(nodes + 12 + 16 * (size_t)i);
        if (rows < 0 || rows > INT32_MAX) return absurd("a column with length", rows, e);
        if (nulls < -1 || nulls > rows) return absurd("a column with this number of NULLs:", nulls, e);
    }
    for (int i = 0; i < count(buffers); i++) {
        int64_t from = i64(buffers + 4 + 16 * (size_t)i), bytes = i64(buffers + 12 + 16 * (size_t)i);
        if (bytes < 0 || bytes > body) return absurd("a buffer with length", bytes, e);
        if (bytes > 0 && (from < 0 || from > body - bytes)) return absurd("a buffer at offset", from, e);
    }
    return RC_OK;
}

static enum rc check_schema(const char *schema, struct err *e) {
    if (check_metadata(schema, SCHEMA_METADATA, e) != RC_OK) return RC_ERR;
    return check_fields(follow(schema, SCHEMA_FIELDS), 0, e);
}

enum rc guard_message(const char *message, int64_t body, struct err *e) {
    const char *root = message + u32(message);
    const char *kind = find(root, MESSAGE_HEADER_TYPE), *header = follow(root, MESSAGE_HEADER), *data;
    if (!kind || !header) return missing("header", e);
    if (check_metadata(root, MESSAGE_METADATA, e) != RC_OK) return RC_ERR;
    switch (*kind) {
    case KIND_SCHEMA: return check_schema(header, e);
    case KIND_BATCH: return check_batch(header, body, e);
    case KIND_DICTIONARY:
        data = follow(header, DICTIONARY_DATA);
        return data ? check_batch(data, body, e) : missing("data for a dictionary", e);
    default: return RC_OK;      /* refused by the reader */
    }
}

/* A compressed buffer begins with the size it will have; -1 = it is not compressed after all. */
enum rc guard_inflated(const char *message, const char *body, size_t max, size_t *total_r, struct err *e) {
    const char *buffers = follow(follow(message + u32(message), MESSAGE_HEADER), BATCH_BUFFERS);
    *total_r = 0;
    for (int i = 0; i < count(buffers); i++) {
        int64_t from = i64(buffers + 4 + 16 * (size_t)i), bytes = i64(buffers + 12 + 16 * (size_t)i);
        int64_t size = bytes >= 8 ? i64(body + from) : 0;
        if (size == -1) continue;
        if (size < 0) return absurd("a compressed buffer of size", size, e);
        if ((uint64_t)size > max - *total_r) return err_set(e, ERR_LIMIT, "more than %zu bytes after decompression", max);
        *total_r += (size_t)size;
    }
    return RC_OK;
}

/* Nodes and buffers that a value of this type has in a batch, its children's included. */
static enum rc count_parts(const struct ArrowSchema *schema, int *nodes, int *buffers, struct err *e) {
    struct ArrowSchemaView view;
    if (ArrowSchemaViewInit(&view, schema, NULL) != NANOARROW_OK) return missing("valid type for a dictionary", e);
    ++*nodes;
    for (int i = 0; i < NANOARROW_MAX_FIXED_BUFFERS; i++)
        *buffers += view.layout.buffer_type[i] != NANOARROW_BUFFER_TYPE_NONE;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (count_parts(schema->children[i], nodes, buffers, e) != RC_OK) return RC_ERR;
    return RC_OK;
}

enum rc guard_dictionary(const char *message, const struct ArrowSchema *values, struct err *e) {
    const char *data = follow(follow(message + u32(message), MESSAGE_HEADER), DICTIONARY_DATA);
    int nodes = 0, buffers = 0;
    if (count_parts(values, &nodes, &buffers, e) != RC_OK) return RC_ERR;
    if (count(follow(data, BATCH_NODES)) != nodes || count(follow(data, BATCH_BUFFERS)) != buffers)
        return err_set(e, ERR_RESULT_CORRUPT, "an Arrow dictionary does not have the parts of its type");
    if (follow(data, BATCH_COMPRESSION))
        return err_set(e, ERR_RESULT_CORRUPT, "an Arrow dictionary is compressed, which cannot be read");
    return RC_OK;
}
