#include "paramchunk.h"

#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "driver/http/worker.h"
#include "exec.h"
#include "paramrun_priv.h"

/* Well below what the API takes, because servers parse long lists of values slowly. */
enum { CHUNK_TEXT = 4 * 1024 * 1024, CHUNK_ROWS = 10000, MIN_ROWS = 100, MAX_REFUSALS = 64, DECIMAL_DIGITS = 38 };

/* An array is divided evenly among the pieces, but not into very small ones. */
static int rows_of_piece(const struct paramrun *r, int n_pieces) {
    SQLULEN even = (r->n_sets + (SQLULEN)n_pieces - 1) / (SQLULEN)n_pieces;
    if (!r->gathers) return 1;
    return n_pieces == 1 || even > CHUNK_ROWS ? CHUNK_ROWS : even < MIN_ROWS ? MIN_ROWS : (int)even;
}

static enum rc piece_init(struct paramrun *r, struct parampiece *p, struct err *e) {
    size_t rows = (size_t)r->chunk.max_rows;
    p->run = r;
    buf_init(&p->text, PARAMRUN_MAX_TEXT);
    p->sets = arena_array(&r->arena, rows, sizeof *p->sets);
    p->ends = arena_array(&r->arena, rows, sizeof *p->ends);
    return p->sets && p->ends ? RC_OK : err_nomem(e);
}

enum rc paramchunk_init(struct paramrun *r, struct err *e) {
    struct paramchunk *c = &r->chunk;
    int n = r->gathers ? r->stmt->dbc->options.parallel_writes : 1;
    buf_init(&c->tuple, PARAMRUN_MAX_TEXT);
    buf_init(&c->part, PARAMRUN_MAX_TEXT);
    c->refusals_left = MAX_REFUSALS;
    c->max_rows = rows_of_piece(r, n);
    c->pieces = arena_array(&r->arena, (size_t)n, sizeof *c->pieces);
    c->decimals = arena_array(&r->arena, (size_t)r->marks.n + 1, sizeof *c->decimals);
    if (!c->pieces || !c->decimals) return err_nomem(e);
    for (c->n_pieces = 0; c->n_pieces < n; c->n_pieces++)
        if (piece_init(r, &c->pieces[c->n_pieces], e)) return RC_ERR;
    return RC_OK;
}

void paramchunk_fini(struct paramrun *r) {
    for (int i = 0; i < r->chunk.n_pieces; i++) buf_fini(&r->chunk.pieces[i].text);
    buf_fini(&r->chunk.tuple);
    buf_fini(&r->chunk.part);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

/* Data exceptions and broken constraints: class 22 and 23. */
static bool is_about_values(const struct err *e) {
    return e->code == ERR_SQL && e->sqlstate[0] == '2' && (e->sqlstate[1] == '2' || e->sqlstate[1] == '3');
}

/* A refusal says that nothing was inserted; a broken connection, a time-out or a cancel says nothing. */
static void range_failed(struct parampiece *p, int from, int to, struct err *e) {
    struct paramrun *r = p->run;
    bool refused = e->code == ERR_SQL;
    unsigned long first = (unsigned long)p->sets[from] + 1, last = (unsigned long)p->sets[to - 1] + 1;
    for (int i = from; i < to; i++) paramrun_failed(r, p->sets[i], refused ? SQL_PARAM_ERROR : SQL_PARAM_DIAG_UNAVAILABLE);
    paramrun_server_failed(r, e);
    if (!refused) err_wrap(e, "parameter sets %lu to %lu may or may not have been inserted", first, last);
    else if (to - from > 1) err_wrap(e, "none of the rows of parameter sets %lu to %lu was inserted", first, last);
    (void)diag_row_err(&r->stmt->h, e, to - from > 1 ? SQL_ROW_NUMBER_UNKNOWN : (SQLLEN)first);
}

/* The statement with the tuples [from, to). */
static enum rc statement_of(struct parampiece *p, int from, int to, struct sv *out, struct err *e) {
    struct paramrun *r = p->run;
    struct buf *part = &r->chunk.part;
    size_t begin = from > 0 ? p->ends[from - 1] + 1 : r->shape.from;    /* behind the comma */
    *out = buf_sv(&p->text);
    if (from == 0 && to == p->n) return RC_OK;
    buf_reset(part);
    if (buf_add(part, r->sql.ptr, r->shape.from, e)) return RC_ERR;
    if (buf_add(part, p->text.ptr + begin, p->ends[to - 1] - begin, e)) return RC_ERR;
    *out = buf_sv(part);
    return RC_OK;
}

/* Sends a statement of so many tuples. Any thread. */
static enum rc send_tuples(const struct paramrun *r, struct sv sql, int tuples, SQLLEN *count, struct err *e) {
    struct result *result = NULL;
    struct err ignored = ERR_INIT;
    struct exec_in in = { .sql = sql, .deadline = r->deadline };
    if (exec_send(r->stmt, &r->scan, &in, &result, e)) return RC_ERR;
    /* it is in the table; if the count does not arrive, it is the number of tuples all the same */
    if (exec_count(r->stmt, &r->scan, &result, r->deadline, count, &ignored)) *count = -1;
    if (*count < 0) *count = tuples;
    return RC_OK;
}

static void deliver(struct parampiece *p, int from, int to);

/* A range was sent. One that was refused is divided, and sent again. */
static void take_outcome(struct parampiece *p, int from, int to, enum rc rc, SQLLEN count, struct err *e) {
    struct paramrun *r = p->run;
    if (rc == RC_OK) {
        paramrun_add_count(r, count);
        return;
    }
    if (to - from < 2 || !is_about_values(e) || r->chunk.refusals_left == 0) {
        range_failed(p, from, to, e);
        return;
    }
    int middle = from + (to - from) / 2;
    r->chunk.refusals_left--;
    deliver(p, from, middle);
    if (!r->stopped) deliver(p, middle, to);
    else for (int i = middle; i < to; i++) paramrun_status(r, p->sets[i], SQL_PARAM_UNUSED);
}

static void deliver(struct parampiece *p, int from, int to) {
    struct err e = ERR_INIT;
    struct sv sql = SV_NULL;
    SQLLEN count = -1;
    enum rc rc = statement_of(p, from, to, &sql, &e);
    if (rc == RC_OK) rc = send_tuples(p->run, sql, to - from, &count, &e);
    take_outcome(p, from, to, rc, count, &e);
}

/* ---- several at once -------------------------------------------------------------------------------------------- */

static void *fly(void *arg) {
    struct parampiece *p = arg;
    p->rc = send_tuples(p->run, buf_sv(&p->text), p->n, &p->count, &p->e);
    return NULL;
}

/* Room for new tuples. */
static void empty(struct parampiece *p) {
    p->n = 0;
    buf_reset(&p->text);
}

/* Waits for the piece if it is on its way, and tells what became of it. */
static void land(struct parampiece *p) {
    if (!p->flies) return;
    pthread_join(p->thread, NULL);
    p->flies = false;
    take_outcome(p, 0, p->n, p->rc, p->count, &p->e);
    empty(p);
}

/* True: the piece is on its way, and the next one of the ring is empty. */
static bool launch(struct paramchunk *c, struct parampiece *p) {
    if (c->n_pieces == 1) return false;
    p->count = -1;
    err_clear(&p->e);
    if (!worker_start(&p->thread, fly, p)) return false;
    p->flies = true;
    c->at = (c->at + 1) % c->n_pieces;
    land(&c->pieces[c->at]);
    return true;
}

void paramchunk_flush(struct paramrun *r) {
    struct paramchunk *c = &r->chunk;
    struct parampiece *p = &c->pieces[c->at];
    memset(c->decimals, 0, (size_t)r->marks.n * sizeof *c->decimals);
    if (p->n == 0 || launch(c, p)) return;
    deliver(p, 0, p->n);
    empty(p);
}

void paramchunk_settle(struct paramrun *r) {
    struct paramchunk *c = &r->chunk;
    struct parampiece *p = &c->pieces[c->at];
    for (int i = 1; i < c->n_pieces; i++) land(&c->pieces[(c->at + i) % c->n_pieces]);
    if (!r->stopped) return;
    for (int i = 0; i < p->n; i++) paramrun_status(r, p->sets[i], SQL_PARAM_UNUSED);
    r->tried -= (SQLULEN)p->n;
    empty(p);
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
    const struct parampiece *p = &c->pieces[c->at];
    return p->n == 0 || (p->n < c->max_rows && p->text.len + c->tuple.len < CHUNK_TEXT && fits_types(r, types));
}

enum rc paramchunk_add(struct paramrun *r, const struct sv *put, const char *const *types, struct err *e) {
    struct paramchunk *c = &r->chunk;
    buf_reset(&c->tuple);
    if (markers_fill(r->sql, &r->marks, put, r->shape.from, r->shape.to, &c->tuple, e)) return RC_ERR;
    if (!fits(r, types)) paramchunk_flush(r);
    if (r->stopped) return RC_OK;
    struct parampiece *p = &c->pieces[c->at];
    size_t before = p->text.len;
    enum rc rc = p->n == 0 ? buf_add(&p->text, r->sql.ptr, r->shape.from, e) : buf_addc(&p->text, ',', e);
    if (rc == RC_OK) rc = buf_addsv(&p->text, buf_sv(&c->tuple), e);
    if (rc != RC_OK) {
        p->text.len = before;
        return rc;
    }
    for (int i = 0; i < r->marks.n; i++) c->decimals[i] = largest(c->decimals[i], types[i]);
    p->ends[p->n] = p->text.len;
    p->sets[p->n++] = r->at;
    return RC_OK;
}
