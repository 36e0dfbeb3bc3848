#include "paramrun.h"

#include "bind.h"
#include "core/clock.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "exec.h"
#include "paramchunk.h"
#include "paramrun_priv.h"

enum { MAX_PARAMS = 255 };      /* as clients found */

static void drop_held(struct paramrun *r) {
    for (int i = 0; r->held && i < r->marks.n; i++) {
        buf_fini(&r->held[i].bytes);
        r->held[i] = (struct held){ .begun = false };
        buf_init(&r->held[i].bytes, PARAMROW_MAX_HELD);
    }
    r->held_bytes = 0;
    r->number = 0;
}

void paramrun_free(struct paramrun **r) {
    if (!*r) return;
    drop_held(*r);
    paramchunk_fini(*r);
    arena_fini(&(*r)->values);
    arena_fini(&(*r)->arena);
    mem_free(*r);
    *r = NULL;
}

/* ---- what the application sees ---------------------------------------------------------------------------------- */

void paramrun_status(struct paramrun *r, SQLULEN set, SQLUSMALLINT status) {
    if (r->stmt->ipd.array_status) r->stmt->ipd.array_status[set] = status;
}

static void tell_processed(struct paramrun *r, SQLULEN n) {
    if (r->stmt->ipd.rows_processed) *r->stmt->ipd.rows_processed = n;
}

static bool is_ignored(const struct paramrun *r) {
    const SQLUSMALLINT *operation = r->stmt->apd->array_status;
    return operation && operation[r->at] == SQL_PARAM_IGNORE;
}

/* For diagnostics: the number of the set, or 0 where there are no arrays. */
static SQLLEN set_number(const struct paramrun *r, SQLULEN set) { return r->n_sets > 1 ? (SQLLEN)set + 1 : 0; }

void paramrun_failed(struct paramrun *r, SQLULEN set, SQLUSMALLINT status) {
    paramrun_status(r, set, status);
    r->failed++;
}

void paramrun_add_count(struct paramrun *r, SQLLEN n) {
    if (n >= 0) r->count = r->count < 0 ? n : r->count + n;
}

/* After a refusal of the server the next set may be fine; after a broken connection, a cancel or a time-out none is. */
void paramrun_server_failed(struct paramrun *r, const struct err *e) {
    if (e->code != ERR_SQL) r->stopped = true;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* One value, as parameter, or as SQL text too (literal not NULL). Posts what is wrong. */
static SQLRETURN convert(struct paramrun *r, int number, struct from_c_out *out, struct sv *literal) {
    struct paramvalue v;
    struct from_c_in in;
    paramrow_value(r->stmt, number, r->at, &v);
    SQLRETURN rc = paramrow_input(r->stmt, number, &v, &r->held[number - 1], &in);
    if (!SQL_SUCCEEDED(rc)) return rc;
    enum conv_issue issue = literal ? from_c_literal(&in, &r->values, out, literal) : from_c(&in, &r->values, out);
    if (issue == CONV_OK) return SQL_SUCCESS;
    return diag_param(&r->stmt->h, issue, set_number(r, r->at), number);
}

/* types: NULL, or what each value is. */
static SQLRETURN convert_literals(struct paramrun *r, struct sv *put, const char **types) {
    SQLRETURN all = SQL_SUCCESS;
    for (int i = 0; i < r->marks.n; i++) {
        struct from_c_out out = { .type = NULL };
        SQLRETURN rc = convert(r, i + 1, &out, &put[i]);
        if (rc != SQL_SUCCESS) all = rc;
        if (!SQL_SUCCEEDED(rc)) return rc;
        if (types) types[i] = out.type;
    }
    return all;
}

/* Typed parameters where the API has the type, text in the marker's place where it has not; the remaining markers are
 * counted anew. */
static SQLRETURN convert_params(struct paramrun *r, struct sv *put, struct sea_param *params, int *n) {
    SQLRETURN all = SQL_SUCCESS;
    *n = 0;
    for (int i = 0; i < r->marks.n; i++) {
        struct from_c_out out = { .type = NULL };
        SQLRETURN rc = convert(r, i + 1, &out, NULL);
        if (rc != SQL_SUCCESS) all = rc;
        if (!SQL_SUCCEEDED(rc)) return rc;
        put[i] = out.expression;
        if (put[i].ptr) continue;
        params[*n] = (struct sea_param){ .ordinal = *n + 1, .type = out.type, .value = out.value };
        ++*n;
    }
    return all;
}

/* ---- one set, one statement ------------------------------------------------------------------------------------- */

/* One of several sets was executed. Whatever becomes of its count, that stays true. */
static SQLRETURN count_rows(struct paramrun *r, struct result **result) {
    struct err e = ERR_INIT;
    SQLLEN n = -1;
    unsigned long set = (unsigned long)r->at + 1;
    bool has_rows = r->scan.kind == SCAN_OTHER && result_n_columns(*result) > 0;
    if (exec_count(r->stmt, &r->scan, result, r->deadline, &n, &e))
        return diag_warn(&r->stmt->h, ST_WARNING, "parameter set %lu was executed, but not how many rows it changed is "
                         "known: %s", set, e.text);
    paramrun_add_count(r, n);
    return has_rows ? diag_warn(&r->stmt->h, ST_WARNING, "the rows of parameter set %lu are not delivered: arrays of "
                                "parameters bring counts only", set) : SQL_SUCCESS;
}

static SQLRETURN run_statement(struct paramrun *r, const struct exec_in *in) {
    struct stmt *s = r->stmt;
    struct err e = ERR_INIT;
    struct result *result = NULL;
    enum rc rc = exec_send(s, &r->scan, in, &result, &e);
    if (rc == RC_OK && r->n_sets == 1) {
        r->taken = true;
        return exec_take(s, &r->scan, &result, r->deadline);
    }
    if (rc == RC_OK) return count_rows(r, &result);
    paramrun_server_failed(r, &e);
    return r->n_sets > 1 ? diag_row_err(&s->h, &e, (SQLLEN)r->at + 1) : diag_err(&s->h, &e);
}

static SQLRETURN run_set(struct paramrun *r) {
    struct err e = ERR_INIT;
    struct buf text;
    int n = 0;
    struct sv *put = arena_array(&r->values, (size_t)r->marks.n, sizeof *put);
    struct sea_param *params = arena_array(&r->values, (size_t)r->marks.n, sizeof *params);
    if (!put || !params) return diag_nomem(&r->stmt->h);
    SQLRETURN rc = r->marks.n > MAX_PARAMS ? convert_literals(r, put, NULL) : convert_params(r, put, params, &n);
    if (!SQL_SUCCEEDED(rc)) return rc;
    buf_init(&text, PARAMRUN_MAX_TEXT);
    struct exec_in in = { .sql = r->sql, .n_params = n, .params = params, .deadline = r->deadline,
                          .row_limit = r->stmt->attrs.max_rows < INT64_MAX ? (int64_t)r->stmt->attrs.max_rows : 0 };
    if (n < r->marks.n && markers_fill(r->sql, &r->marks, put, 0, r->sql.len, &text, &e)) {
        buf_fini(&text);
        return diag_err(&r->stmt->h, &e);
    }
    if (n < r->marks.n) in.sql = buf_sv(&text);
    SQLRETURN ran = run_statement(r, &in);
    buf_fini(&text);
    return ran == SQL_SUCCESS ? rc : ran;
}

/* ---- many sets, one statement ----------------------------------------------------------------------------------- */

static bool is_null(const struct paramrun *r, int number) {
    struct paramvalue v;
    paramrow_value(r->stmt, number, r->at, &v);
    return v.at_execution ? r->held[number - 1].is_null : v.length == SQL_NULL_DATA;
}

/* A typed NULL among values would widen the type of its whole column, decimals beyond what can hold them; a plain one
 * takes the column's type. */
static void plain_nulls(const struct paramrun *r, struct sv *put, const char **types) {
    for (int i = 0; i < r->marks.n; i++) {
        if (r->shape.column_of[i] < 0 || !is_null(r, i + 1)) continue;
        put[i] = SV_LIT("NULL");
        types[i] = NULL;
    }
}

static SQLRETURN gather_set(struct paramrun *r) {
    struct err e = ERR_INIT;
    struct sv *put = arena_array(&r->values, (size_t)r->marks.n, sizeof *put);
    const char **types = arena_array(&r->values, (size_t)r->marks.n, sizeof *types);
    if (!put || !types) return diag_nomem(&r->stmt->h);
    SQLRETURN rc = convert_literals(r, put, types);
    if (!SQL_SUCCEEDED(rc)) return rc;
    plain_nulls(r, put, types);
    return paramchunk_add(r, put, types, &e) ? diag_row_err(&r->stmt->h, &e, (SQLLEN)r->at + 1) : rc;
}

/* ---- set by set ------------------------------------------------------------------------------------------------- */

static void take_turn(struct paramrun *r) {
    SQLULEN set = r->at;
    r->tried++;
    paramrun_status(r, set, SQL_PARAM_SUCCESS);
    SQLRETURN rc = r->gathers ? gather_set(r) : run_set(r);
    if (r->gathers && r->stopped) {         /* the chunk before broke: this set was not sent */
        paramrun_status(r, set, SQL_PARAM_UNUSED);
        r->tried--;
    } else if (!SQL_SUCCEEDED(rc)) {
        paramrun_failed(r, set, SQL_PARAM_ERROR);
    } else if (rc == SQL_SUCCESS_WITH_INFO) {
        paramrun_status(r, set, SQL_PARAM_SUCCESS_WITH_INFO);
        r->warned++;
    }
    drop_held(r);
    arena_fini(&r->values);
}

/* The next parameter of this set that needs data; 0 = none. */
static int next_at_execution(const struct paramrun *r) {
    for (int i = r->number + 1; i <= r->marks.n; i++) {
        struct paramvalue v;
        paramrow_value(r->stmt, i, r->at, &v);
        if (v.at_execution) return i;
    }
    return 0;
}

/* "If all sets fail, SQL_ERROR; if some do, SQL_SUCCESS_WITH_INFO" (Using Arrays of Parameters). An execution that was
 * cut is an error in any case. */
static SQLRETURN finish(struct paramrun *r) {
    struct stmt *s = r->stmt;
    SQLRETURN rc = SQL_SUCCESS;
    if (r->stopped || (r->failed > 0 && r->failed == r->tried)) return SQL_ERROR;
    if (!r->taken) rc = exec_done(s, &r->scan, r->count);
    if (!SQL_SUCCEEDED(rc)) return rc;
    return r->failed || r->warned ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

static SQLRETURN wait_for(struct paramrun *r, int number, SQLPOINTER *token) {
    struct stmt *s = r->stmt;
    struct paramvalue v;
    SQLRETURN rc = state_needs_data(s->state) ? SQL_SUCCESS : state_move(s, STMT_ST_NEED);
    if (token && SQL_SUCCEEDED(rc)) {
        paramrow_value(s, number, r->at, &v);
        *token = v.data;
        r->number = number;
        rc = state_move(s, STMT_ST_MUST_PUT);
    }
    return SQL_SUCCEEDED(rc) ? SQL_NEED_DATA : rc;
}

/* The data of this set is complete: the statement is as before its execution. */
static SQLRETURN leave_waiting(struct stmt *s) {
    if (!state_needs_data(s->state)) return SQL_SUCCESS;
    return state_move(s, s->sql ? STMT_ST_PREPARED : STMT_ST_ALLOCATED);
}

/* Until data is needed or all is done. token NULL: SQLExecute is asking, which only learns that data is needed. */
static SQLRETURN go(struct paramrun *r, SQLPOINTER *token) {
    r->deadline = stmt_deadline(r->stmt);
    for (; r->at < r->n_sets && !r->stopped; r->at++) {
        if (is_ignored(r)) continue;
        int number = next_at_execution(r);
        if (number) paramchunk_settle(r);       /* nothing is on its way while the application is asked */
        if (r->stopped) break;
        if (number) return wait_for(r, number, token);
        if (!SQL_SUCCEEDED(leave_waiting(r->stmt))) return SQL_ERROR;
        take_turn(r);
        tell_processed(r, r->at + 1);
    }
    if (!r->stopped) paramchunk_flush(r);
    paramchunk_settle(r);
    if (!r->stopped) tell_processed(r, r->n_sets);
    return finish(r);
}

/* ---- beginning and going on ------------------------------------------------------------------------------------- */

static SQLRETURN check(struct stmt *s, const struct scan *scan) {
    if (scan->has_named)
        return diag_fail(&s->h, ST_NO_PARAMETERS, "the statement mixes ? and :name; use one kind of parameter marker");
    for (int i = 1; i <= scan->n_markers; i++) {
        const struct desc_rec *r = i <= s->apd->count ? desc_find(s->apd, i) : NULL;
        if (!r || !bind_is_bound(r))
            return diag_fail(&s->h, ST_NO_PARAMETERS, "the statement has %d parameter markers, and parameter %d is not "
                             "bound", scan->n_markers, i);
        const struct desc_rec *ipd = desc_find(&s->ipd, i);
        if (i > s->ipd.count || !ipd || !paramrow_is_sql_type(ipd->concise))
            return diag_fail(&s->h, ST_NO_PARAMETERS, "parameter %d has no SQL data type", i);
    }
    if (s->apd->array_size > 1 && (scan->kind == SCAN_QUERY || scan->kind == SCAN_SHOW))
        return diag_fail(&s->h, ST_UNSUPPORTED, "a statement that brings rows is executed with one set of parameters, "
                         "not with an array");
    return SQL_SUCCESS;
}

static enum rc prepare(struct paramrun *r, struct sv sql, struct err *e) {
    char *copy = arena_dup(&r->arena, sql);
    if (!copy) return err_nomem(e);
    r->sql = sv_make(copy, sql.len);
    if (markers_find(r->sql, &r->arena, &r->marks, e) ||
        insert_match(r->sql, &r->marks, &r->arena, &r->shape, e)) return RC_ERR;
    r->gathers = r->n_sets > 1 && r->shape.matches && r->shape.repeatable;
    r->held = arena_array(&r->arena, (size_t)r->marks.n, sizeof *r->held);
    if (!r->held || paramchunk_init(r, e)) return err_nomem(e);
    drop_held(r);
    return RC_OK;
}

static SQLRETURN keep_or_free(struct stmt *s, struct paramrun *r, SQLRETURN rc) {
    if (rc == SQL_NEED_DATA) s->run = r;
    else paramrun_free(&r);
    return rc;
}

SQLRETURN paramrun_start(struct stmt *s, struct sv sql, const struct scan *scan) {
    struct err e = ERR_INIT;
    SQLRETURN rc = check(s, scan);
    if (!SQL_SUCCEEDED(rc)) return rc;
    struct paramrun *r = mem_zalloc(sizeof *r);
    if (!r) return diag_nomem(&s->h);
    r->stmt = s;
    r->scan = *scan;
    r->count = -1;
    r->n_sets = s->apd->array_size;
    if (prepare(r, sql, &e)) {
        paramrun_free(&r);
        return diag_err(&s->h, &e);
    }
    for (SQLULEN i = 0; i < r->n_sets; i++) paramrun_status(r, i, SQL_PARAM_UNUSED);
    tell_processed(r, 0);
    return keep_or_free(s, r, go(r, NULL));
}

SQLRETURN paramrun_go_on(struct stmt *s, SQLPOINTER *token) {
    struct paramrun *r = s->run;
    SQLPOINTER unwanted = NULL;
    s->run = NULL;
    SQLRETURN rc = go(r, token ? token : &unwanted);
    rc = keep_or_free(s, r, rc);
    if (rc != SQL_NEED_DATA) stmt_abandon_run(s);
    return rc;
}
