#include "insert.h"

#include "core/sqlscan.h"

struct reader {
    struct sqlscan scan;
    struct sqltoken t;
};

static void step(struct reader *r) { r->t = sqlscan_next(&r->scan); }

static bool take_word(struct reader *r, const char *word) {
    if (!sqltoken_is(&r->t, word)) return false;
    step(r);
    return true;
}

static bool take_punct(struct reader *r, const char *punct) {
    if (!sqltoken_is_punct(&r->t, punct)) return false;
    step(r);
    return true;
}

/* Names beyond ASCII come out as odd tokens; they are names all the same. */
static bool is_name(const struct sqltoken *t) {
    return t->kind == SQLTOK_WORD || t->kind == SQLTOK_NAME ||
           (t->kind == SQLTOK_ODD && t->text.len > 1 && (unsigned char)t->text.ptr[0] >= 0x80);
}

static bool take_table(struct reader *r, struct sv *out) {
    const char *from = r->t.text.ptr, *end;
    do {
        if (!is_name(&r->t)) return false;
        end = r->t.text.ptr + r->t.text.len;
        step(r);
    } while (take_punct(r, "."));
    *out = sv_make(from, (size_t)(end - from));
    return true;
}

/* ( name, name … ); columns NULL: only counted. */
static bool take_columns(struct reader *r, struct sv *columns, int *n) {
    *n = 0;
    if (!take_punct(r, "(")) return false;
    do {
        if (!is_name(&r->t)) return false;
        if (columns) columns[*n] = sqltoken_unquoted(&r->t);
        (*n)++;
        step(r);
    } while (take_punct(r, ","));
    return take_punct(r, ")");
}

static enum rc take_list(struct reader *r, struct arena *a, struct insert *out, bool *fine, struct err *e) {
    struct reader counting = *r;
    *fine = take_columns(&counting, NULL, &out->n_columns);
    if (!*fine) return RC_OK;
    out->columns = arena_array(a, (size_t)out->n_columns, sizeof *out->columns);
    if (!out->columns) return err_nomem(e);
    *fine = take_columns(r, out->columns, &out->n_columns);
    return RC_OK;
}

static bool is_subquery(const struct sqltoken *t) {
    return sqltoken_is(t, "SELECT") || sqltoken_is(t, "FROM") || sqltoken_is(t, "TABLE") || sqltoken_is(t, "VALUES");
}

static int marker_at(const struct markers *m, size_t at) {
    for (int i = 0; i < m->n; i++)
        if (m->at[i] == at) return i;
    return -1;
}

/* The tuple up to its closing parenthesis. A value that is one marker and nothing else stands for its column. */
static bool take_tuple(struct reader *r, const struct markers *m, struct insert *out) {
    const char *text = r->scan.text.ptr;
    int depth = 0, value = 0, tokens = 0, alone = -1;
    out->from = (size_t)(r->t.text.ptr - text);
    out->repeatable = true;
    if (!sqltoken_is_punct(&r->t, "(")) return false;
    for (; r->t.kind != SQLTOK_END; step(r)) {
        const struct sqltoken *t = &r->t;
        bool opens = sqltoken_is_punct(t, "("), closes = sqltoken_is_punct(t, ")");
        bool ends = (depth == 1 && closes) || (depth == 1 && sqltoken_is_punct(t, ","));
        if (t->kind == SQLTOK_SEMI) return false;
        if (is_subquery(t)) out->repeatable = false;
        if (ends) {
            if (tokens == 1 && alone >= 0) out->column_of[alone] = value;
            value++;
            tokens = 0;
            alone = -1;
        } else if (depth > 0) {
            tokens++;
            if (t->kind == SQLTOK_MARKER && t->text.len == 1) alone = marker_at(m, (size_t)(t->text.ptr - text));
        }
        if (opens) depth++;
        if (closes && --depth == 0) break;
    }
    out->to = (size_t)(r->t.text.ptr - text) + r->t.text.len;
    if (r->t.kind == SQLTOK_END) return false;
    step(r);
    return true;
}

enum rc insert_match(struct sv sql, const struct markers *m, struct arena *a, struct insert *out, struct err *e) {
    struct reader r = { .scan = sqlscan_of(sql) };
    bool fine = true;
    *out = (struct insert){ .matches = false };
    out->column_of = arena_array(a, (size_t)m->n + 1, sizeof *out->column_of);
    if (!out->column_of) return err_nomem(e);
    for (int i = 0; i < m->n; i++) out->column_of[i] = -1;
    step(&r);
    if (!take_word(&r, "INSERT") || !take_word(&r, "INTO")) return RC_OK;
    (void)take_word(&r, "TABLE");
    if (!take_table(&r, &out->table)) return RC_OK;
    if (sqltoken_is_punct(&r.t, "(") && take_list(&r, a, out, &fine, e)) return RC_ERR;
    if (!fine || !take_word(&r, "VALUES") || !take_tuple(&r, m, out)) return RC_OK;
    while (r.t.kind == SQLTOK_SEMI) step(&r);
    out->matches = r.t.kind == SQLTOK_END;
    return RC_OK;
}
