#include "paramchunk.h"

#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "exec.h"
#include "paramrun_priv.h"

/* Well below what the API takes, because servers parse long lists of values slowly. */
enum { CHUNK_TEXT = 4 * 1024 * 1024, CHUNK_ROWS = 10000, MAX_REFUSALS = 64, DECIMAL_DIGITS = 38 };

enum rc paramchunk_init(struct paramrun *r, struct err *e) {
    struct paramchunk *c = &r->chunk;
    size_t rows = r->gathers ? CHUNK_ROWS : 1;
    buf_init(&c->text, PARAMRUN_MAX_TEXT);
    buf_init(&c->tuple, PARAMRUN_MAX_TEXT);
    buf_init(&c->part, PARAMRUN_MAX_TEXT);
    c->refusals_left = MAX_REFUSALS;
    c->sets = arena_array(&r->arena, rows, sizeof *c->sets);
    c->ends = arena_array(&r->arena, rows, sizeof *c->ends);
    c->decimals = arena_array(&r->arena, (size_t)r->marks.n + 1, sizeof *c->decimals);
    return c->sets && c->ends && c->decimals ? RC_OK : err_nomem(e);
}

void paramchunk_fini(struct paramrun *r) {
    buf_fini(&r->chunk.text);
    buf_fini(&r->chunk.tuple);
    buf_fini(&r->chunk.part);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

/* Data exceptions and broken constraints: class 22 and 23. */
static bool is_about_values(const struct err *e) {
    return e->code == ERR_SQL && e->sqlstate[0] == '2' && (e->sqlstate[1] == '2' || e->sqlstate[1] == '3');
}

/* A refusal says that nothing was inserted; a broken connection, a time-out or a cancel says nothing. */
static void range_failed(struct paramrun *r, int from, int to, struct err *e) {
    const struct paramchunk *c = &r->chunk;
    bool refused = e->code == ERR_SQL;
    unsigned long first = (unsigned long)c->sets[from] + 1, last = (unsigned long)c->sets[to - 1] + 1;
    for (int i = from; i < to; i++) paramrun_failed(r, c->sets[i], refused ? SQL_PARAM_ERROR : SQL_PARAM_DIAG_UNAVAILABLE);
    paramrun_server_failed(r, e);
    if (!refused) err_wrap(e, "parameter sets %lu to %lu may or may not have been inserted", first, last);
    else if (to - from > 1) err_wrap(e, "none of the rows of parameter sets %lu to %lu was inserted", first, last);
    (void)diag_row_err(&r->stmt->h, e, to - from > 1 ? SQL_ROW_NUMBER_UNKNOWN : (SQLLEN)first);
}

/* The statement with the tuples [from, to). */
static enum rc statement_of(struct paramrun *r, int from, int to, struct sv *out, struct err *e) {
    struct paramchunk *c = &r->chunk;
    size_t begin = from > 0 ? c->ends[from - 1] + 1 : r->shape.from;    /* behind the comma */
    *out = buf_sv(&c->text);
    if (from == 0 && to == c->n) return RC_OK;
    buf_reset(&c->part);
    if (buf_add(&c->part, r->sql.ptr, r->shape.from, e)) return RC_ERR;
    if (buf_add(&c->part, c->text.ptr + begin, c->ends[to - 1] - begin, e)) return RC_ERR;
    *out = buf_sv(&c->part);
    return RC_OK;
}

static enum rc send_range(struct paramrun *r, int from, int to, struct err *e) {
    struct result *result = NULL;
    struct err ignored = ERR_INIT;
    SQLLEN n = -1;
    struct exec_in in = { .deadline = r->deadline };
    if (statement_of(r, from, to, &in.sql, e) || exec_send(r->stmt, &r->scan, &in, &result, e)) return RC_ERR;
    /* it is in the table; if the count does not arrive, it is the number of tuples all the same */
    if (exec_count(r->stmt, &r->scan, &result, r->deadline, &n, &ignored)) n = -1;
    paramrun_add_count(r, n >= 0 ? n : to - from);
    return RC_OK;
}

static void deliver(struct paramrun *r, int from, int to) {
    struct err e = ERR_INIT;
    if (send_range(r, from, to, &e) == RC_OK) return;
    if (to - from < 2 || !is_about_values(&e) || r->chunk.refusals_left == 0) {
        range_failed(r, from, to, &e);
        return;
    }
    int middle = from + (to - from) / 2;
    r->chunk.refusals_left--;
    deliver(r, from, middle);
    if (!r->stopped) deliver(r, middle, to);
    else for (int i = middle; i < to; i++) paramrun_status(r, r->chunk.sets[i], SQL_PARAM_UNUSED);
}

void paramchunk_flush(struct paramrun *r) {
    struct paramchunk *c = &r->chunk;
    if (c->n > 0) deliver(r, 0, c->n);
    c->n = 0;
    buf_reset(&c->text);
    memset(c->decimals, 0, (size_t)r->marks.n * sizeof *c->decimals);
}

/* ---- gathering -------------------------------------------------------------------------------------------------- */

static int number(const char **p) {
    int n = 0;
    while (**p >= '0' && **p <= '9') n = n * 10 + *(*p)++ - '0';
    return n;
}

static struct decimal_size largest(struct decimal_size a, const char *type) {
    static const char DECIMAL[] = "DECIMAL(";
    if (!type || strncmp(type, DECIMAL, sizeof DECIMAL - 1) != 0) return a;
    const char *p = type + sizeof DECIMAL - 1;
    int precision = number(&p), scale = *p == ',' ? (p++, number(&p)) : 0;
    if (precision - scale > a.whole) a.whole = precision - scale;
    if (scale > a.scale) a.scale = scale;
    return a;
}

/* The rows of a list of values share one type per column. Decimals that have none in common would be rounded to it. */
static bool fits_types(const struct paramrun *r, const char *const *types) {
    for (int i = 0; i < r->marks.n; i++) {
        struct decimal_size d = largest(r->chunk.decimals[i], types[i]);
        if (d.whole + d.scale > DECIMAL_DIGITS) return false;
    }
    return true;
}

static bool fits(const struct paramrun *r, const char *const *types) {
    const struct paramchunk *c = &r->chunk;
    return c->n == 0 || (c->n < CHUNK_ROWS && c->text.len + c->tuple.len < CHUNK_TEXT && fits_types(r, types));
}

enum rc paramchunk_add(struct paramrun *r, const struct sv *put, const char *const *types, struct err *e) {
    struct paramchunk *c = &r->chunk;
    buf_reset(&c->tuple);
    if (markers_fill(r->sql, &r->marks, put, r->shape.from, r->shape.to, &c->tuple, e)) return RC_ERR;
    if (!fits(r, types)) paramchunk_flush(r);
    if (r->stopped) return RC_OK;
    size_t before = c->text.len;
    enum rc rc = c->n == 0 ? buf_add(&c->text, r->sql.ptr, r->shape.from, e) : buf_addc(&c->text, ',', e);
    if (rc == RC_OK) rc = buf_addsv(&c->text, buf_sv(&c->tuple), e);
    if (rc != RC_OK) {
        c->text.len = before;
        return rc;
    }
    for (int i = 0; i < r->marks.n; i++) c->decimals[i] = largest(c->decimals[i], types[i]);
    c->ends[c->n] = c->text.len;
    c->sets[c->n++] = r->at;
    return RC_OK;
}
