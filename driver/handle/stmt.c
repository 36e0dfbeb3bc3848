#include "stmt.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "dbc.h"
#include "driver/api/async.h"
#include "driver/api/paramfacts.h"
#include "driver/api/paramrun.h"

static bool init_descs(struct stmt *s) {
    s->ard = &s->own_ard;
    s->apd = &s->own_apd;
    return desc_init(&s->own_ard, DESC_ARD, s->dbc, s) && desc_init(&s->own_apd, DESC_APD, s->dbc, s) &&
           desc_init(&s->ird, DESC_IRD, s->dbc, s) && desc_init(&s->ipd, DESC_IPD, s->dbc, s);
}

struct stmt *stmt_new(struct dbc *dbc) {
    struct stmt *s = mem_zalloc(sizeof *s);
    if (!s) return NULL;
    s->dbc = dbc;
    s->row_count = -1;
    s->cancel = cancel_new();
    if (!s->cancel || !handle_init(&s->h, HANDLE_STMT) || !init_descs(s)) {
        stmt_free(&s);
        return NULL;
    }
    s->h.above = &dbc->h;
    s->attrs = dbc->stmt_defaults;
    s->attrs.metadata_id = dbc->attrs.metadata_id;
    return s;
}

void stmt_free(struct stmt **s) {
    if (!*s) return;
    async_drop(&(*s)->h);
    cursor_free(&(*s)->cursor);
    paramrun_free(&(*s)->run);
    stmt_forget_text(*s);
    desc_fini(&(*s)->own_ard);
    desc_fini(&(*s)->own_apd);
    desc_fini(&(*s)->ird);
    desc_fini(&(*s)->ipd);
    if ((*s)->h.diag) handle_fini(&(*s)->h);
    cancel_free(&(*s)->cancel);
    mem_free(*s);
    *s = NULL;
}

void stmt_cancel(struct stmt *s) {
    if (atomic_load(&s->running)) cancel_raise(s->cancel);
}

void stmt_abandon_run(struct stmt *s) {
    paramrun_free(&s->run);
    if (state_needs_data(s->state)) (void)state_move(s, s->sql ? STMT_ST_PREPARED : STMT_ST_ALLOCATED);
}

void stmt_close_cursor(struct stmt *s) {
    stmt_abandon_run(s);
    cursor_free(&s->cursor);
    s->extended_fetch = s->plain_fetch = false;
    s->row_count = -1;
    (void)state_move(s, s->sql ? STMT_ST_PREPARED : STMT_ST_ALLOCATED);
}

void stmt_forget_text(struct stmt *s) {
    mem_free(s->sql);
    s->sql = NULL;
    s->described = false;
    paramfacts_free(&s->paramfacts);
    arena_fini(&s->plan.arena);
    s->plan.n = 0;
    s->plan.cols = NULL;
}

/* QueryTimeout of the connection, when set, replaces the attribute. SQL_ATTR_CONNECTION_TIMEOUT bounds "any request on the
 * connection"; programs set it (pyodbc's Connection.timeout) and expect their statements to end. */
static int64_t query_seconds(const struct stmt *s) {
    if (s->dbc->options.query_timeout) return s->dbc->options.query_timeout;
    return s->attrs.query_timeout < INT32_MAX ? (int64_t)s->attrs.query_timeout : 0;
}

int64_t stmt_deadline(const struct stmt *s) {
    return clock_sooner(clock_deadline(query_seconds(s) * 1000),
                        clock_deadline((int64_t)s->dbc->attrs.connection_timeout * 1000));
}

bool stmt_is_bound_by_connection(const struct stmt *s) {
    int64_t query = query_seconds(s), connection = s->dbc->attrs.connection_timeout;
    return connection > 0 && (query == 0 || connection < query);
}

int stmt_columns(const struct stmt *s, const struct column **cols_r) {
    *cols_r = NULL;
    if (s->state == STMT_ST_DONE) return 0;
    *cols_r = s->cursor ? s->cursor->cols : s->plan.cols;
    return s->cursor ? s->cursor->n_cols : s->plan.n;
}

void stmt_name(const struct stmt *s, char *out, size_t cap) {
    if (s->cursor_name[0]) snprintf(out, cap, "%s", s->cursor_name);
    else snprintf(out, cap, "SQL_CUR%lu", s->number);
}
