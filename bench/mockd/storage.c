/* storage: the bytes of chunks, behind links of the form /chunk/CASSETTE/INDEX[?id=STATEMENT&n=CHUNK&until=MS], and all
 * that may happen to them on the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mock.h"
#include "text.h"

static const char BINARY[] = "Content-Type: application/octet-stream\r\n";
static const char FRAME[] = "\x04\x22\x4D\x18";
enum { DRIBBLES = 20, DRIBBLE_MS = 20 };

struct body {
    const char *ptr;
    size_t len;
};

struct download {
    struct mock *m;
    struct conn *c;
    struct play play;
    long long chunk;            /* of the statement; the tape has it modulo the cassette's */
    struct body body;
};

static bool refuse(struct conn *c, int status, const char *more, const char *xml) {
    char headers[160];
    snprintf(headers, sizeof headers, "Content-Type: application/xml\r\n%s", more);
    return http_head(c, status, headers, (long long)strlen(xml)) && http_send(c, xml, strlen(xml));
}

static bool expired(struct conn *c) {
    return refuse(c, 403, "", "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
}

static struct body of_chunk(const struct cassette *c, long long i) {
    return (struct body){c->tape + c->pieces[i].at, (size_t)c->pieces[i].wire};
}

static bool give(struct conn *c, struct body b) {
    return http_head(c, 200, BINARY, (long long)b.len) && http_send(c, b.ptr, b.len);
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

static uint64_t dice(const struct download *d, unsigned salt) {
    return fault_random(&d->play.plan, d->chunk, 1000 + salt);
}

static size_t somewhere(const struct download *d) { return d->body.len ? (size_t)(dice(d, 0) % d->body.len) : 0; }

/* Some of the bytes, then whatever. length: what the header says of it; -1 = the end of the connection is the end. */
static bool give_part(const struct download *d, size_t n, long long length) {
    return http_head(d->c, 200, BINARY, length) && http_send(d->c, d->body.ptr, n);
}

static bool give_changed(const struct download *d, struct text *t) {
    bool alive = give(d->c, (struct body){t->ptr ? t->ptr : "", t->len});
    text_free(t);
    return alive;
}

static bool give_flipped(const struct download *d) {
    struct text t = {NULL, 0, 0};
    text_bytes(&t, d->body.ptr, d->body.len);
    for (unsigned i = 0; i <= dice(d, 1) % 4 && t.len; i++)
        t.ptr[dice(d, 2 + i) % t.len] ^= (char)(1 << dice(d, 9 + i) % 8);
    return give_changed(d, &t);
}

static bool give_dribbling(const struct download *d) {
    size_t slice = d->body.len / DRIBBLES + 1;
    if (!http_head(d->c, 200, BINARY, (long long)d->body.len)) return false;
    for (size_t at = 0; at < d->body.len; at += slice)
        if (!http_nap(d->c, DRIBBLE_MS) ||
            !http_send(d->c, d->body.ptr + at, d->body.len - at < slice ? d->body.len - at : slice))
            return false;
    return true;
}

static const char *next_frame(const char *from, const char *end) {
    const char *at = from < end ? memmem(from, (size_t)(end - from), FRAME, 4) : NULL;
    return at ? at : end;
}

/* One whole frame more or less: all that remains is well formed. */
static bool give_frames(const struct download *d, int times) {
    const char *end = d->body.ptr + d->body.len, *from = next_frame(d->body.ptr + somewhere(d), end);
    if (from == end) from = d->body.ptr;
    const char *to = next_frame(from + 4, end);
    struct text t = {NULL, 0, 0};
    text_bytes(&t, d->body.ptr, (size_t)(from - d->body.ptr));
    for (int i = 0; i < times; i++) text_bytes(&t, from, (size_t)(to - from));
    text_bytes(&t, to, (size_t)(end - to));
    return give_changed(d, &t);
}

static bool give_more(const struct download *d) {
    struct text t = {NULL, 0, 0};
    text_bytes(&t, d->body.ptr, d->body.len);
    for (unsigned i = 0; i < 8; i++) text_add(&t, "%016llx", (unsigned long long)dice(d, i));
    return give_changed(d, &t);
}

static bool give_other(const struct download *d) {
    const struct cassette *c = d->play.cassette;
    return give(d->c, of_chunk(c, (d->chunk + 1 + (long long)(dice(d, 3) % (unsigned)c->n)) % c->n));
}

static bool stall(const struct download *d) { return http_nap(d->c, d->m->stall_ms) && false; }

static bool misbehave(const struct download *d, enum fault f) {
    static const char BUSY[] = "<Error><Code>SlowDown</Code></Error>", HTML[] = "<html><body>Please sign in.</body></html>";
    size_t some = somewhere(d), all = d->body.len;
    switch (f) {
    case FAULT_RESET:           return http_reset(d->c);
    case FAULT_RESET_MIDDLE:    return give_part(d, some, (long long)all) && http_reset(d->c);
    case FAULT_CUT:             return give_part(d, some, (long long)all) && false;
    case FAULT_LENGTH_SHORT:    return give_part(d, all, (long long)some);
    case FAULT_LENGTH_LONG:     return give_part(d, all, (long long)all + 100) && false;
    case FAULT_LENGTH_NONE_CUT: return give_part(d, some, -1) && false;
    case FAULT_FLIP:            return give_flipped(d);
    case FAULT_FORBIDDEN:       return expired(d->c);
    case FAULT_MISSING:         return refuse(d->c, 404, "", "<Error><Code>NoSuchKey</Code></Error>");
    case FAULT_TOO_MANY:        return refuse(d->c, 429, dice(d, 4) & 1 ? "Retry-After: 0\r\n" : "Retry-After: 1\r\n", BUSY);
    case FAULT_BROKEN:          return refuse(d->c, 500, "", "<Error><Code>InternalError</Code></Error>");
    case FAULT_BUSY:            return refuse(d->c, 503, "Retry-After: 0\r\n", BUSY);
    case FAULT_STALL:           return stall(d);
    case FAULT_STALL_MIDDLE:    return give_part(d, some, (long long)all) && stall(d);
    case FAULT_DRIBBLE:         return give_dribbling(d);
    case FAULT_OTHER_CHUNK:     return give_other(d);
    case FAULT_EMPTY:           return give_part(d, 0, 0);
    case FAULT_HTML:            return http_answer(d->c, 200, "text/html", HTML, sizeof HTML - 1);
    case FAULT_TRUNCATED:       return give_part(d, some, (long long)some);
    case FAULT_TRAILING:        return give_more(d);
    case FAULT_FRAME_LOST:      return give_frames(d, 0);
    case FAULT_FRAME_TWICE:     return give_frames(d, 2);
    default:                    return give(d->c, d->body);
    }
}

/* ---- the door ---------------------------------------------------------------------------------------------------- */

static bool is_over(const char *target) {
    const char *until = strstr(target, "until=");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return until && strtoll(until + 6, NULL, 10) < now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool serve(struct download *d, const char *target) {
    const char *n = strstr(target, "n=");
    enum fault f = FAULT_NONE;
    if (is_over(target)) return expired(d->c);
    if (n) d->chunk = strtoll(n + 2, NULL, 10);
    if (d->play.cassette) f = mock_fault(d->m, &d->play, PLACE_STORAGE, d->chunk);
    if (d->m->first_byte_ms && !http_nap(d->c, d->m->first_byte_ms)) return false;
    return f ? misbehave(d, f) : give(d->c, d->body);
}

bool storage_on(struct conn *c, const struct request *rq, void *arg) {
    struct mock *m = arg;
    char name[128];
    int index;
    const struct cassette *k = NULL;
    struct download d = {.m = m, .c = c};
    if (sscanf(rq->target, "/chunk/%127[^/]/%d", name, &index) == 2)
        k = shelf_named(&m->shelf, name, strlen(name), "");
    if (!k || index < 0 || index >= k->n) return http_answer(c, 404, "text/plain", "", 0);
    const char *id = strstr(rq->target, "id=");
    if (id && !play_of_id(m, id + 3, &d.play)) return http_answer(c, 400, "text/plain", "", 0);
    d.chunk = index;
    d.body = of_chunk(k, index);
    m->downloads++;
    m->downloads_open++;
    bool alive = serve(&d, rq->target);
    m->downloads_open--;
    if (alive) m->bytes += (long long)d.body.len;
    else m->downloads_broken++;
    return alive;
}
