#include "catalog.h"

#include "api.h"
#include "connect.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

SQLRETURN catalog_begin(struct stmt *s) {
    stmt_close_cursor(s);
    stmt_forget_text(s);
    return state_move(s, STMT_ST_ALLOCATED);
}

/* ---- arguments ------------------------------------------------------------------------------------------------------ */

static enum rc read_one(struct stmt *s, struct match *m, char kind, struct sv arg, struct arena *a, struct err *e) {
    if (s->attrs.metadata_id == SQL_TRUE && !sv_is_null(arg)) return match_identifier(m, arg, a, e);
    if (kind == 'p') return match_pattern(m, arg, a, e);
    *m = match_ordinary(arg);
    return RC_OK;
}

SQLRETURN catalog_read_args(struct stmt *s, struct catalog_args *args, const char *kinds, struct sv catalog,
                            struct sv schema, struct sv table, struct sv column) {
    struct err e = ERR_INIT;
    struct match *to[] = { &args->catalog, &args->schema, &args->table, &args->column };
    struct sv from[] = { catalog, schema, table, column };
    *args = (struct catalog_args){ .arena = ARENA_INIT };
    SQLRETURN rc = SQL_SUCCESS;
    for (int i = 0; kinds[i] && SQL_SUCCEEDED(rc); i++) {
        if (s->attrs.metadata_id == SQL_TRUE && sv_is_null(from[i]) && i > 0)
            rc = diag_fail(&s->h, ST_NULL_POINTER, "with SQL_ATTR_METADATA_ID on, names must not be NULL pointers");
        else if (read_one(s, to[i], kinds[i], from[i], &args->arena, &e))
            rc = diag_err(&s->h, &e);
    }
    if (!SQL_SUCCEEDED(rc)) catalog_args_fini(args);
    return rc;
}

void catalog_args_fini(struct catalog_args *args) { arena_fini(&args->arena); }

/* ---- the question ---------------------------------------------------------------------------------------------------- */

SQLRETURN catalog_empty(struct stmt *s, const struct mem_col *cols, int n_cols) {
    struct memtable t;
    memtable_init(&t, cols, n_cols);
    return memtable_open(&t, s);
}

enum rc catalog_add_scope(struct stmt *s, const struct match *catalog, struct buf *sql, struct err *e) {
    const char *current = NULL;
    struct sv name = catalog->text;
    if (catalog->kind != MATCH_EXACT) {
        if (s->dbc->options.multi_catalog) return buf_adds(sql, " ALL CATALOGS", e);
        if (connect_catalog(s->dbc, &current, e)) return RC_ERR;
        name = sv_of(current);
    }
    if (buf_adds(sql, " CATALOG ", e)) return RC_ERR;
    return quote_name(name, sql, e);
}

enum rc catalog_add_like(const char *word, const struct match *m, struct buf *sql, struct err *e) {
    struct buf pattern;
    if (m->kind == MATCH_ALL || m->kind == MATCH_NONE) return RC_OK;
    buf_init(&pattern, 4096);
    enum rc rc = match_to_show(m, &pattern, e);
    if (rc == RC_OK) rc = buf_addf(sql, e, " %s '" SV_FMT "'", word, SV_ARG(buf_sv(&pattern)));
    buf_fini(&pattern);
    return rc;
}

enum rc catalog_names(struct stmt *s, struct arena *arena, struct sv **names, size_t *n_r, struct err *e) {
    struct ask a = { .stmt = NULL };
    size_t cap = 0;
    *names = NULL;
    *n_r = 0;
    enum rc rc = ask_open(&a, s, SV_LIT("SHOW CATALOGS"), e);
    for (bool more = true; rc == RC_OK && more;) {
        rc = ask_next(&a, &more, e);
        if (rc != RC_OK || !more) break;
        if (*n_r == cap) {
            struct sv *grown = arena_array(arena, cap = cap ? cap * 2 : 32, sizeof *grown);
            if (grown && *n_r) memcpy(grown, *names, *n_r * sizeof *grown);
            *names = grown;
        }
        struct sv name = ask_text(&a, 0);
        char *copy = *names ? arena_dup(arena, name) : NULL;
        if (!copy) rc = err_nomem(e);
        else (*names)[(*n_r)++] = sv_make(copy, name.len);
    }
    ask_close(&a);
    return rc;
}

bool catalog_may_be_skipped(const struct err *e) {
    return e->code == ERR_SQL && (diag_says_not_found(e) || strncmp(e->sqlstate, "42", 2) == 0 ||
                                  strstr(e->text, "PERMISSION"));
}

SQLRETURN catalog_finish(struct stmt *s, enum rc rc, const struct err *e, struct memtable *t, const int *order) {
    SQLRETURN ret;
    if (rc == RC_OK || diag_says_not_found(e)) {
        memtable_sort(t, order);
        ret = memtable_open(t, s);
    } else {
        ret = diag_err(&s->h, e);
    }
    memtable_fini(t);
    return ret;
}
