#include "json_rows.h"

#include "cell.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf.h"
#include "lz4.h"

enum {
    MAX_ROWS = 8192, MIN_ROWS = 64,
    MAX_CELLS = 256 * 1024,         /* of one batch; wide results have fewer rows in it */
    MAX_TEXT = 8 * 1024 * 1024,     /* of one batch, up to a row's end */
};

struct json_rows {
    const struct sea_manifest *manifest;
    struct block *block;        /* what is being read; bytes and len are its */
    const char *bytes;
    size_t len, pos;
    int64_t row;                /* of the current chunk, from 0 */
    bool open;                  /* inside the outer array */
    int64_t batch_rows;
    struct cell_column *columns;
    struct buf scratch;         /* a cell without its escapes */
};

enum rc json_rows_new(struct json_rows **out, const struct sea_manifest *manifest, struct err *e) {
    struct json_rows *j = mem_zalloc(sizeof *j);
    *out = NULL;
    if (!j) return err_nomem(e);
    j->manifest = manifest;
    j->columns = mem_array((size_t)manifest->n_columns, sizeof *j->columns);
    buf_init(&j->scratch, INT32_MAX);
    if (!j->columns) {
        json_rows_free(&j);
        return err_nomem(e);
    }
    for (int i = 0; i < manifest->n_columns; i++) cell_column_init(&j->columns[i], &manifest->columns[i]);
    j->batch_rows = manifest->n_columns > 0 ? MAX_CELLS / manifest->n_columns : MAX_ROWS;
    if (j->batch_rows < MIN_ROWS) j->batch_rows = MIN_ROWS;
    if (j->batch_rows > MAX_ROWS) j->batch_rows = MAX_ROWS;
    *out = j;
    return RC_OK;
}

static void drop_text(struct json_rows *j) {
    block_drop(&j->block);
    j->bytes = NULL;
    j->len = j->pos = 0;
    j->open = false;
}

void json_rows_free(struct json_rows **out) {
    struct json_rows *j = *out;
    if (!j) return;
    drop_text(j);
    mem_free(j->columns);
    buf_fini(&j->scratch);
    mem_free(j);
    *out = NULL;
}

/* ---- scanning ---------------------------------------------------------------------------------------------------- */

static char peek(struct json_rows *j) {
    while (j->pos < j->len && strchr(" \t\r\n", j->bytes[j->pos]) && j->bytes[j->pos]) j->pos++;
    return j->pos < j->len ? j->bytes[j->pos] : '\0';
}

static bool eat(struct json_rows *j, char c) {
    if (peek(j) != c || j->pos == j->len) return false;
    j->pos++;
    return true;
}

static enum rc unexpected(struct json_rows *j, const char *wanted, struct err *e) {
    if (j->pos >= j->len)
        return err_set(e, ERR_RESULT_CORRUPT, "row %lld: the text ends where %s should be", (long long)j->row + 1,
                       wanted);
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld: byte %zu is not %s", (long long)j->row + 1, j->pos, wanted);
}

static bool eat_word(struct json_rows *j, const char *word) {
    size_t n = strlen(word);
    if (j->len - j->pos < n || memcmp(j->bytes + j->pos, word, n) != 0) return false;
    j->pos += n;
    return true;
}

enum rc json_rows_feed(struct json_rows *j, struct block **text, struct err *e) {
    drop_text(j);
    j->block = *text;
    *text = NULL;
    j->bytes = j->block->bytes;
    j->len = j->block->len;
    j->row = 0;
    if (peek(j) == '\0' && j->pos == j->len) return RC_OK;
    if (eat_word(j, "null")) return peek(j) || j->pos < j->len ? unexpected(j, "the end", e) : RC_OK;
    if (!eat(j, '[')) return unexpected(j, "\"[\"", e);
    j->open = true;
    return RC_OK;
}

/* A string token's inside. Control characters end it: JSON has them escaped. */
static enum rc scan_string(struct json_rows *j, struct sv *inside, bool *escaped, struct err *e) {
    size_t from = ++j->pos;
    *escaped = false;
    for (; j->pos < j->len; j->pos++) {
        unsigned char c = (unsigned char)j->bytes[j->pos];
        if (c == '"') {
            *inside = sv_make(j->bytes + from, j->pos++ - from);
            return RC_OK;
        }
        if (c < 0x20) break;
        if (c == '\\') {
            *escaped = true;
            j->pos++;
        }
    }
    if (j->pos > j->len) j->pos = j->len;
    return unexpected(j, "part of a string", e);
}

/* The text of a cell: a view into the chunk, or into scratch when it had escapes. */
static enum rc scan_cell(struct json_rows *j, struct sv *text, bool *is_null, struct err *e) {
    char c = peek(j);
    bool escaped;
    *is_null = false;
    if (c == '"') {
        if (scan_string(j, text, &escaped, e) != RC_OK) return RC_ERR;
        if (!escaped) return RC_OK;
        buf_reset(&j->scratch);
        if (json_unquote(&j->scratch, sv_make(text->ptr - 1, text->len + 2), e) != RC_OK) {
            if (e->code == ERR_PROTOCOL) e->code = ERR_RESULT_CORRUPT;
            return err_wrap(e, "row %lld", (long long)j->row + 1);
        }
        *text = buf_sv(&j->scratch);
        return RC_OK;
    }
    size_t from = j->pos;
    if ((*is_null = eat_word(j, "null")) || eat_word(j, "true") || eat_word(j, "false")) {
        *text = sv_make(j->bytes + from, j->pos - from);
        return RC_OK;
    }
    while (j->pos < j->len && j->bytes[j->pos] && strchr("+-.0123456789eE", j->bytes[j->pos])) j->pos++;
    *text = sv_make(j->bytes + from, j->pos - from);
    return text->len ? RC_OK : unexpected(j, "a cell", e);
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

struct json_batch {
    struct batch batch;
    struct arena arena;
    int n_texts;
    struct buf *texts;
};

static void release_batch(struct batch *b) {
    struct json_batch *own = b->owner;
    for (int i = 0; i < own->n_texts; i++) buf_fini(&own->texts[i]);
    arena_fini(&own->arena);
    mem_free(own);
}

static bool is_bytes(const struct cell_column *c) { return c->phys == COL_UTF8 || c->phys == COL_BINARY; }

static enum rc open_column(struct cell_column *c, struct json_batch *own, int i, int64_t rows, struct err *e) {
    size_t n = (size_t)rows;
    bool ok;
    c->has_nulls = false;
    c->validity = arena_array(&own->arena, (n + 7) / 8, 1);
    buf_init(&own->texts[i], INT32_MAX);
    c->text = &own->texts[i];
    if (is_bytes(c)) ok = (c->offsets = arena_array(&own->arena, n + 1, sizeof *c->offsets)) != NULL;
    else if (c->phys == COL_BOOL) ok = (c->data = arena_array(&own->arena, (n + 7) / 8, 1)) != NULL;
    else ok = c->phys == COL_NULL || (c->data = arena_array(&own->arena, n, c->width)) != NULL;
    return ok && c->validity ? RC_OK : err_nomem(e);
}

static enum rc open_batch(struct json_rows *j, struct json_batch **out, struct err *e) {
    struct json_batch *own = *out = mem_zalloc(sizeof *own);
    int n = j->manifest->n_columns;
    if (!own) return err_nomem(e);
    own->batch.owner = own;
    own->batch.release = release_batch;
    own->batch.n_cols = n;
    own->batch.cols = arena_array(&own->arena, (size_t)n, sizeof *own->batch.cols);
    own->texts = arena_array(&own->arena, (size_t)n, sizeof *own->texts);
    if (!own->batch.cols || !own->texts) return err_nomem(e);
    own->n_texts = n;
    for (int i = 0; i < n; i++)
        if (open_column(&j->columns[i], own, i, j->batch_rows, e) != RC_OK) return RC_ERR;
    return RC_OK;
}

static enum rc bad_cell(struct json_rows *j, const struct cell_column *c, struct sv text, struct err *e) {
    size_t shown = utf8_is_valid(text.ptr, text.len) ? utf8_floor(text.ptr, text.len,
                                                                  text.len < 48 ? text.len : 48) : 0;
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld, column \"%s\": \"%.*s%s\" is not a value of type %s",
                   (long long)j->row + 1, c->sea->name, (int)shown, text.ptr, shown < text.len ? "…" : "",
                   *c->sea->type_text ? c->sea->type_text : dbx_type_sql_name(c->sea->type));
}

static enum rc read_cell(struct json_rows *j, struct cell_column *c, int64_t row, struct err *e) {
    struct sv text = SV_NULL;
    bool is_null, good = true;
    if (scan_cell(j, &text, &is_null, e) != RC_OK) return RC_ERR;
    if (is_null) c->has_nulls = true;
    else {
        c->validity[row >> 3] |= (uint8_t)(1 << (row & 7));
        if (c->put(c, row, text, &good, e) != RC_OK)
            return err_wrap(e, "row %lld, column \"%s\"", (long long)j->row + 1, c->sea->name);
        if (!good) return bad_cell(j, c, text, e);
    }
    if (is_bytes(c)) c->offsets[row + 1] = (int32_t)c->text->len;
    return RC_OK;
}

static enum rc read_row(struct json_rows *j, int64_t row, struct err *e) {
    int n = j->manifest->n_columns, i = 0;
    if (!eat(j, '[')) return unexpected(j, "\"[\"", e);
    for (; i < n; i++) {
        if (peek(j) == ']') break;
        if (i && !eat(j, ',')) return unexpected(j, "\",\"", e);
        if (read_cell(j, &j->columns[i], row, e) != RC_OK) return RC_ERR;
    }
    if (i == n && eat(j, ']')) return RC_OK;
    if (i == n && peek(j) != ',') return unexpected(j, "\"]\"", e);
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld has %s cells than the %d columns announced", (long long)j->row + 1,
                   i < n ? "fewer" : "more", n);
}

static size_t text_held(const struct json_batch *own) {
    size_t n = 0;
    for (int i = 0; i < own->n_texts; i++) n += own->texts[i].len;
    return n;
}

/* Rows up to the limits or the outer array's end. */
static enum rc read_rows(struct json_rows *j, struct json_batch *own, struct err *e) {
    int64_t n = 0;
    while (n < j->batch_rows) {
        if (eat(j, ']')) {
            if (peek(j) || j->pos < j->len) return unexpected(j, "the end", e);
            drop_text(j);
            break;
        }
        if (j->row && !eat(j, ',')) return unexpected(j, "\",\" or \"]\"", e);
        if (read_row(j, n, e) != RC_OK) return RC_ERR;
        n++;
        j->row++;
        if ((n & 63) == 0 && text_held(own) > MAX_TEXT) break;
    }
    own->batch.n_rows = n;
    return RC_OK;
}

static void close_batch(struct json_rows *j, struct json_batch *own) {
    for (int i = 0; i < own->n_texts; i++) {
        const struct cell_column *c = &j->columns[i];
        struct col_view *v = &own->batch.cols[i];
        v->phys = c->phys;
        v->validity = c->has_nulls ? c->validity : NULL;
        v->offsets = is_bytes(c) ? c->offsets : NULL;
        v->data = !is_bytes(c) ? c->data : c->text->ptr ? c->text->ptr : "";
        own->batch.bytes += c->text->cap;
    }
    own->batch.bytes += own->arena.used + sizeof *own;
}

enum rc json_rows_next(struct json_rows *j, struct batch **out, struct err *e) {
    struct json_batch *own = NULL;
    *out = NULL;
    if (!j->open) return RC_OK;
    enum rc rc = open_batch(j, &own, e);
    if (rc == RC_OK) rc = read_rows(j, own, e);
    struct batch *b = own ? &own->batch : NULL;
    if (rc != RC_OK || own->batch.n_rows == 0) {
        batch_free(&b);
        return rc;
    }
    close_batch(j, own);
    *out = b;
    return RC_OK;
}
