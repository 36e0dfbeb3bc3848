#include "chunk.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/sea_codec.h"

enum {
    MAX_REFRESHES = 3,
    MAX_ATTEMPTS = 6,
    EXPIRY_MARGIN_MS = 60000,
    DOWNLOAD_BUDGET_MS = 30000,
    CONNECT_BUDGET_MS = 5000
};
enum {
    MIB = 1024 * 1024,
    MIN_BODY = 64 * MIB,
    UNKNOWN_BODY = 256 * MIB,
    MAX_BODY = 1024 * MIB,
    REQUEST_MS = 15 * 60 * 1000
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

void chunk_init(struct chunk *k, int64_t index) {
    *k = (struct chunk){.index = index, .row_offset = -1, .row_count = -1, .byte_count = -1};
}

static void drop_link(struct chunk *k) {
    mem_free_secret(k->url);
    for (int i = 0; i < k->n_headers; i++) {
        mem_free_secret((char *)k->headers[i].name);
        mem_free_secret((char *)k->headers[i].value);
    }
    mem_free(k->headers);
    k->url = NULL;
    k->headers = NULL;
    k->n_headers = 0;
}

static void drop_batches(struct chunk *k) {
    for (int i = k->at; i < k->n_batches; i++) batch_free(&k->batches[i]);
    mem_free(k->batches);
    k->batches = NULL;
    k->n_batches = k->at = 0;
    k->bytes = 0;
}

void chunk_fini(struct chunk *k) {
    drop_link(k);
    block_drop(&k->data);
    drop_batches(k);
}

static int64_t known(int64_t a, int64_t b) { return a >= 0 ? a : b; }

void chunk_move(struct chunk *to, struct chunk *from) {
    to->row_offset = known(from->row_offset, to->row_offset);
    to->row_count = known(from->row_count, to->row_count);
    to->byte_count = known(from->byte_count, to->byte_count);
    if (from->url) {
        drop_link(to);
        to->url = from->url, to->expires_ms = from->expires_ms;
        to->headers = from->headers, to->n_headers = from->n_headers;
        from->url = NULL, from->headers = NULL, from->n_headers = 0;
    }
    if (from->data) {
        block_drop(&to->data);
        to->data = from->data;
        from->data = NULL;
    }
    if (from->batches) {
        drop_batches(to);
        to->batches = from->batches, to->n_batches = from->n_batches, to->at = from->at, to->bytes = from->bytes;
        from->batches = NULL, from->n_batches = from->at = 0, from->bytes = 0;
    }
}

/* ---- what answers bring ------------------------------------------------------------------------------------------ */

static enum rc copy_headers(struct chunk *k, const struct sea_link *link, struct err *e) {
    if (!link->n_headers) return RC_OK;
    if (!(k->headers = mem_array((size_t)link->n_headers, sizeof *k->headers))) return err_nomem(e);
    for (int i = 0; i < link->n_headers; i++) {
        k->headers[i].name = mem_strdup(link->headers[i].name);
        k->headers[i].value = mem_strdup(link->headers[i].value);
        k->n_headers = i + 1;
        if (!k->headers[i].name || !k->headers[i].value) return err_nomem(e);
    }
    return RC_OK;
}

enum rc chunk_take_link(struct chunk *k, const struct sea_link *link, struct err *e) {
    drop_link(k);
    k->expires_ms = link->expires_ms;
    if (k->byte_count < 0) k->byte_count = link->chunk.byte_count;
    if (!(k->url = mem_strdup(link->url))) return err_nomem(e);
    return copy_headers(k, link, e);
}

enum rc chunk_take_inline(struct chunk *k, const struct sea_result *r, struct err *e) {
    char *bytes = NULL;
    size_t len = r->data_array.len;
    block_drop(&k->data);
    if (r->attachment.ptr && attachment_decode(r->attachment, &bytes, &len, e)) return RC_ERR;
    if (!r->attachment.ptr && !(bytes = mem_strndup(r->data_array.ptr, len))) return err_nomem(e);
    return (k->data = block_of(bytes, len)) ? RC_OK : err_nomem(e);
}

enum rc chunk_resolve(struct chunk *k, const struct chunk_source *s, struct cancel *c, int64_t deadline,
                      struct err *e) {
    char path[1200];
    struct arena arena = ARENA_INIT;
    struct sea_result result;
    struct http_answer answer;
    snprintf(path, sizeof path, "/api/2.0/sql/statements/%.1024s/result/chunks/%lld", s->statement_id,
             (long long)k->index);
    struct sea_call call = {.method = HTTP_GET,
                            .path = path,
                            .class = RETRY_IDEMPOTENT,
                            .deadline = deadline,
                            .quiet_ms = 5000,
                            .max_body = UNKNOWN_BODY};
    enum rc rc = sea_call(s->client, &call, c, &answer, NULL, e);
    if (rc == RC_OK)
        rc = sea_result_parse(buf_sv(&answer.body), &arena, &result, e) || s->learn(s->arg, &result, k->index, e)
                 ? RC_ERR
                 : RC_OK;
    else if (e->http_status == 404) e->code = ERR_RESULT_GONE;
    if (rc && e->code == ERR_NET_TIMEOUT && clock_passed(deadline)) e->code = ERR_QUERY_TIMEOUT;
    if (rc) err_wrap(e, "result chunk %lld", (long long)k->index);
    k->no_refresh = true;
    http_answer_fini(&answer);
    arena_fini(&arena);
    return rc;
}

/* ---- download ---------------------------------------------------------------------------------------------------- */

/* What a link announces is a hint (older servers told the size before compression), but not one to exceed by far. */
static size_t body_ceiling(const struct chunk *k) {
    if (k->byte_count <= 0) return UNKNOWN_BODY;
    if (k->byte_count > MAX_BODY / 2) return MAX_BODY;
    size_t twice = (size_t)k->byte_count * 2;
    return twice < MIN_BODY ? MIN_BODY : twice;
}

static enum rc storage_error(const struct chunk *k, const char *cause, struct err *e) {
    char host[256];
    http_url_host(k->url, host, sizeof host);
    return err_set(
        e, ERR_STORAGE,
        "result chunk %lld could not be downloaded from storage host %s: %s; let this machine reach that host, or set "
        "EnableQueryResultDownload=0 to take results through the API",
        (long long)k->index, host, cause);
}

static bool is_stale(const struct chunk *k) {
    return !k->no_refresh && k->expires_ms && clock_wall_ms() > k->expires_ms - EXPIRY_MARGIN_MS;
}

/* The link goes; the caller resolves the chunk again, a few times at most. */
static enum rc ask_anew(struct chunk *k, const char *cause, struct err *e) {
    if (k->refreshes++ >= MAX_REFRESHES) return storage_error(k, cause, e);
    drop_link(k);
    return RC_OK;
}

/* Storage says "expired" in several ways: 403 (S3, GCS, Azure), 401, and 400 or 404 with a word about it. */
static bool is_refused(int status, struct sv body) {
    if (status == 401 || status == 403) return true;
    if (status != 400 && status != 404) return false;
    for (size_t i = 0; i + 5 < body.len && i < 4096; i++)
        if (sv_istarts(sv_make(body.ptr + i, body.len - i), SV_LIT("expire"))) return true;
    return false;
}

struct tries {
    int n;
    int64_t waited_ms;
};

static struct retry_out decide(const struct tries *t, const struct http_answer *a, bool answered, const struct err *e,
                               int64_t took_ms, int64_t deadline) {
    struct retry_budget budget = {DOWNLOAD_BUDGET_MS, DOWNLOAD_BUDGET_MS,
                                  answered || a->sent ? DOWNLOAD_BUDGET_MS : CONNECT_BUDGET_MS, MAX_ATTEMPTS};
    struct retry_in in = {.class = RETRY_IDEMPOTENT,
                          .outcome = answered ? RETRY_GOT_STATUS : a->sent ? RETRY_BROKE : RETRY_NOT_SENT,
                          .status = a->status,
                          .retry_after_ms = a->retry_after_ms,
                          .attempt = t->n,
                          /* a long download that broke deserves another try; a host that does not answer does not */
                          .elapsed_ms = t->waited_ms + (answered || a->sent ? 0 : took_ms),
                          .left_ms = clock_left_ms(deadline, INT64_MAX),
                          .random = sea_random()};
    bool hopeless = !answered && e->code != ERR_NET_CONNECT && e->code != ERR_NET_RESET && e->code != ERR_NET_TIMEOUT;
    if (hopeless) in.class = RETRY_NONE;
    return retry_decide(&in, &budget);
}

static enum rc give_up(const struct chunk *k, bool answered, const struct http_answer *a, struct sv body,
                       int64_t deadline, struct err *e) {
    char cause[700];
    if (!answered &&
        (e->code == ERR_CANCELLED || e->code == ERR_NOMEM || e->code == ERR_LIMIT || e->code == ERR_STORAGE))
        return RC_ERR;
    if (!answered && clock_passed(deadline))
        return err_set(e, ERR_QUERY_TIMEOUT, "time-out while downloading result chunk %lld", (long long)k->index);
    if (answered) sea_http_error(a->status, body, e);
    snprintf(cause, sizeof cause, "%.600s", e->text);
    int status = answered ? a->status : 0;
    storage_error(k, cause, e);
    e->http_status = status;
    return RC_ERR;
}

static bool attempt(struct chunk *k, const struct chunk_source *s, struct cancel *c, int64_t deadline,
                    struct block *into, struct http_answer *a, struct err *e) {
    struct http_request rq = {.method = HTTP_GET,
                              .target = k->url,
                              .to_storage = true,
                              .n_headers = k->n_headers,
                              .headers = k->headers,
                              .max_body = body_ceiling(k),
                              .into = into,
                              .deadline = clock_sooner(deadline, clock_mono_ms() + REQUEST_MS)};
    int64_t began = clock_mono_ms();
    bool answered = transport_perform(s->client->http, &rq, c, a, NULL, e) == RC_OK;
    log_line(s->client->log, LOG_DEBUG, "storage", "chunk %lld -> %d, %zu bytes, %lld ms%s%s", (long long)k->index,
             a->status, into->len, (long long)(clock_mono_ms() - began), answered ? "" : ": ",
             answered ? "" : e->text);
    return answered;
}

enum rc chunk_download(struct chunk *k, const struct chunk_source *s, struct cancel *c, int64_t deadline,
                       struct err *e) {
    struct tries tries = {0, 0};
    for (;;) {
        struct http_answer a;
        enum rc rc = RC_OK;
        struct block *body = NULL;
        if (is_stale(k)) return ask_anew(k, "the links that the server hands out have expired already", e);
        int64_t began = clock_mono_ms();
        if (!(body = block_new(s->slabs))) return err_nomem(e);
        bool answered = attempt(k, s, c, deadline, body, &a, e);
        tries.n++;
        struct retry_out next = {0};
        if (answered && a.status == 200) k->data = block_hold(body);
        else if (answered && is_refused(a.status, block_sv(body)))
            rc = ask_anew(k, "the storage refused the link (HTTP 401 or 403) again and again", e);
        else if (!(next = decide(&tries, &a, answered, e, clock_mono_ms() - began, deadline)).again)
            rc = give_up(k, answered, &a, block_sv(body), deadline, e);
        http_answer_fini(&a);
        block_drop(&body);
        if (rc || !next.again) return rc;
        log_line(s->client->log, LOG_WARNING, "retry", "result chunk %lld in %lld ms (%s), attempt %d failed: %s",
                 (long long)k->index, (long long)next.wait_ms, next.reason, tries.n,
                 answered ? "HTTP error from storage" : e->text);
        tries.waited_ms += next.wait_ms;
        k->no_refresh = false;
        if (cancel_nap(c, clock_mono_ms() + next.wait_ms))
            return err_set(e, ERR_CANCELLED, "cancelled while downloading result chunk %lld", (long long)k->index);
    }
}

/* ---- decode ------------------------------------------------------------------------------------------------------ */

static enum rc add_batch(struct chunk *k, struct batch *b, int *cap, struct err *e) {
    if (k->n_batches == *cap) {
        int more = *cap ? *cap * 2 : 8;
        struct batch **grown = mem_realloc(k->batches, (size_t)more * sizeof(struct batch *));
        if (!grown) return batch_free(&b), err_nomem(e);
        k->batches = grown;
        *cap = more;
    }
    k->batches[k->n_batches++] = b;
    k->bytes += b->bytes;
    return RC_OK;
}

static enum rc drain(struct chunk *k, struct decoder *d, struct err *e) {
    struct batch *b = NULL;
    int cap = 0;
    for (;;) {
        if (decoder_next(d, &b, e)) return RC_ERR;
        if (!b) return RC_OK;
        if (add_batch(k, b, &cap, e)) return RC_ERR;
    }
}

enum rc chunk_decode(struct chunk *k, const struct chunk_source *s, struct column *columns, struct err *e) {
    struct decoder_in in = {
        .manifest = s->manifest, .chunk_index = k->index, .row_count = k->row_count, .max_bytes = UNKNOWN_BODY,
        .slabs = s->slabs};
    struct decoder *d = NULL;
    struct block *data = k->data;
    if (k->byte_count > UNKNOWN_BODY / 4)
        in.max_bytes = k->byte_count > MAX_BODY / 4 ? MAX_BODY : (size_t)k->byte_count * 4;
    k->data = NULL;
    drop_link(k);
    enum rc rc = decoder_new(&d, &in, data, e);
    if (rc == RC_OK && columns) rc = decoder_columns(d, columns, e);
    if (rc == RC_OK) rc = drain(k, d, e);
    decoder_free(&d);
    if (rc) drop_batches(k);
    return rc;
}

struct batch *chunk_next_batch(struct chunk *k) { return k->at < k->n_batches ? k->batches[k->at++] : NULL; }
