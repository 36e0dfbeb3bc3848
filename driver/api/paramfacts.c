#include "paramfacts.h"

#include "ask.h"
#include "core/arena.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "driver/sql/insert.h"
#include "typefacts.h"

enum { MAX_SQL = 4096 };

struct paramfacts {
    struct arena arena;
    struct markers marks;
    struct insert shape;
    struct type_spec *types;    /* per marker; DBX_OTHER = not known */
};

void paramfacts_free(struct paramfacts **f) {
    if (!*f) return;
    arena_fini(&(*f)->arena);
    mem_free(*f);
    *f = NULL;
}

/* The value's number in the tuple of the column that is the row-th of the table; -1 = it is not among them. */
static int value_of(const struct insert *in, struct sv column, int row) {
    if (in->n_columns == 0) return row;
    for (int i = 0; i < in->n_columns; i++)
        if (sv_ieq(in->columns[i], column)) return i;
    return -1;
}

static void keep_type(struct paramfacts *f, int value, struct sv type) {
    for (int i = 0; value >= 0 && i < f->marks.n; i++)
        if (f->shape.column_of[i] == value) f->types[i] = type_parse(type);
}

/* Columns come first, then a blank line or one that begins with #. */
static enum rc read_columns(struct paramfacts *f, struct ask *a, struct err *e) {
    int name = ask_column(a, "col_name"), type = ask_column(a, "data_type");
    bool more = true;
    for (int row = 0;; row++) {
        if (ask_next(a, &more, e)) return RC_ERR;
        struct sv column = more ? ask_text(a, name) : SV_NULL;
        if (column.len == 0 || column.ptr[0] == '#') return RC_OK;
        keep_type(f, value_of(&f->shape, column, row), ask_text(a, type));
    }
}

static enum rc ask_table(struct stmt *s, struct paramfacts *f, struct err *e) {
    struct ask a = { .stmt = NULL };
    struct buf sql;
    buf_init(&sql, MAX_SQL);
    enum rc rc = buf_adds(&sql, "DESCRIBE TABLE ", e);
    if (rc == RC_OK) rc = buf_addsv(&sql, f->shape.table, e);
    if (rc == RC_OK) rc = ask_open(&a, s, buf_sv(&sql), e);
    if (rc == RC_OK) rc = read_columns(f, &a, e);
    ask_close(&a);
    buf_fini(&sql);
    return rc;
}

static enum rc learn(struct stmt *s, struct paramfacts *f, struct err *e) {
    struct sv sql = sv_of(s->sql);
    if (markers_find(sql, &f->arena, &f->marks, e) ||
        insert_match(sql, &f->marks, &f->arena, &f->shape, e)) return RC_ERR;
    f->types = arena_array(&f->arena, (size_t)f->marks.n + 1, sizeof *f->types);
    if (!f->types) return err_nomem(e);
    for (int i = 0; i < f->marks.n; i++) f->types[i].type = DBX_OTHER;
    if (!f->shape.matches || ask_table(s, f, e) == RC_OK) return RC_OK;
    bool must_stop = e->code == ERR_CANCELLED || e->code == ERR_QUERY_TIMEOUT || e->code == ERR_NOMEM;
    return must_stop ? RC_ERR : RC_OK;
}

/* "If the size cannot be determined", it is 0: that of STRING and BINARY, which have none, and of markers nobody knows. Those
 * who bind with it get no limit; pyodbc sends the values in parts instead of making room for the longest. */
static void describe(const struct type_spec *spec, const struct options *o, struct paramfact *out) {
    struct type_facts t;
    *out = (struct paramfact){ o->wide_types ? SQL_WVARCHAR : SQL_VARCHAR, 0, 0 };
    if (spec->type >= DBX_OTHER) return;
    type_describe(spec, o, &t);
    bool sized = spec->length > 0 || !(t.is_text || t.is_binary);
    *out = (struct paramfact){ t.concise, sized ? t.size : 0, t.has_digits ? t.digits : 0 };
}

SQLRETURN paramfacts_get(struct stmt *s, int number, struct paramfact *out) {
    struct err e = ERR_INIT;
    if (!s->paramfacts) {
        struct paramfacts *f = mem_zalloc(sizeof *f);
        if (!f) return diag_nomem(&s->h);
        if (learn(s, f, &e)) {
            paramfacts_free(&f);
            return diag_err(&s->h, &e);
        }
        s->paramfacts = f;
    }
    describe(&s->paramfacts->types[number - 1], &s->dbc->options, out);
    return SQL_SUCCESS;
}
