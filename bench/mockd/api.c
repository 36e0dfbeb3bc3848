/* api: sessions and statements, as the REST API of a warehouse has them. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mock.h"
#include "text.h"

enum { LINKS = 8, MAX_LINKS = 1024, USUAL_MS = 900000 };

struct exchange {
    struct mock *m;
    struct conn *c;
    const struct request *rq;
    struct text out;
};

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static bool answer(struct exchange *x, int status) {
    bool alive = !x->m->api_ms || http_nap(x->c, x->m->api_ms);
    alive = alive && http_answer(x->c, status, "application/json", x->out.ptr, x->out.len);
    text_free(&x->out);
    return alive;
}

static bool answer_error(struct exchange *x, int status, const char *code, const char *text) {
    x->out.len = 0;
    text_add(&x->out, "{\"error_code\":\"%s\",\"message\":\"%s\"}", code, text);
    return answer(x, status);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

struct link {                   /* what an answer says of a chunk */
    long long index, offset, rows, bytes, next;     /* next: -1 = none */
    long long target;           /* whose bytes are behind it */
    long long ms, told_ms;      /* until it expires, and what is said of that */
};

static struct link link_of(const struct play *p, long long i) {
    const struct cassette *c = p->cassette;
    const struct piece *k = &c->pieces[i % c->n];
    long long next = i + 1 < play_chunks(p) ? i + 1 : -1, told = p->expire_ms > 0 ? p->expire_ms : USUAL_MS;
    return (struct link){i, i / c->n * c->rows + k->offset, k->rows, k->wire, next, i,
                         p->expire_ms < 0 ? -p->expire_ms : told, told};
}

static void swap(struct link *a, struct link *b) {
    struct link t = *a;
    *a = *b, *b = t;
}

/* What a fault makes of the links of an answer; there is room for one more. */
static int spoil(struct link *links, int n, enum fault f) {
    struct link *last = &links[n - 1];
    switch (f) {
    case FAULT_LINK_EXPIRED:   last->ms = last->told_ms = -1000; return n;
    case FAULT_LINK_OMITTED:   return n - 1;
    case FAULT_LINK_TWICE:     links[n] = *last; return n + 1;
    case FAULT_LINK_REORDERED: swap(&links[0], last); return n;
    case FAULT_LINK_INDEX:     last->index++; return n;
    case FAULT_LINK_ROWS:      last->rows++; return n;
    case FAULT_LINK_OFFSET:    last->offset += 7; return n;
    case FAULT_LINK_NEXT:      last->next = last->next < 0 ? last->index + 1 : last->next + 1; return n;
    case FAULT_LINK_SWAPPED:   last->target = last->target ? last->target - 1 : last->target + 1; return n;
    default:                   return n;
    }
}

static void add_expiry(struct text *out, long long at_ms) {
    char day[32];
    time_t s = at_ms / 1000;
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    text_add(out, "\"expiration\":\"%s.%03dZ\"", day, (int)(at_ms % 1000));
}

static void add_numbers(struct text *out, const struct link *l) {
    text_add(out, "\"chunk_index\":%lld,\"row_offset\":%lld,\"row_count\":%lld,\"byte_count\":%lld", l->index,
             l->offset, l->rows, l->bytes);
}

static void add_link(struct text *out, const struct mock *m, const struct play *p, const struct link *l) {
    char id[ID_BYTES];
    struct timespec now;
    play_id(p, id);
    clock_gettime(CLOCK_REALTIME, &now);
    long long now_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000, target = l->target % play_chunks(p);
    int port = p->dead ? m->dead_port[p->dead - 1] : m->storage.port;
    text_add(out, "{");
    add_numbers(out, l);
    if (l->next >= 0) text_add(out, ",\"next_chunk_index\":%lld", l->next);
    text_add(out, ",\"external_link\":\"http://127.0.0.1:%d/chunk/%s/%lld?id=%s&n=%lld&until=%lld\",", port,
             p->cassette->name, target % p->cassette->n, id, target, now_ms + l->ms);
    add_expiry(out, now_ms + l->told_ms);
    text_add(out, "}");
}

static void add_links(struct text *out, const struct mock *m, const struct play *p, long long first, int n, enum fault f) {
    struct link links[MAX_LINKS + 1];
    int k = 0;
    for (; k < n && k < MAX_LINKS && first + k < play_chunks(p); k++) links[k] = link_of(p, first + k);
    if (k) k = spoil(links, k, f);
    text_add(out, "\"external_links\":[");
    for (int i = 0; i < k; i++) {
        if (i) text_add(out, ",");
        add_link(out, m, p, &links[i]);
    }
    text_add(out, "]");
}

/* ---- results without links --------------------------------------------------------------------------------------- */

static void add_rows(struct text *out, const struct play *p, long long i, enum fault f) {
    const struct cassette *c = p->cassette;
    const struct piece *k = &c->pieces[i % c->n];
    struct link l[2] = {link_of(p, i)};
    bool omitted = spoil(l, 1, f) == 0;
    l[0].bytes = k->bytes;
    add_numbers(out, &l[0]);
    if (l[0].next >= 0)
        text_add(out, ",\"next_chunk_index\":%lld,\"next_chunk_internal_link\":\"/api/2.0/sql/statements/\"", l[0].next);
    if (omitted) return;
    text_add(out, ",\"data_array\":");
    text_bytes(out, c->tape + k->at, (size_t)k->wire);
}

static void add_result(struct text *out, struct mock *m, const struct play *p, bool hybrid) {
    enum fault f = play_chunks(p) ? mock_fault(m, p, PLACE_START, 0) : FAULT_NONE;
    const char *attachment = p->cassette->inline_text;
    text_add(out, "\"result\":{");
    if (p->inlined) {
        if (play_chunks(p)) add_rows(out, p, 0, f);
    } else if (hybrid && attachment && p->repeat == 1 && !p->dead) {
        struct link l = link_of(p, 0);
        m->inline_results++;
        add_numbers(out, &l);
        text_add(out, ",\"attachment\":\"");
        text_bytes(out, attachment, strlen(attachment));
        text_add(out, "\"");
    } else {
        add_links(out, m, p, 0, p->links ? p->links : hybrid ? LINKS : 1, f);
    }
    text_add(out, "}");
}

static void add_manifest(struct text *out, const struct play *p) {
    const struct cassette *c = p->cassette;
    text_add(out, "\"manifest\":{\"format\":\"%s\",", c->json ? "JSON_ARRAY" : "ARROW_STREAM");
    if (!c->plain) text_add(out, "\"result_compression\":\"LZ4_FRAME\",");
    text_add(out, "\"schema\":{\"column_count\":%d,\"columns\":", c->n_columns);
    text_bytes(out, c->columns, strlen(c->columns));
    text_add(out, "},\"total_chunk_count\":%lld,\"total_row_count\":%lld,\"total_byte_count\":%lld,\"truncated\":false",
             play_chunks(p), c->rows * p->repeat, c->bytes * p->repeat);
    if (!c->unlisted) text_add(out, ",\"chunks\":[");
    for (long long i = 0; !c->unlisted && i < play_chunks(p); i++) {
        struct link l = link_of(p, i);
        l.bytes = c->pieces[i % c->n].bytes;
        text_add(out, i ? ",{" : "{");
        add_numbers(out, &l);
        text_add(out, "}");
    }
    text_add(out, c->unlisted ? "}" : "]}");
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static bool send_statement(struct exchange *x, const struct play *p, bool hybrid) {
    char id[ID_BYTES];
    play_id(p, id);
    text_add(&x->out, "{\"statement_id\":\"%s\",\"status\":{\"state\":\"SUCCEEDED\"},", id);
    add_manifest(&x->out, p);
    text_add(&x->out, ",");
    add_result(&x->out, x->m, p, hybrid);
    text_add(&x->out, "}");
    return answer(x, 200);
}

static bool send_too_large(struct exchange *x, const struct play *p) {
    char id[ID_BYTES];
    play_id(p, id);
    text_add(&x->out,
             "{\"statement_id\":\"%s\",\"status\":{\"state\":\"FAILED\",\"error\":{\"error_code\":\"BAD_REQUEST\",\"message\":"
             "\"Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most "
             "26214400 bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want to download the full "
             "result.\"}}}",
             id);
    return answer(x, 200);
}

static bool says(const cJSON *doc, const char *name, const char *value) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, name));
    return text && strcmp(text, value) == 0;
}

static bool execute(struct exchange *x) {
    cJSON *doc = cJSON_ParseWithLength(x->rq->body, x->rq->body_len);
    const char *sql = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, "statement"));
    struct play p;
    bool known = sql && play_of_sql(x->m, sql, says(doc, "format", "JSON_ARRAY"), &p);
    bool hybrid = says(doc, "disposition", "INLINE_OR_EXTERNAL_LINKS");
    bool inlined = !hybrid && !says(doc, "disposition", "EXTERNAL_LINKS");
    cJSON_Delete(doc);
    x->m->statements++;
    if (!known) return answer_error(x, 400, "BAD_REQUEST", "no cassette answers this statement");
    p.inlined = inlined && p.cassette->json;
    return inlined && !p.inlined ? send_too_large(x, &p) : send_statement(x, &p, hybrid);
}

static void add_chunk(struct exchange *x, const struct play *p, long long chunk, enum fault f) {
    text_add(&x->out, "{");
    if (p->inlined) add_rows(&x->out, p, chunk, f);
    else add_links(&x->out, x->m, p, chunk, p->links ? p->links : 1, f);
    text_add(&x->out, "}");
}

static bool send_chunk(struct exchange *x, const struct play *p, long long chunk) {
    if (chunk < 0 || chunk >= play_chunks(p)) return answer_error(x, 404, "NOT_FOUND", "no such chunk");
    enum fault f = mock_fault(x->m, p, PLACE_LINKS, chunk);
    x->m->link_calls++;
    switch (f) {
    case FAULT_LINK_RESET:    return http_reset(x->c);
    case FAULT_LINK_TOO_MANY: return answer_error(x, 429, "REQUEST_LIMIT_EXCEEDED", "too many requests");
    case FAULT_LINK_BROKEN:   return answer_error(x, 500, "INTERNAL_ERROR", "an internal error");
    case FAULT_LINK_BUSY:     return answer_error(x, 503, "TEMPORARILY_UNAVAILABLE", "busy");
    case FAULT_LINK_GONE:     return answer_error(x, 404, "NOT_FOUND", "the statement is gone");
    case FAULT_LINK_STALL:    return http_nap(x->c, x->m->stall_ms) && false;
    default:                  break;
    }
    add_chunk(x, p, chunk, f);
    if (f == FAULT_LINK_CUT) x->out.len = x->out.len * 2 / 3;
    return answer(x, 200);
}

/* GET, DELETE …/statements/ID, POST …/cancel, GET …/result/chunks/N */
static bool about_statement(struct exchange *x, const char *rest) {
    struct play p;
    long long chunk;
    const char *more = rest + strcspn(rest, "/?");
    if (!play_of_id(x->m, rest, &p)) return answer_error(x, 404, "NOT_FOUND", "no such statement");
    if (sscanf(more, "/result/chunks/%lld", &chunk) == 1) return send_chunk(x, &p, chunk);
    bool asks = strcmp(x->rq->method, "GET") == 0, closes = strcmp(x->rq->method, "DELETE") == 0;
    x->m->polls += asks;
    x->m->closes += closes;
    x->m->cancels += !asks && !closes;
    if (asks) return send_statement(x, &p, false);
    text_add(&x->out, "{}");
    return answer(x, 200);
}

/* ---- the door ---------------------------------------------------------------------------------------------------- */

static bool send_counters(struct exchange *x) {
    struct mock *m = x->m;
    text_add(&x->out, "{");
#define COUNT_IT(name) text_add(&x->out, "\"" #name "\":%lld,", (long long)m->name);
    COUNTERS(COUNT_IT)
#undef COUNT_IT
    text_add(&x->out, "\"faults\":{");
    const char *comma = "";
    for (int f = 1; f < N_FAULTS; f++) {
        if (!m->faults[f]) continue;
        text_add(&x->out, "%s\"%s\":%lld", comma, fault_name((enum fault)f), (long long)m->faults[f]);
        comma = ",";
    }
    text_add(&x->out, "}}\n");
    return answer(x, 200);
}

static bool about_session(struct exchange *x) {
    if (strcmp(x->rq->method, "POST") == 0)
        text_add(&x->out, "{\"session_id\":\"mock-session-%lld\"}", (long long)++x->m->sessions);
    else text_add(&x->out, "{}");
    return answer(x, 200);
}

/* JDBC opens them beneath the warehouse. */
static bool is_about_sessions(const char *uri) {
    static const char SESSIONS[] = "/api/2.0/sql/sessions", WAREHOUSES[] = "/api/2.0/sql/warehouses/";
    return strncmp(uri, SESSIONS, strlen(SESSIONS)) == 0 ||
           (strncmp(uri, WAREHOUSES, strlen(WAREHOUSES)) == 0 && strstr(uri, "/sessions"));
}

bool api_on(struct conn *c, const struct request *rq, void *arg) {
    static const char STATEMENTS[] = "/api/2.0/sql/statements";
    struct exchange x = {.m = arg, .c = c, .rq = rq};
    const char *uri = rq->target;
    size_t n = strlen(STATEMENTS);
    if (strncmp(uri, STATEMENTS, n) == 0 && uri[n] == '/' && uri[n + 1]) return about_statement(&x, uri + n + 1);
    if (strncmp(uri, STATEMENTS, n) == 0) return execute(&x);
    if (is_about_sessions(uri)) return about_session(&x);
    if (strcmp(uri, "/mock/counters") == 0) return send_counters(&x);
    return answer_error(&x, 404, "NOT_FOUND", "the mock knows statements and sessions only");
}
