#include "plan.h"

#include "ask.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "driver/sql/markers.h"
#include "driver/sql/scan.h"
#include "typefacts.h"

enum { MAX_SQL = 64 << 20, MAX_PLAN_COLUMNS = 32766 };

static enum rc keep_column(struct stmt *s, int i, struct sv name, struct sv type_text, struct err *e) {
    struct type_spec t = type_parse(type_text);
    char *own_name = arena_dup(&s->plan.arena, name), *own_type = arena_dup(&s->plan.arena, type_text);
    if (!own_name || !own_type) return err_nomem(e);
    s->plan.cols[i] = (struct column){
        .sea = { .name = own_name, .type = t.type, .type_text = own_type, .precision = t.precision, .scale = t.scale,
                 .interval = "" },
        .nullable = NULLABLE_YES, .zone = "" };
    return RC_OK;
}

/* DESCRIBE QUERY answers with one row per column: name, type, comment. */
static enum rc read_described(struct stmt *s, struct ask *a, struct err *e) {
    int name = ask_column(a, "col_name"), type = ask_column(a, "data_type");
    if (name < 0 || type < 0) return err_set(e, ERR_PROTOCOL, "DESCRIBE QUERY answered without col_name and data_type");
    int64_t n = result_total_rows(a->result);
    if (n < 0 || n > MAX_PLAN_COLUMNS) n = MAX_PLAN_COLUMNS;
    s->plan.cols = arena_array(&s->plan.arena, (size_t)n + 1, sizeof *s->plan.cols);
    if (!s->plan.cols) return err_nomem(e);
    for (bool more = true; s->plan.n <= n;) {
        if (ask_next(a, &more, e)) return RC_ERR;
        if (!more) return RC_OK;
        if (s->plan.n == n || keep_column(s, s->plan.n, ask_text(a, name), ask_text(a, type), e)) break;
        s->plan.n++;
    }
    return s->plan.n == n ? err_set(e, ERR_PROTOCOL, "DESCRIBE QUERY sent more rows than it announced") : RC_ERR;
}

static enum rc copy_columns(struct stmt *s, const struct result *r, struct err *e) {
    int n = result_n_columns(r);
    const struct column *cols = result_columns(r);
    s->plan.cols = arena_array(&s->plan.arena, (size_t)n + 1, sizeof *cols);
    if (!s->plan.cols) return err_nomem(e);
    for (int i = 0; i < n; i++) {
        if (keep_column(s, i, sv_of(cols[i].sea.name), sv_of(cols[i].sea.type_text), e)) return RC_ERR;
        s->plan.cols[i].sea.type = cols[i].sea.type;
        s->plan.cols[i].nullable = cols[i].nullable;
        s->plan.n = i + 1;
    }
    return RC_OK;
}

static enum rc ask_columns(struct stmt *s, enum scan_kind kind, struct err *e) {
    struct ask a = { .stmt = NULL };
    struct buf sql;
    buf_init(&sql, MAX_SQL);
    enum rc rc = RC_OK;
    if (kind == SCAN_QUERY) rc = buf_adds(&sql, "DESCRIBE QUERY ", e);
    if (rc == RC_OK) rc = markers_null(sv_of(s->sql), &sql, e);
    if (rc == RC_OK) rc = ask_open(&a, s, buf_sv(&sql), e);
    if (rc == RC_OK) rc = kind == SCAN_QUERY ? read_described(s, &a, e) : copy_columns(s, a.result, e);
    ask_close(&a);
    buf_fini(&sql);
    return rc;
}

static void forget(struct stmt *s) {
    arena_fini(&s->plan.arena);
    s->plan.n = 0;
    s->plan.cols = NULL;
    s->described = false;
}

static bool are_alike(const struct sea_column *a, const struct sea_column *b) {
    return a->type == b->type && a->precision == b->precision && a->scale == b->scale &&
           sv_eq(sv_of(a->name), sv_of(b->name));
}

void plan_compare(struct stmt *s, int n_cols, const struct column *cols) {
    bool same = s->plan.n == n_cols;
    for (int i = 0; i < n_cols && same; i++) same = are_alike(&s->plan.cols[i].sea, &cols[i].sea);
    if (s->described && !same) forget(s);
}

static SQLRETURN describe_text(struct stmt *s) {
    struct scan scan;
    struct err e = ERR_INIT;
    scan_sql(sv_of(s->sql), &scan);
    if (scan.kind == SCAN_EMPTY) return diag_fail(&s->h, ST_SYNTAX, "the statement is empty");
    if (scan.kind == SCAN_OTHER || scan.kind == SCAN_SESSION)
        return diag_fail(&s->h, ST_GENERAL, "the columns of such a statement are known only after it was executed");
    if ((scan.kind == SCAN_QUERY || scan.kind == SCAN_SHOW) && ask_columns(s, scan.kind, &e)) {
        forget(s);
        return diag_err(&s->h, &e);
    }
    s->described = true;
    return SQL_SUCCESS;
}

SQLRETURN plan_describe(struct stmt *s) {
    if (s->cursor || s->described || s->state == STMT_ST_DONE) return SQL_SUCCESS;
    if (!s->sql) return diag_fail(&s->h, ST_SEQUENCE, "prepare or execute a statement first");
    return describe_text(s);
}
