#include "catalog.h"

#include "connect.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"
#include "exec.h"
#include "metacache.h"

/* ---- arguments ------------------------------------------------------------------------------------------------------ */

/* "If an ordinary argument is set to a null pointer and is not required, its behaviour is driver-dependent": for the key
 * functions it means the current catalog or schema. They read "" the same way: many programs pass it for "not given",
 * and there is nothing without a catalog or a schema that it could stand for. */
static enum rc read_one(struct match *m, bool as_identifier, char kind, struct sv arg, struct arena *a, struct err *e) {
    if (as_identifier && !sv_is_null(arg)) return match_identifier(m, arg, a, e);
    if (kind == 'p') return match_pattern(m, arg, a, e);
    *m = match_ordinary(kind == 'c' && arg.len == 0 ? SV_NULL : arg);
    return RC_OK;
}

/* The names of a side of SQLForeignKeys that is not asked about. */
static bool is_idle(const struct catalog_fn *fn, const struct catalog_query *q, int i) {
    return fn->kinds[i] == 'x' && sv_is_null(q->given[i / 3 * 3 + 2]);
}

static SQLRETURN read_args(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q) {
    struct err e = ERR_INIT;
    bool identifiers = s->attrs.metadata_id == SQL_TRUE;
    for (int i = 0; fn->kinds[i]; i++) {
        char kind = fn->kinds[i] == 'x' ? 'c' : fn->kinds[i];
        if (is_idle(fn, q, i)) q->name[i] = match_ordinary(SV_NULL);
        else if (identifiers && sv_is_null(q->given[i]))
            return diag_fail(&s->h, ST_NULL_POINTER,
                             "with SQL_ATTR_METADATA_ID on, no name may be a NULL pointer; argument %d is", i + 1);
        else if (read_one(&q->name[i], identifiers, kind, q->given[i], &q->arena, &e)) return diag_err(&s->h, &e);
    }
    return SQL_SUCCESS;
}

bool catalog_matches_nothing(const struct catalog_query *q, int n) {
    for (int i = 0; i < n; i++)
        if (q->name[i].kind == MATCH_NONE) return true;
    return false;
}

/* ---- the cache ------------------------------------------------------------------------------------------------------- */

enum { MAX_KEY = 4096 };

static enum rc add_text(struct buf *key, struct sv text, struct err *e) {
    if (sv_is_null(text)) return buf_adds(key, "-,", e);
    if (buf_addf(key, e, "%zu:", text.len)) return RC_ERR;
    return buf_addsv(key, text, e);
}

/* Everything that decides the answer but the connection. Left empty where it does not fit: then nothing is kept. A
 * family's key has a * where the table would be, which no name's text can look like. */
static void make_key(const struct stmt *s, const struct catalog_fn *fn, const struct catalog_query *q, bool is_family,
                     struct buf *key) {
    struct err e = ERR_INIT;
    enum rc rc = buf_addf(key, &e, "%s %lu %d %d %d ", fn->name, (unsigned long)s->attrs.metadata_id,
                          (int)s->dbc->env->odbc_version, q->numbers[0], q->numbers[1]);
    for (int i = 0; fn->kinds[i] && rc == RC_OK; i++)
        rc = is_family && i == Q_TABLE ? buf_adds(key, "*,", &e) : add_text(key, q->given[i], &e);
    if (rc == RC_OK) rc = add_text(key, q->types, &e);
    if (rc != RC_OK) buf_reset(key);
}

/* ---- one call -------------------------------------------------------------------------------------------------------- */

static struct memrows *finish(const struct catalog_fn *fn, struct catalog_query *q, struct memtable *t, struct err *e) {
    memtable_sort(t, q->order ? q->order : fn->order);
    if (fn->after) fn->after(q, t);
    struct memrows *rows = memtable_pack(t);
    if (!rows) (void)err_nomem(e);
    return rows;
}

static struct memrows *make_rows(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q, struct err *e) {
    struct memtable t;
    memtable_init(&t, fn->cols, fn->n_cols);
    if (fn->fill(s, q, &t, e) == RC_OK || diag_says_not_found(e)) return finish(fn, q, &t, e);
    memtable_fini(&t);
    return NULL;
}

/* ---- one table after the other ------------------------------------------------------------------------------------- */

/* While they are gathered, rows take several times the room they have in the cache. */
enum { ROOM_FACTOR = 4 };

/* Can be one of many such questions about one schema. */
static bool is_step(const struct catalog_fn *fn, const struct catalog_query *q) {
    enum match_kind schema = q->name[Q_SCHEMA].kind, table = q->name[Q_TABLE].kind;
    bool one_schema = fn->kinds[Q_SCHEMA] == 'c' || schema == MATCH_EXACT || schema == MATCH_PATTERN;
    return fn->table_col > 0 && one_schema && (table == MATCH_EXACT || table == MATCH_PATTERN);
}

/* All tables of the schema. What cannot be found or read there may yet be told of one table. */
static struct memrows *make_whole(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q, struct err *e) {
    struct memtable t;
    struct match table = q->name[Q_TABLE];
    memtable_init(&t, fn->cols, fn->table_col < fn->n_cols ? fn->n_cols : fn->table_col + 1);
    t.max_bytes = metacache_room(s->dbc->metacache) * ROOM_FACTOR;
    q->name[Q_TABLE] = match_ordinary(SV_NULL);
    enum rc rc = fn->fill(s, q, &t, e);
    q->name[Q_TABLE] = table;
    if (rc == RC_OK) return finish(fn, q, &t, e);
    memtable_fini(&t);
    return NULL;
}

static bool has_the_name(struct sv name, const void *arg) { return match_name(arg, name); }

/* The answer from that of the whole schema, which is asked for when the program walks. NULL without an error: ask for
 * the one table. */
static struct memrows *rows_of_whole(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q,
                                     struct sv family, struct err *e) {
    struct metacache *cache = s->dbc->metacache;
    struct memrows *rows = NULL, *whole = metacache_get(cache, family);
    if (!whole && !metacache_walks(cache, family, q->given[Q_TABLE])) return NULL;
    if (!whole) {
        uint64_t epoch = metacache_epoch(cache);
        log_line(s->dbc->log, LOG_INFO, "catalog", "%s: asking for all tables of the schema at once", fn->name);
        whole = make_whole(s, fn, q, e);
        if (whole) metacache_put(cache, family, whole, epoch);
        else if (e->code == ERR_SQL || e->code == ERR_LIMIT) *e = (struct err)ERR_INIT;
        if (!whole) return NULL;
    }
    rows = memrows_where(whole, fn->n_cols, fn->table_col, has_the_name, &q->name[Q_TABLE]);
    if (!rows) (void)err_nomem(e);
    memrows_unref(&whole);
    return rows;
}

static struct memrows *ask_rows(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q, struct sv key,
                                struct err *e) {
    struct buf family;
    struct memrows *rows = NULL;
    if (s->dbc->metacache && is_step(fn, q)) {
        buf_init(&family, MAX_KEY);
        make_key(s, fn, q, true, &family);
        rows = rows_of_whole(s, fn, q, buf_sv(&family), e);
        buf_fini(&family);
    }
    if (rows || e->code != ERR_NONE) return rows;
    uint64_t epoch = metacache_epoch(s->dbc->metacache);
    rows = make_rows(s, fn, q, e);
    if (rows) metacache_put(s->dbc->metacache, key, rows, epoch);
    return rows;
}

/* ---- the whole call -------------------------------------------------------------------------------------------------- */

static SQLRETURN answer(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q, struct sv key) {
    struct err e = ERR_INIT;
    struct memrows *rows = metacache_get(s->dbc->metacache, key);
    if (!rows) rows = ask_rows(s, fn, q, key, &e);
    if (!rows) return diag_err(&s->h, &e);
    SQLRETURN rc = memrows_open(rows, s);
    memrows_unref(&rows);
    return rc;
}

SQLRETURN catalog_run(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q) {
    struct buf key;
    buf_init(&key, MAX_KEY);
    SQLRETURN rc = exec_begin(s);
    if (SQL_SUCCEEDED(rc)) rc = read_args(s, fn, q);
    if (SQL_SUCCEEDED(rc)) {
        make_key(s, fn, q, false, &key);
        rc = answer(s, fn, q, buf_sv(&key));
    }
    buf_fini(&key);
    arena_fini(&q->arena);
    return rc;
}

/* ---- the question ---------------------------------------------------------------------------------------------------- */

enum rc catalog_ask(struct stmt *s, struct sv sql, catalog_add_fn *add, struct catalog_query *q, struct memtable *t,
                    struct err *e) {
    struct ask a = { .stmt = NULL };
    enum rc rc = ask_open(&a, s, sql, e);
    for (bool more = true; rc == RC_OK && more;) {
        rc = ask_next(&a, &more, e);
        if (rc == RC_OK && more) rc = add(&a, q, t, e);
    }
    ask_close(&a);
    return rc;
}

enum rc catalog_ask_if_there(struct stmt *s, struct sv sql, catalog_add_fn *add, struct catalog_query *q,
                             struct memtable *t, struct err *e) {
    if (catalog_ask(s, sql, add, q, t, e) == RC_OK || catalog_may_be_skipped(e)) return RC_OK;
    return RC_ERR;
}

enum rc catalog_copy_texts(struct ask *a, const struct catalog_copy *list, size_t n, struct memtable *t, struct err *e) {
    for (size_t i = 0; i < n; i++)
        if (memtable_text(t, list[i].to, ask_text(a, ask_column(a, list[i].from)), e)) return RC_ERR;
    return RC_OK;
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
