/* exec: SQLPrepare, SQLExecute, SQLExecDirect and what can be asked afterwards. */
#include "exec.h"

#include "api.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"
#include "driver/sql/escape.h"
#include "driver/sql/scan.h"
#include "metacache.h"
#include "paramrun.h"
#include "plan.h"

static SQLRETURN make_static(struct stmt *s, struct cursor *c) {
    const struct options *o = &s->dbc->options;
    const struct rowstore_in in = { .max_bytes = (size_t)o->cursor_memory << 20, .folder = o->cursor_folder };
    struct err e = ERR_INIT;
    return cursor_make_static(c, &in, &e) ? diag_err(&s->h, &e) : SQL_SUCCESS;
}

/* 24000 while a query's result waits to be fetched. The driver manager sees to it after the first fetch, and believes that one
 * read to its end is closed. What a statement answers that is no query (SET, OPTIMIZE) need not be closed: few know that
 * it is a result. */
static SQLRETURN may_begin(struct stmt *s) {
    if (s->state != STMT_ST_OPEN || !s->must_close) return SQL_SUCCESS;
    return diag_fail(&s->h, ST_CURSOR_STATE, "a result set is open: SQLCloseCursor or SQLFreeStmt(SQL_CLOSE) comes first");
}

SQLRETURN exec_begin(struct stmt *s) {
    if (!SQL_SUCCEEDED(may_begin(s))) return SQL_ERROR;
    stmt_close_cursor(s);
    stmt_forget_text(s);
    return state_move(s, STMT_ST_ALLOCATED);
}

SQLRETURN exec_open_cursor(struct stmt *s, struct cursor *c) {
    if (s->attrs.cursor_type == SQL_CURSOR_STATIC && !SQL_SUCCEEDED(make_static(s, c))) {
        cursor_free(&c);
        return SQL_ERROR;
    }
    s->cursor = c;
    s->must_close = true;
    plan_compare(s, c->n_cols, c->cols);
    s->row_count = (SQLLEN)c->total_rows;
    diag_counts(&s->h, s->row_count, s->row_count);
    return state_move(s, STMT_ST_OPEN);
}

/* ---- counts of INSERT, UPDATE, DELETE, MERGE ------------------------------------------------------------------------ */

static bool is_count_name(const char *name) {
    static const char *const NAMES[] = { "num_affected_rows", "num_inserted_rows", "num_updated_rows",
        "num_deleted_rows" };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (sv_ieq(sv_of(name), sv_of(NAMES[i]))) return true;
    return false;
}

/* The server answers a write with one row of counts; ODBC wants no result set and a row count. */
static bool is_count(const struct scan *scan, const struct result *r) {
    const struct column *cols = result_columns(r);
    int n = result_n_columns(r);
    if (scan->kind != SCAN_WRITE && scan->kind != SCAN_DDL) return false;
    for (int i = 0; i < n; i++)
        if (cols[i].sea.type != DBX_BIGINT || !is_count_name(cols[i].sea.name)) return false;
    return n > 0 && result_total_rows(r) <= 1;
}

static enum rc read_count(struct stmt *s, struct result *r, int64_t deadline, SQLLEN *count, struct err *e) {
    struct batch *b = NULL;
    if (result_next(r, s->cancel, deadline, &b, e)) return RC_ERR;
    const struct col_view *v = b && b->n_rows > 0 && b->n_cols > 0 ? &b->cols[0] : NULL;
    if (v && v->phys == COL_I64 && !col_is_null(v, 0)) *count = (SQLLEN)((const int64_t *)v->data)[v->offset];
    batch_free(&b);
    return RC_OK;
}

/* ---- execution ------------------------------------------------------------------------------------------------------- */

static SQLRETURN warn_truncated(struct stmt *s, const struct result *r) {
    int64_t total = result_total_rows(r);
    int64_t limit = s->attrs.max_rows < INT64_MAX ? (int64_t)s->attrs.max_rows : 0;
    bool as_asked = limit > 0 && (total < 0 || total >= limit);
    if (!result_truncated(r) || as_asked) return SQL_SUCCESS;
    if (total < 0)
        return diag_warn(&s->h, ST_WARNING,
                         "the server cut the result at a limit of its own (row_limit or byte_limit); "
                         "rows are missing");
    return diag_warn(&s->h, ST_WARNING, "the server cut the result to %lld rows at a limit of its own (row_limit or "
                     "byte_limit); rows are missing", (long long)total);
}

/* CacheInfo=1: the application, or whoever reads its log, wants to know. */
static SQLRETURN tell_cache(struct stmt *s, const struct result *r) {
    struct cachenews n = result_cachenews(r);
    if (!s->dbc->options.cache_info) return SQL_SUCCESS;
    if (n.kind != CACHENEWS_HIT && n.kind != CACHENEWS_STALE)
        return diag_warn(&s->h, ST_WARNING, "cache: %s", cachenews_word(n.kind));
    return diag_warn(&s->h, ST_WARNING, "cache: %s, %lld s old, served for %lld s more", cachenews_word(n.kind),
                     (long long)n.age_s, (long long)n.life_s);
}

/* SQL_ATTR_DBX_CACHE and the like are about the last execution; arrays that are sent in pieces have no single answer. */
static void note_cache(struct stmt *s, const struct result *r) {
    struct cachenews n = r ? result_cachenews(r) : (struct cachenews){0};
    s->attrs.dbx_cache = (SQLULEN)n.kind;
    s->attrs.dbx_cache_age = (SQLULEN)n.age_s;
    s->attrs.dbx_cache_life = (SQLULEN)n.life_s;
}

static bool is_query(const struct scan *scan) { return scan->kind == SCAN_QUERY || scan->kind == SCAN_SHOW; }

static SQLRETURN open_result(struct stmt *s, const struct scan *scan, struct result **r) {
    struct err e = ERR_INIT;
    struct cursor *c = NULL;
    SQLRETURN warned = warn_truncated(s, *r), told = tell_cache(s, *r);
    if (warned == SQL_SUCCESS) warned = told;
    int64_t limit = s->attrs.max_rows < INT64_MAX ? (int64_t)s->attrs.max_rows : 0;
    if (cursor_of_result(&c, r, limit, &e)) return diag_err(&s->h, &e);
    SQLRETURN rc = exec_open_cursor(s, c);
    s->must_close = is_query(scan);
    return SQL_SUCCEEDED(rc) ? warned : rc;
}

static bool is_searched_write(const struct scan *scan) {
    int code = scan->function_code;
    return code == SQL_DIAG_INSERT || code == SQL_DIAG_UPDATE_WHERE || code == SQL_DIAG_DELETE_WHERE;
}

/* "If SQLExecute executes a searched update, insert, or delete statement that does not affect any rows, SQL_NO_DATA": for
 * applications of ODBC 3, and not for arrays, whose sets have counts of their own. */
SQLRETURN exec_outcome(struct stmt *s, SQLRETURN rc) {
    if (rc != SQL_SUCCESS || s->state != STMT_ST_DONE || !s->met_no_row || s->apd->array_size > 1) return rc;
    bool is_old = s->dbc->env->odbc_version == SQL_OV_ODBC2;
    return is_old || s->dbc->options.empty_writes_succeed ? SQL_SUCCESS : SQL_NO_DATA;
}

SQLRETURN exec_done(struct stmt *s, const struct scan *scan, SQLLEN count) {
    s->row_count = count;
    s->met_no_row = count == 0 && is_searched_write(scan);
    plan_compare(s, 0, NULL);
    diag_function(&s->h, scan->function, scan->function_code);
    diag_counts(&s->h, s->row_count, -1);
    return state_move(s, STMT_ST_DONE);
}

SQLRETURN exec_take(struct stmt *s, const struct scan *scan, struct result **r, int64_t deadline) {
    struct err e = ERR_INIT;
    SQLLEN count = -1;
    note_cache(s, *r);
    diag_function(&s->h, scan->function, scan->function_code);
    if (result_n_columns(*r) > 0 && !is_count(scan, *r)) return open_result(s, scan, r);
    if (exec_count(s, scan, r, deadline, &count, &e)) return diag_err(&s->h, &e);
    return exec_done(s, scan, count);
}

enum rc exec_count(struct stmt *s, const struct scan *scan, struct result **r, int64_t deadline, SQLLEN *count,
                   struct err *e) {
    enum rc rc = RC_OK;
    *count = -1;
    if (result_n_columns(*r) > 0 && is_count(scan, *r)) rc = read_count(s, *r, deadline, count, e);
    result_free(r);
    return rc;
}

/* What such a statement did, or did before it failed, may be what an answer of the catalog functions said. */
static bool may_change_catalog(const struct scan *scan) { return !is_query(scan) && !is_searched_write(scan); }

enum rc exec_send(struct stmt *s, const struct scan *scan, const struct exec_in *in, struct result **r, struct err *e) {
    dbc_note_statement(s->dbc, scan->kind);
    struct exec_in own = *in;
    own.id_first = s->attrs.async_enable == SQL_ASYNC_ENABLE_ON;    /* SQLCancel shall find something to cancel */
    enum rc rc = session_execute(s->dbc->session, &own, s->cancel, r, e);
    if (may_change_catalog(scan)) metacache_flush(s->dbc->metacache);
    return rc;
}

static SQLRETURN run(struct stmt *s, struct sv sql) {
    struct scan scan;
    struct err e = ERR_INIT;
    struct result *r = NULL;
    note_cache(s, NULL);
    stmt_close_cursor(s);   /* the driver manager may think it closed already: a new execution always closes */
    scan_sql(sql, &scan);
    if (scan.kind == SCAN_EMPTY) return diag_fail(&s->h, ST_SYNTAX, "the statement is empty");
    if (scan.n_markers > 0) return paramrun_start(s, sql, &scan);
    struct exec_in in = { .sql = sql, .deadline = stmt_deadline(s),
                          .row_limit = s->attrs.max_rows < INT64_MAX ? (int64_t)s->attrs.max_rows : 0 };
    if (exec_send(s, &scan, &in, &r, &e)) return diag_err(&s->h, &e);
    return exec_take(s, &scan, &r, in.deadline);
}

static SQLRETURN waits_for_data(struct stmt *s) {
    return diag_fail(&s->h, ST_SEQUENCE, "an execution waits for data: SQLParamData or SQLCancel comes next");
}

/* ---- escape sequences ------------------------------------------------------------------------------------------------- */

enum { MAX_SQL = 64 << 20 };

/* The text for the server: sql itself, or its translation in text, which the caller ends. */
static enum rc to_native(const struct dbc *d, struct sv *sql, struct buf *text, struct err *e) {
    struct escape_settings how = { .decimal_scale = (int)d->options.decimal_scale };
    if (!escape_is_needed(*sql)) return RC_OK;
    if (escape_translate(*sql, &how, text, e)) return RC_ERR;
    *sql = buf_sv(text);
    return RC_OK;
}

/* "SQL_NOSCAN_ON: the driver does not scan the SQL string for escape sequences." */
static SQLRETURN translate(struct stmt *s, struct sv *sql, struct buf *text) {
    struct err e = ERR_INIT;
    if (s->attrs.noscan == SQL_NOSCAN_ON || to_native(s->dbc, sql, text, &e) == RC_OK) return SQL_SUCCESS;
    return diag_err(&s->h, &e);
}

/* "SQLPrepare must be exactly SQL_SUCCESS": nothing is sent, nothing is checked but that there is a text and that its
 * escape sequences can be translated. */
static SQLRETURN prepare(struct stmt *s, struct sv sql, struct buf *text) {
    if (!SQL_SUCCEEDED(translate(s, &sql, text))) return SQL_ERROR;
    sql = scan_trim(sql);
    s->sql = mem_strndup(sql.ptr, sql.len);
    if (!s->sql) return diag_nomem(&s->h);
    return state_move(s, STMT_ST_PREPARED);
}

SQLRETURN api_prepare(struct stmt *s, struct sv sql) {
    if (sv_is_null(sql)) return diag_fail(&s->h, ST_NULL_POINTER, "the statement's text is a NULL pointer");
    if (state_needs_data(s->state)) return waits_for_data(s);
    if (!SQL_SUCCEEDED(exec_begin(s))) return SQL_ERROR;
    struct buf text;
    buf_init(&text, MAX_SQL);
    SQLRETURN rc = prepare(s, sql, &text);
    buf_fini(&text);
    return rc;
}

SQLRETURN api_execute(struct stmt *s) {
    if (!s->sql) return diag_fail(&s->h, ST_SEQUENCE, "no statement is prepared");
    if (state_needs_data(s->state)) return waits_for_data(s);
    if (!SQL_SUCCEEDED(may_begin(s))) return SQL_ERROR;
    return exec_outcome(s, run(s, sv_of(s->sql)));
}

SQLRETURN api_exec_direct(struct stmt *s, struct sv sql) {
    if (sv_is_null(sql)) return diag_fail(&s->h, ST_NULL_POINTER, "the statement's text is a NULL pointer");
    if (state_needs_data(s->state)) return waits_for_data(s);
    if (!SQL_SUCCEEDED(exec_begin(s))) return SQL_ERROR;
    struct buf text;
    buf_init(&text, MAX_SQL);
    SQLRETURN rc = translate(s, &sql, &text);
    if (SQL_SUCCEEDED(rc)) rc = exec_outcome(s, run(s, scan_trim(sql)));
    buf_fini(&text);
    return rc;
}

SQLRETURN api_native_sql(struct dbc *d, struct sv sql, const struct text_out *out) {
    if (sv_is_null(sql)) return diag_fail(&d->h, ST_NULL_POINTER, "the statement's text is a NULL pointer");
    if (!d->connected) return diag_fail(&d->h, ST_NOT_CONNECTED, "the connection is not open");
    struct err e = ERR_INIT;
    struct buf text;
    buf_init(&text, MAX_SQL);
    SQLRETURN rc = to_native(d, &sql, &text, &e) ? diag_err(&d->h, &e) : text_out_give(out, sql, &d->h);
    buf_fini(&text);
    return rc;
}

/* There is one result per statement; asking for the next one ends the cursor. */
SQLRETURN api_more_results(struct stmt *s) {
    if (s->state != STMT_ST_ALLOCATED) stmt_close_cursor(s);
    return SQL_NO_DATA;
}

SQLRETURN api_row_count(struct stmt *s, SQLLEN *count) {
    if (!count) return diag_fail(&s->h, ST_NULL_POINTER, "the pointer for the count is NULL");
    if (s->state != STMT_ST_DONE && !s->cursor) return diag_fail(&s->h, ST_SEQUENCE, "no statement was executed");
    *count = s->row_count;
    return SQL_SUCCESS;
}

SQLRETURN api_close_cursor(struct stmt *s) {
    if (!s->cursor) return diag_fail(&s->h, ST_CURSOR_STATE, "there is no open cursor");
    stmt_close_cursor(s);
    return SQL_SUCCESS;
}

/* ---- cursor names ------------------------------------------------------------------------------------------------------ */

SQLRETURN api_get_cursor_name(struct stmt *s, const struct text_out *name) {
    char text[STMT_MAX_CURSOR_NAME + 1];
    stmt_name(s, text, sizeof text);
    return text_out_give(name, sv_of(text), &s->h);
}

static bool is_taken(struct stmt *s, struct sv name) {
    bool taken = false;
    pthread_mutex_lock(&s->dbc->list_lock);
    for (struct stmt *other = s->dbc->stmts; other && !taken; other = other->next) {
        char text[STMT_MAX_CURSOR_NAME + 1];
        if (other == s) continue;
        stmt_name(other, text, sizeof text);
        taken = sv_ieq(name, sv_of(text));
    }
    pthread_mutex_unlock(&s->dbc->list_lock);
    return taken;
}

SQLRETURN api_set_cursor_name(struct stmt *s, struct sv name) {
    if (sv_is_null(name)) return diag_fail(&s->h, ST_NULL_POINTER, "the cursor name is a NULL pointer");
    if (s->cursor) return diag_fail(&s->h, ST_CURSOR_STATE, "a cursor gets its name before it is opened");
    if (name.len == 0 || name.len > STMT_MAX_CURSOR_NAME || sv_istarts(name, SV_LIT("SQLCUR")) ||
        sv_istarts(name, SV_LIT("SQL_CUR")))
        return diag_fail(&s->h, ST_CURSOR_NAME,
                         "a cursor name has 1 to %d bytes and does not start with SQLCUR or SQL_CUR",
                         STMT_MAX_CURSOR_NAME);
    if (is_taken(s, name)) return diag_fail(&s->h, ST_SAME_NAME, "another statement has a cursor of that name");
    memcpy(s->cursor_name, name.ptr, name.len);
    s->cursor_name[name.len] = '\0';
    return SQL_SUCCESS;
}
