#include "json_rows.h"

#include "cell.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf.h"
#include "json_scan.h"

enum {
    MAX_ROWS = 4096, MIN_ROWS = 64,
    MAX_CELLS = 256 * 1024,         /* of one batch; wide results have fewer rows in it */
    MAX_TEXT = 1024 * 1024,         /* of one batch, up to a row's end */
};

/* Where in the chunk's array the text of the current piece begins or goes on. */
enum place {
    AT_START,       /* nothing but blanks so far */
    IN_NULL,        /* the chunk is the word null, of which `letters` were there */
    AT_FIRST,       /* behind "[": a row or "]" */
    IN_ROW,         /* its beginning is in `tail` */
    BEHIND_ROW,     /* "," or "]" */
    BEHIND_COMMA,   /* a row */
    AT_END,         /* nothing but blanks */
};

struct json_rows {
    const struct sea_manifest *manifest;
    struct block *piece;        /* what is being read; NULL = used up */
    struct json_scan scan;      /* in it */
    uint64_t before;            /* bytes of the chunk in earlier pieces */
    enum place place;
    size_t letters;
    struct buf tail;            /* of a row that a piece cut */
    uint64_t tail_at;           /* in the chunk */
    struct json_row_end tail_end;
    int64_t row;                /* of the current chunk, from 0 */
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
    buf_init(&j->tail, INT32_MAX);
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

void json_rows_free(struct json_rows **out) {
    struct json_rows *j = *out;
    if (!j) return;
    block_drop(&j->piece);
    mem_free(j->columns);
    buf_fini(&j->tail);
    buf_fini(&j->scratch);
    mem_free(j);
    *out = NULL;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static void drop_piece(struct json_rows *j) {
    if (j->piece) j->before += j->piece->len;
    block_drop(&j->piece);
    j->scan = (struct json_scan){"", "", ""};
    j->scan.end = j->scan.at;
}

enum rc json_rows_feed(struct json_rows *j, struct block **piece, struct err *e) {
    (void)e;
    drop_piece(j);
    j->piece = *piece;
    *piece = NULL;
    struct sv text = block_sv(j->piece);
    j->scan = (struct json_scan){text.ptr, text.ptr + text.len, ""};
    return RC_OK;
}

static enum rc unexpected(struct json_rows *j, uint64_t at, const char *wanted, struct err *e) {
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld: byte %llu is not %s", (long long)j->row + 1,
                   (unsigned long long)at, wanted);
}

static uint64_t at_byte(const struct json_rows *j) {
    return j->before + (uint64_t)(j->scan.at - (j->piece->len ? j->piece->bytes : ""));
}

/* The word null in place of an array: as far as the piece has it. */
static enum json_found to_end_of_null(struct json_rows *j) {
    static const char WORD[] = "null";
    while (j->letters < sizeof WORD - 1) {
        enum json_found found = j->scan.at == j->scan.end ? JSON_CUT :
                                *j->scan.at == WORD[j->letters] ? JSON_FOUND : JSON_OTHER;
        j->scan.wanted = "\"[\"";
        if (found != JSON_FOUND) return found;
        j->scan.at++;
        j->letters++;
    }
    j->place = AT_END;
    return JSON_FOUND;
}

static enum json_found first_step(struct json_rows *j) {
    enum json_found found = json_scan_mark(&j->scan, '[', "\"[\"");
    if (found == JSON_FOUND) j->place = AT_FIRST;
    if (found != JSON_OTHER || *j->scan.at != 'n') return found;
    j->place = IN_NULL;
    return JSON_FOUND;
}

/* Between rows: a comma, or the end of the array. */
static enum json_found step_between(struct json_rows *j) {
    enum json_found found = json_scan_mark(&j->scan, ']', "\",\" or \"]\"");
    if (found == JSON_FOUND) j->place = AT_END;
    else if (found == JSON_OTHER && (found = json_scan_mark(&j->scan, ',', j->scan.wanted)) == JSON_FOUND)
        j->place = BEHIND_COMMA;
    return found;
}

static bool is_at_row(const struct json_rows *j) { return j->scan.at < j->scan.end && *j->scan.at == '['; }

/* Moves to the "[" of the next row, which is FOUND, or to the piece's end, which is CUT. */
static enum json_found to_row(struct json_rows *j) {
    enum json_found found = JSON_FOUND;
    while (found == JSON_FOUND) {
        json_scan_blanks(&j->scan);
        switch (j->place) {
        case AT_START: found = first_step(j); break;
        case IN_NULL: found = to_end_of_null(j); break;
        case AT_FIRST:
            if (is_at_row(j)) return JSON_FOUND;
            found = json_scan_mark(&j->scan, ']', "\"[\" or \"]\"");
            if (found == JSON_FOUND) j->place = AT_END;
            break;
        case IN_ROW: return json_scan_row_end(&j->scan, &j->tail_end);
        case BEHIND_ROW: found = step_between(j); break;
        case BEHIND_COMMA:
            if (is_at_row(j)) return JSON_FOUND;
            found = json_scan_mark(&j->scan, '[', "\"[\"");
            break;
        case AT_END:
            j->scan.wanted = "the end";
            return j->scan.at < j->scan.end ? JSON_OTHER : JSON_CUT;
        }
    }
    return found;
}

enum rc json_rows_finish(struct json_rows *j, struct err *e) {
    enum place place = j->place;
    int64_t row = j->row;
    drop_piece(j);
    buf_reset(&j->tail);
    j->place = AT_START;
    j->row = 0;
    j->before = 0;
    if (place == AT_START || place == AT_END) return RC_OK;
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld: the text ends where %s should be", (long long)row + 1,
                   place == IN_ROW ? "the rest of the row" : place == IN_NULL ? "the rest of the word null" :
                   place == BEHIND_ROW ? "\",\" or \"]\"" : "a row");
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

struct json_batch {
    struct batch batch;
    struct arena arena;
    int64_t room;               /* rows */
    size_t read;                /* bytes of text */
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

static enum rc open_column(struct cell_column *c, struct json_batch *own, int i, size_t left, struct err *e) {
    size_t n = (size_t)own->room;
    bool ok;
    c->has_nulls = false;
    c->validity = arena_array(&own->arena, (n + 7) / 8, 1);
    buf_init(&own->texts[i], INT32_MAX);
    c->text = &own->texts[i];
    if (is_bytes(c)) {
        ok = (c->offsets = arena_array(&own->arena, n + 1, sizeof *c->offsets)) != NULL;
        if (ok && c->usual && buf_reserve(c->text, c->usual < left ? c->usual : left, e) != RC_OK) return RC_ERR;
    } else if (c->phys == COL_BOOL) {
        ok = (c->data = arena_array(&own->arena, (n + 7) / 8, 1)) != NULL;
    } else {
        ok = c->phys == COL_NULL || (c->data = arena_array(&own->arena, n, c->width)) != NULL;
    }
    return ok && c->validity ? RC_OK : err_nomem(e);
}

/* No more rows than the text that is left can hold: "[", a byte for each cell, marks between and behind them. One more is
 * for a row that began in an earlier piece. */
static int64_t room_for(const struct json_rows *j) {
    int64_t n = (j->scan.end - j->scan.at) / (2 * (int64_t)j->manifest->n_columns + 1) + 2;
    return n < j->batch_rows ? n : j->batch_rows;
}

static enum rc open_batch(struct json_rows *j, struct json_batch **out, struct err *e) {
    struct json_batch *own = *out = mem_zalloc(sizeof *own);
    int n = j->manifest->n_columns;
    if (!own) return err_nomem(e);
    own->batch.owner = own;
    own->batch.release = release_batch;
    own->batch.n_cols = n;
    own->room = room_for(j);
    own->batch.cols = arena_array(&own->arena, (size_t)n, sizeof *own->batch.cols);
    own->texts = arena_array(&own->arena, (size_t)n, sizeof *own->texts);
    if (!own->batch.cols || !own->texts) return err_nomem(e);
    own->n_texts = n;
    for (int i = 0; i < n; i++)
        if (open_column(&j->columns[i], own, i, (size_t)(j->scan.end - j->scan.at), e) != RC_OK) return RC_ERR;
    return RC_OK;
}

static enum rc bad_cell(struct json_rows *j, const struct cell_column *c, struct sv text, struct err *e) {
    size_t shown = utf8_is_valid(text.ptr, text.len) ? utf8_floor(text.ptr, text.len,
                                                                  text.len < 48 ? text.len : 48) : 0;
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld, column \"%s\": \"%.*s%s\" is not a value of type %s",
                   (long long)j->row + 1, c->sea->name, (int)shown, text.ptr, shown < text.len ? "…" : "",
                   *c->sea->type_text ? c->sea->type_text : dbx_type_sql_name(c->sea->type));
}

static enum rc unescape(struct json_rows *j, struct json_cell *cell, struct err *e) {
    buf_reset(&j->scratch);
    if (json_unquote(&j->scratch, sv_make(cell->text.ptr - 1, cell->text.len + 2), e) != RC_OK) {
        if (e->code == ERR_PROTOCOL) e->code = ERR_RESULT_CORRUPT;
        return err_wrap(e, "row %lld", (long long)j->row + 1);
    }
    cell->text = buf_sv(&j->scratch);
    cell->ascii = false;            /* \u… may have been anything */
    return RC_OK;
}

static enum rc put_cell(struct json_rows *j, struct cell_column *c, int64_t row, struct json_cell *cell,
                        struct err *e) {
    bool good = true;
    if (cell->escaped && unescape(j, cell, e) != RC_OK) return RC_ERR;
    c->validity[row >> 3] |= (uint8_t)(1 << (row & 7));
    bool is_plain = c->phys == COL_UTF8 && cell->ascii;
    if ((is_plain ? cell_add_text(c, cell->text, e) : c->put(c, row, cell->text, &good, e)) != RC_OK)
        return err_wrap(e, "row %lld, column \"%s\"", (long long)j->row + 1, c->sea->name);
    return good ? RC_OK : bad_cell(j, c, cell->text, e);
}

static enum rc wrong_count(struct json_rows *j, const char *how, struct err *e) {
    return err_set(e, ERR_RESULT_CORRUPT, "row %lld has %s cells than the %d columns announced", (long long)j->row + 1,
                   how, j->manifest->n_columns);
}

/* A row's cells. *found_r is FOUND or CUT; OTHER comes as an error. */
static enum rc scan_row(struct json_rows *j, struct json_scan *s, int64_t row, uint64_t at, enum json_found *found_r,
                        struct err *e) {
    const char *from = s->at++;         /* the "[" */
    struct json_cell cell;
    enum json_found found = JSON_FOUND;
    int n = j->manifest->n_columns;
    for (int i = 0; i < n; i++) {
        struct cell_column *c = &j->columns[i];
        json_scan_blanks(s);
        if (s->at < s->end && *s->at == ']') return wrong_count(j, "fewer", e);
        if (i && (found = json_scan_mark(s, ',', "\",\"")) != JSON_FOUND) break;
        if ((found = json_scan_cell(s, &cell)) != JSON_FOUND) break;
        if (cell.is_null) c->has_nulls = true;
        else if (put_cell(j, c, row, &cell, e) != RC_OK) return RC_ERR;
        if (is_bytes(c)) c->offsets[row + 1] = (int32_t)c->text->len;
    }
    if (found == JSON_FOUND) found = json_scan_mark(s, ']', "\"]\"");
    *found_r = found;
    if (found != JSON_OTHER) return RC_OK;
    if (*s->at == ',') return wrong_count(j, "more", e);
    return unexpected(j, at + (uint64_t)(s->at - from), s->wanted, e);
}

/* As if the row had not been begun: the cells it had are overwritten or cut off. */
static void undo_row(struct json_rows *j, int64_t row) {
    for (int i = 0; i < j->manifest->n_columns; i++) {
        struct cell_column *c = &j->columns[i];
        c->validity[row >> 3] &= (uint8_t)~(1 << (row & 7));
        if (c->phys == COL_BOOL) c->data[row >> 3] &= (char)~(1 << (row & 7));
        if (is_bytes(c)) c->text->len = (size_t)c->offsets[row];
    }
}

/* Keeps the row that begins at from and that the piece has not the end of. */
static enum rc keep_tail(struct json_rows *j, const char *from, uint64_t at, struct err *e) {
    struct json_scan s = {from, j->scan.end, ""};
    buf_reset(&j->tail);
    j->tail_end = (struct json_row_end){false, false};
    j->tail_at = at;
    j->place = IN_ROW;
    j->scan.at = j->scan.end;
    if (json_scan_row_end(&s, &j->tail_end) != JSON_CUT)
        return err_set(e, ERR_INTERNAL, "row %lld was taken for unfinished", (long long)j->row + 1);
    return buf_add(&j->tail, from, (size_t)(j->scan.end - from), e);
}

/* A row that lies in this piece as a whole, or is cut by its end. */
static enum rc read_here(struct json_rows *j, struct json_batch *own, struct err *e) {
    const char *from = j->scan.at;
    uint64_t at = at_byte(j);
    enum json_found found = JSON_OTHER;
    if (scan_row(j, &j->scan, own->batch.n_rows, at, &found, e) != RC_OK) return RC_ERR;
    if (found == JSON_CUT) {
        undo_row(j, own->batch.n_rows);
        return keep_tail(j, from, at, e);
    }
    own->read += (size_t)(j->scan.at - from);
    own->batch.n_rows++;
    j->row++;
    j->place = BEHIND_ROW;
    return RC_OK;
}

/* A row that began in an earlier piece and whose end was just added to the tail. */
static enum rc read_tail(struct json_rows *j, struct json_batch *own, struct err *e) {
    struct json_scan s = {j->tail.ptr, j->tail.ptr + j->tail.len, ""};
    enum json_found found = JSON_OTHER;
    if (scan_row(j, &s, own->batch.n_rows, j->tail_at, &found, e) != RC_OK) return RC_ERR;
    if (found != JSON_FOUND) return unexpected(j, j->tail_at + j->tail.len, s.wanted, e);
    own->read += j->tail.len;
    own->batch.n_rows++;
    j->row++;
    j->place = BEHIND_ROW;
    if (j->tail.cap > MAX_TEXT) buf_fini(&j->tail);
    return RC_OK;
}

/* Rows up to the limits or the piece's end. The batch is opened for the first of them. */
static enum rc read_rows(struct json_rows *j, struct json_batch **own, struct err *e) {
    while (!*own || ((*own)->batch.n_rows < (*own)->room && (*own)->read < MAX_TEXT)) {
        const char *from = j->scan.at;
        bool in_row = j->place == IN_ROW;
        enum json_found found = to_row(j);
        if (in_row && buf_add(&j->tail, from, (size_t)(j->scan.at - from), e) != RC_OK) return RC_ERR;
        if (found == JSON_OTHER) return unexpected(j, at_byte(j), j->scan.wanted, e);
        if (found == JSON_CUT) {
            drop_piece(j);
            return RC_OK;
        }
        if (!*own && open_batch(j, own, e) != RC_OK) return RC_ERR;
        if ((in_row ? read_tail : read_here)(j, *own, e) != RC_OK) return RC_ERR;
    }
    return RC_OK;
}

static void close_batch(struct json_rows *j, struct json_batch *own) {
    for (int i = 0; i < own->n_texts; i++) {
        struct cell_column *c = &j->columns[i];
        struct col_view *v = &own->batch.cols[i];
        v->phys = c->phys;
        v->validity = c->has_nulls ? c->validity : NULL;
        v->offsets = is_bytes(c) ? c->offsets : NULL;
        v->data = !is_bytes(c) ? c->data : c->text->ptr ? c->text->ptr : "";
        c->usual = c->text->len + c->text->len / 8;
        own->batch.bytes += c->text->cap;
    }
    own->batch.bytes += own->arena.used + sizeof *own;
}

enum rc json_rows_next(struct json_rows *j, struct batch **out, struct err *e) {
    struct json_batch *own = NULL;
    *out = NULL;
    if (!j->piece) return RC_OK;
    enum rc rc = read_rows(j, &own, e);
    struct batch *b = own ? &own->batch : NULL;
    if (rc != RC_OK || !own || own->batch.n_rows == 0) {
        batch_free(&b);
        return rc;
    }
    close_batch(j, own);
    *out = b;
    return RC_OK;
}
