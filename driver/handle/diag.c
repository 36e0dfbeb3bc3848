#include "diag.h"

#include <stdio.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/utf.h"
#include "dbc.h"
#include "stmt.h"

/* Lengths of texts are SQLSMALLINT, in bytes of UTF-16 for one of the calls: longer messages take several records. */
enum { MAX_TEXT = 16000, MAX_MESSAGE = 16 << 20 };

enum { FEW_RECS = 2, MAX_RECS = 160 };  /* inside the struct; rows, the call's own, and the one that counts the rest */

struct diag {
    struct diag_front front;    /* the first; the rest is guarded by the lock, and changes only together with is_used */
    pthread_mutex_t lock;
    struct diag_head head;
    int n, cap, n_rows;
    long left_out;
    struct diag_rec few[FEW_RECS], *recs;
};

static const struct { char state[6]; SQLINTEGER native; } STATES[] = {
#define STATE(id, sqlstate, native) { sqlstate, native },
#include "tbl/sqlstates.h"
};

static const struct { char state[6]; SQLINTEGER native; } ERRORS[] = {
#define ERR(code, sqlstate, native, meaning) { sqlstate, native },
#include "tbl/errors.h"
#undef ERR
};

static const struct { char state[6]; bool error; const char *text; } ISSUES[] = {
#define ISSUE(id, sqlstate, is_error, text) { sqlstate, is_error, text },
#include "tbl/issues.h"
#undef ISSUE
};

static void forget(struct diag *d) {
    for (int i = 0; i < d->n; i++) mem_free(d->recs[i].text);
    d->n = d->n_rows = 0;
    d->left_out = 0;
    d->head = (struct diag_head){ .row_count = -1, .cursor_row_count = -1, .function = "" };
    atomic_store_explicit(&d->front.is_used, false, memory_order_relaxed);
}

static void lock_to_use(struct diag *d) {
    pthread_mutex_lock(&d->lock);
    atomic_store_explicit(&d->front.is_used, true, memory_order_relaxed);
}

struct diag *diag_new(void) {
    struct diag *d = mem_zalloc(sizeof *d);
    if (!d) return NULL;
    pthread_mutex_init(&d->lock, NULL);
    d->recs = d->few;
    d->cap = FEW_RECS;
    forget(d);
    return d;
}

void diag_free(struct diag **d) {
    if (!*d) return;
    forget(*d);
    if ((*d)->recs != (*d)->few) mem_free((*d)->recs);
    pthread_mutex_destroy(&(*d)->lock);
    mem_free(*d);
    *d = NULL;
}

void diag_clear_used(struct handle *h) {
    pthread_mutex_lock(&h->diag->lock);
    forget(h->diag);
    pthread_mutex_unlock(&h->diag->lock);
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

static bool is_warning(const struct diag_rec *r) { return r->state[0] == '0' &&
    (r->state[1] == '1' || r->state[1] == '2'); }

/* "The sequence of the records is determined first by row number"; records of no row (-1) or of an unknown one (-2) come
 * first. Within a row errors outrank warnings (SQLGetDiagField, Sequence of Status Records). */
static bool comes_before(const struct diag_rec *a, const struct diag_rec *b) {
    if (a->row != b->row) return a->row < b->row;
    return !is_warning(a) && is_warning(b);
}

static int place_of(const struct diag *d, const struct diag_rec *r) {
    int at = d->n;
    while (at > 0 && comes_before(r, &d->recs[at - 1])) at--;
    return at;
}

static bool is_full(struct diag *d) {
    if (d->n < d->cap) return false;
    struct diag_rec *more = d->cap == FEW_RECS ? mem_array(MAX_RECS, sizeof *more) : NULL;
    if (!more) return true;
    memcpy(more, d->few, sizeof d->few);
    d->recs = more;
    d->cap = MAX_RECS;
    return false;
}

/* Takes the text. A full list drops its last record for an error and drops a warning itself; never silently. */
static void insert(struct diag *d, struct diag_rec r) {
    if (is_full(d)) {
        d->left_out++;
        mem_free(is_warning(&r) ? r.text : d->recs[--d->n].text);
        if (is_warning(&r)) return;
    }
    int at = place_of(d, &r);
    memmove(&d->recs[at + 1], &d->recs[at], (size_t)(d->n - at) * sizeof r);
    d->recs[at] = r;
    d->n++;
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static struct diag_rec record(const char *state, SQLINTEGER native) {
    struct diag_rec r = { .native = native, .row = SQL_NO_ROW_NUMBER, .column = SQL_NO_COLUMN_NUMBER };
    memcpy(r.state, state, sizeof r.state);
    return r;
}

static void add_to(struct diag *d, struct diag_rec r) {
    lock_to_use(d);
    insert(d, r);
    pthread_mutex_unlock(&d->lock);
}

static void add(struct handle *h, struct diag_rec r) { add_to(h->diag, r); }

PRINTF_LIKE(2, 0) static char *sentence(const char *component, const char *fmt, va_list ap) {
    char words[1024], *text = NULL;
    vsnprintf(words, sizeof words, fmt, ap);
    struct buf b;
    struct err e = ERR_INIT;
    buf_init(&b, 8192);
    if (buf_addf(&b, &e, "[dbx-odbc][%s] %s", component, words) == RC_OK) text = buf_take(&b);
    buf_fini(&b);
    return text;
}

PRINTF_LIKE(3, 0) static void post(struct handle *h, enum diag_state s, const char *fmt, va_list ap) {
    struct diag_rec r = record(STATES[s].state, STATES[s].native);
    r.text = sentence("driver", fmt, ap);
    add(h, r);
}

SQLRETURN diag_fail(struct handle *h, enum diag_state s, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    post(h, s, fmt, ap);
    va_end(ap);
    return SQL_ERROR;
}

SQLRETURN diag_warn(struct handle *h, enum diag_state s, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    post(h, s, fmt, ap);
    va_end(ap);
    return SQL_SUCCESS_WITH_INFO;
}

/* Those of a call that finds another one pending. */
static struct diag *begin_aside(struct handle *h, SQLRETURN rc) {
    struct diag *d = handle_diag(h);
    pthread_mutex_lock(&d->lock);
    forget(d);
    atomic_store_explicit(&d->front.rc, rc, memory_order_relaxed);
    pthread_mutex_unlock(&d->lock);
    return d;
}

void diag_still(struct handle *h) { (void)begin_aside(h, SQL_STILL_EXECUTING); }

SQLRETURN diag_refuse(struct handle *h, enum diag_state s, const char *fmt, ...) {
    va_list ap;
    struct diag_rec r = record(STATES[s].state, STATES[s].native);
    va_start(ap, fmt);
    r.text = sentence("driver", fmt, ap);
    va_end(ap);
    add_to(begin_aside(h, SQL_ERROR), r);
    return SQL_ERROR;
}

SQLRETURN diag_nomem(struct handle *h) { return diag_fail(h, ST_NOMEM, "out of memory"); }

/* ---- errors of lower rooms --------------------------------------------------------------------------------------- */

static const char *server_state(const char *theirs, const char *text) {
#define SERVER_WORD(from, word, to) if (strcmp(theirs, from) == 0 && strstr(text, word)) return to;
#include "tbl/sqlstates.h"
#define SERVER_STATE(from, to) if (strcmp(theirs, from) == 0) return to;
#include "tbl/sqlstates.h"
#define SERVER_CLASS(from, to) if (strncmp(theirs, from, 2) == 0) return to;
#include "tbl/sqlstates.h"
    return NULL;
}

static const char *connecting_state(const char *general) {
#define AT_CONNECT(from, to) if (strcmp(general, from) == 0) return to;
#include "tbl/sqlstates.h"
    return general;
}

static const char *running_state(const char *connecting) {
#define AT_CONNECT(to, from) if (strcmp(connecting, from) == 0) return to;
#include "tbl/sqlstates.h"
    return connecting;
}

void diag_state_of(const struct err *e, bool connecting, char out[6]) {
    const char *own = e->code < ERR_CODE_COUNT ? ERRORS[e->code].state : ERRORS[ERR_INTERNAL].state;
    const char *state = e->code == ERR_SQL && e->sqlstate[0] ? server_state(e->sqlstate, e->text) : NULL;
    if (!state) state = own;
    memcpy(out, connecting ? connecting_state(state) : running_state(state), 6);
}

bool diag_says_not_found(const struct err *e) {
    if (e->code != ERR_SQL) return false;
#define SERVER_NOT_FOUND(state, word) if (strcmp(e->sqlstate, state) == 0 || strstr(e->text, word)) return true;
#include "tbl/sqlstates.h"
    return false;
}

bool diag_says_syntax(const struct err *e) {
    if (e->code != ERR_SQL) return false;
#define SERVER_SYNTAX(state, word) if (strcmp(e->sqlstate, state) == 0 || strstr(e->text, word)) return true;
#include "tbl/sqlstates.h"
    return false;
}

static const char *component_of(enum err_code code) {
    switch (code) {
    case ERR_SQL: case ERR_WAREHOUSE: case ERR_BUSY: case ERR_HTTP: case ERR_SESSION_LOST: return "server";
    case ERR_AUTH: return "authentication";
    case ERR_CONFIG_MISSING: case ERR_CONFIG_BAD: return "configuration";
    case ERR_NET_DNS: case ERR_NET_CONNECT: case ERR_NET_TLS: case ERR_NET_RESET: case ERR_NET_TIMEOUT:
    case ERR_OUTCOME_UNKNOWN: return "network";
    case ERR_STORAGE: case ERR_RESULT_GONE: case ERR_RESULT_SHORT: case ERR_RESULT_CORRUPT: return "result";
    default: return "driver";
    }
}

/* The server's whole message, when struct err could hold its beginning only. The caller's; NULL = e has all of it. */
static char *whole_message(const struct handle *h, const struct err *e) {
    const struct dbc *d = h->kind == HANDLE_DBC ? (const struct dbc *)h
        : h->kind == HANDLE_STMT ? ((const struct stmt *)h)->dbc : NULL;
    bool cut = strlen(e->text) + 2 * sizeof e->sqlstate >= sizeof e->text;
    return cut && d && d->session && e->statement_id[0] ? session_whole_message(d->session, e->statement_id) : NULL;
}

/* "[dbx-odbc][server] text (SQLSTATE 42P01 at the server, statement 01ef…, HTTP 403)" */
static char *err_sentence(const struct err *e, const char *words, const char *state) {
    struct buf b;
    struct err ignored = ERR_INIT;
    const char *sep = " (";
    struct sv text = sv_trim(sv_of(words));
    buf_init(&b, MAX_MESSAGE);
    enum rc rc = buf_addf(&b, &ignored, "[dbx-odbc][%s] " SV_FMT, component_of(e->code), SV_ARG(text));
    if (rc == RC_OK && e->sqlstate[0] && strcmp(e->sqlstate, state) != 0 && !strstr(words, e->sqlstate)) {
        rc = buf_addf(&b, &ignored, "%sSQLSTATE %s at the server", sep, e->sqlstate);
        sep = ", ";
    }
    if (rc == RC_OK && e->statement_id[0] && !strstr(e->text, e->statement_id)) {
        rc = buf_addf(&b, &ignored, "%sstatement %s", sep, e->statement_id);
        sep = ", ";
    }
    if (rc == RC_OK && e->http_status > 0) {
        rc = buf_addf(&b, &ignored, "%sHTTP %d", sep, e->http_status);
        sep = ", ";
    }
    if (rc == RC_OK && sep[0] == ',') rc = buf_addc(&b, ')', &ignored);
    char *out = rc == RC_OK ? buf_take(&b) : NULL;
    buf_fini(&b);
    return out;
}

/* "HYT01: the connection time-out expired before the data source responded"; a query's own is HYT00. */
static struct err named_timeout(const struct handle *h, const struct err *e) {
    struct err named = *e;
    if (e->code == ERR_QUERY_TIMEOUT && h->kind == HANDLE_STMT && stmt_is_bound_by_connection((const struct stmt *)h))
        named.code = ERR_NET_TIMEOUT;
    return named;
}

/* Takes the text. Every part but the last is as long as whole characters allow; each begins with the prefix. */
static void add_parts(struct handle *h, struct diag_rec r, char *text) {
    const char *end_of_prefix = text ? strchr(text, ' ') : NULL;
    size_t len = text ? strlen(text) : 0, at = 0;
    if (len <= MAX_TEXT || !end_of_prefix) {
        r.text = text;
        add(h, r);
        return;
    }
    for (int part = 1; at < len; part++) {
        size_t n = len - at <= MAX_TEXT ? len - at : utf8_floor(text + at, len - at, MAX_TEXT);
        struct buf b;
        struct err ignored = ERR_INIT;
        buf_init(&b, 2 * MAX_TEXT);
        enum rc rc = RC_OK;
        if (part > 1) rc = buf_addf(&b, &ignored, "%.*s (part %d) ", (int)(end_of_prefix - text), text, part);
        if (rc == RC_OK) rc = buf_add(&b, text + at, n, &ignored);
        r.text = rc == RC_OK ? buf_take(&b) : NULL;
        buf_fini(&b);
        add(h, r);
        at += n;
    }
    mem_free(text);
}

static SQLRETURN post_err(struct handle *h, const struct err *given, bool connecting, SQLLEN row) {
    char state[6];
    struct err named = named_timeout(h, given);
    const struct err *e = &named;
    diag_state_of(e, connecting, state);
    SQLINTEGER native = e->code < ERR_CODE_COUNT ? ERRORS[e->code].native : 0;
    struct diag_rec r = record(state, native ? native : e->http_status);
    char *whole = whole_message(h, e), *text = err_sentence(e, whole ? whole : e->text, state);
    mem_free(whole);
    r.row = row;
    add_parts(h, r, text);
    return SQL_ERROR;
}

SQLRETURN diag_err(struct handle *h, const struct err *e) { return post_err(h, e, false, SQL_NO_ROW_NUMBER); }

SQLRETURN diag_err_connect(struct handle *h, const struct err *e) { return post_err(h, e, true, SQL_NO_ROW_NUMBER); }

SQLRETURN diag_row_err(struct handle *h, const struct err *e, SQLLEN row) { return post_err(h, e, false, row); }

/* ---- cells ------------------------------------------------------------------------------------------------------- */

bool diag_issue_is_error(enum conv_issue issue) {
    return (unsigned)issue >= CONV_ISSUE_COUNT || ISSUES[issue].error;
}

/* Rows in plenty may have something to say; the first DIAG_MAX_ROWS do, and the rest is counted. */
static bool is_left_out(struct diag *d) {
    if (d->n_rows < DIAG_MAX_ROWS) return !++d->n_rows;
    d->left_out++;
    return true;
}

SQLRETURN diag_issue(struct handle *h, enum conv_issue issue, SQLLEN row, SQLINTEGER column, const char *name) {
    SQLRETURN rc = diag_issue_is_error(issue) ? SQL_ERROR : SQL_SUCCESS_WITH_INFO;
    lock_to_use(h->diag);
    if ((unsigned)issue < CONV_ISSUE_COUNT && !is_left_out(h->diag)) {
        struct diag_rec r = record(ISSUES[issue].state, 0);
        char text[512];
        int keep = (int)utf8_floor(name, strlen(name), strnlen(name, 100));
        r.row = row;
        r.column = column;
        if (row > 0) snprintf(text, sizeof text, "[dbx-odbc][convert] %s (row %ld, column %d \"%.*s\")",
                              ISSUES[issue].text, (long)row, (int)column, keep, name);
        else snprintf(text, sizeof text, "[dbx-odbc][convert] %s (column %d \"%.*s\")", ISSUES[issue].text,
                      (int)column, keep, name);
        r.text = mem_strdup(text);
        insert(h->diag, r);
    }
    pthread_mutex_unlock(&h->diag->lock);
    return rc;
}

SQLRETURN diag_param(struct handle *h, enum conv_issue issue, SQLLEN set, SQLINTEGER number) {
    SQLRETURN rc = diag_issue_is_error(issue) ? SQL_ERROR : SQL_SUCCESS_WITH_INFO;
    lock_to_use(h->diag);
    if ((unsigned)issue < CONV_ISSUE_COUNT && !is_left_out(h->diag)) {
        struct diag_rec r = record(ISSUES[issue].state, 0);
        char text[512];
        r.row = set > 0 ? set : SQL_NO_ROW_NUMBER;
        r.column = number;
        if (set > 0) snprintf(text, sizeof text, "[dbx-odbc][convert] %s (parameter %d of set %ld)", ISSUES[issue].text,
                              (int)number, (long)set);
        else snprintf(text, sizeof text, "[dbx-odbc][convert] %s (parameter %d)", ISSUES[issue].text, (int)number);
        r.text = mem_strdup(text);
        insert(h->diag, r);
    }
    pthread_mutex_unlock(&h->diag->lock);
    return rc;
}

/* ---- header and end ----------------------------------------------------------------------------------------------- */

static void tell_left_out(struct diag *d) {
    char text[160];
    if (d->left_out == 0) return;
    struct diag_rec r = record(STATES[ST_WARNING].state, 0);
    snprintf(text, sizeof text,
             "[dbx-odbc][driver] %ld further diagnostics of this call are left out; see the row status "
             "array and the length indicators", d->left_out);
    r.text = mem_strdup(text);
    d->left_out = 0;
    if (is_full(d)) mem_free(d->recs[--d->n].text);
    d->recs[d->n++] = r;
}

void diag_finish_used(struct handle *h, SQLRETURN rc) {
    struct diag *d = h->diag;
    pthread_mutex_lock(&d->lock);
    tell_left_out(d);
    bool silent = rc == SQL_ERROR && d->n == 0;
    pthread_mutex_unlock(&d->lock);
    if (silent) diag_fail(h, ST_GENERAL,
                          "the call failed without a reason; please report this as a fault of the driver");
}

void diag_counts(struct handle *h, SQLLEN row_count, SQLLEN cursor_row_count) {
    lock_to_use(h->diag);
    h->diag->head.row_count = row_count;
    h->diag->head.cursor_row_count = cursor_row_count;
    pthread_mutex_unlock(&h->diag->lock);
}

void diag_function(struct handle *h, const char *name, SQLINTEGER code) {
    lock_to_use(h->diag);
    h->diag->head.function = name;
    h->diag->head.function_code = code;
    pthread_mutex_unlock(&h->diag->lock);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

bool diag_read(struct handle *h, int number, struct diag_rec *out) {
    bool found = false;
    struct diag *d = handle_diag(h);
    pthread_mutex_lock(&d->lock);
    if (number >= 1 && number <= d->n) {
        *out = d->recs[number - 1];
        out->text = mem_strdup(out->text ? out->text : "[dbx-odbc][driver] out of memory");
        found = true;
    }
    pthread_mutex_unlock(&d->lock);
    return found;
}

int diag_count(struct handle *h) {
    struct diag *d = handle_diag(h);
    pthread_mutex_lock(&d->lock);
    int n = d->n;
    pthread_mutex_unlock(&d->lock);
    return n;
}

struct diag_head diag_head(struct handle *h) {
    struct diag *d = handle_diag(h);
    pthread_mutex_lock(&d->lock);
    struct diag_head head = d->head;
    head.rc = atomic_load_explicit(&d->front.rc, memory_order_relaxed);
    pthread_mutex_unlock(&d->lock);
    return head;
}

/* "ODBC 3.0" for IM…, and for the states of class HY that ODBC itself defines; "ISO 9075" for all others. */
const char *diag_class_origin(const char *state) { return strncmp(state, "IM", 2) == 0 ? "ODBC 3.0" : "ISO 9075"; }

const char *diag_subclass_origin(const char *state) {
#define ODBC_SUBCLASS(s) if (strcmp(state, s) == 0) return "ODBC 3.0";
#include "tbl/sqlstates.h"
    return "ISO 9075";
}
