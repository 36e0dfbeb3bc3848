#include "http_hdr.h"

#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "core/sv.h"

static bool is_one_of(const char *name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, list[i]) == 0) return true;
    return false;
}
#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof *(list))

/* Is the name one of the tokens of a comma-separated list? */
static bool list_names(const char *list, const char *name) {
    struct sv rest = sv_of(list), token;
    bool more = true;
    while (more) {
        struct sv after;
        more = sv_cut(rest, ',', &token, &after);
        if (!more) token = rest;
        if (sv_ieq(sv_trim(token), sv_of(name))) return true;
        rest = after;
    }
    return false;
}

bool http_hdr_is_hop_by_hop(const struct evkeyvalq *all, const char *name) {
    static const char *const OURS[] = {"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
                                       "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
                                       "Host", "Content-Length", "Expect"};
    const struct evkeyval *h;
    if (IS_ONE_OF(name, OURS)) return true;
    TAILQ_FOREACH(h, all, next)
        if (strcasecmp(h->key, "Connection") == 0 && list_names(h->value, name)) return true;
    return false;
}

bool http_hdr_is_keyed(const char *name) { return strncasecmp(name, "X-Databricks-", 13) == 0; }

bool http_hdr_is_allowed(const char *name) {
    static const char *const INERT[] = {"Authorization", "Content-Type", "Content-Encoding", "Accept", "User-Agent",
                                        "traceparent", "tracestate", "X-Request-Id"};
    return IS_ONE_OF(name, INERT) || http_hdr_is_keyed(name);
}

int http_hdr_count(const struct evkeyvalq *headers, const char *name) {
    const struct evkeyval *h;
    int n = 0;
    TAILQ_FOREACH(h, headers, next) n += strcasecmp(h->key, name) == 0;
    return n;
}

const char *http_hdr_framing_fault(const struct evkeyvalq *headers) {
    const char *coding = evhttp_find_header(headers, "Transfer-Encoding");
    const char *length = evhttp_find_header(headers, "Content-Length");
    long long n;
    if (coding && length) return "both Content-Length and Transfer-Encoding";
    if (http_hdr_count(headers, "Content-Length") > 1) return "several Content-Length";
    if (http_hdr_count(headers, "Transfer-Encoding") > 1) return "several Transfer-Encoding";
    if (coding && strcasecmp(coding, "chunked") != 0) return "unknown Transfer-Encoding";
    if (length && (strspn(length, "0123456789") != strlen(length) || !sv_to_i64(sv_of(length), &n)))
        return "Content-Length is not a number";
    if (http_hdr_count(headers, "Host") > 1) return "several Host";
    if (http_hdr_count(headers, "Authorization") > 1) return "several Authorization";
    return NULL;
}

static enum rc add(struct evkeyvalq *out, const struct evkeyval *h, struct err *e) {
    return evhttp_add_header(out, h->key, h->value) ? err_nomem(e) : RC_OK;
}

enum rc http_hdr_copy_request(const struct evkeyvalq *in, bool allow_list_only, struct evkeyvalq *out, struct err *e) {
    const struct evkeyval *h;
    TAILQ_FOREACH(h, in, next) {
        if (http_hdr_is_hop_by_hop(in, h->key) || strncasecmp(h->key, "X-Dbxproxy-", 11) == 0) continue;
        if (allow_list_only && !http_hdr_is_allowed(h->key)) continue;
        if (add(out, h, e)) return RC_ERR;
    }
    return RC_OK;
}

enum rc http_hdr_copy_caller(const struct evkeyvalq *in, bool has_json, struct evkeyvalq *out, struct err *e) {
    if (http_hdr_copy_request(in, true, out, e)) return RC_ERR;
    evhttp_remove_header(out, "Content-Type");
    evhttp_remove_header(out, "Content-Encoding");
    if (has_json && evhttp_add_header(out, "Content-Type", "application/json")) return err_nomem(e);
    return RC_OK;
}

enum rc http_hdr_copy_extra(const struct evkeyvalq *in, char *const *names, int n, struct evkeyvalq *out,
                            struct err *e) {
    const struct evkeyval *h;
    TAILQ_FOREACH(h, in, next) {
        if (http_hdr_is_allowed(h->key) || http_hdr_is_hop_by_hop(in, h->key)) continue;
        if (is_one_of(h->key, (const char *const *)names, (size_t)n) && add(out, h, e)) return RC_ERR;
    }
    return RC_OK;
}

enum rc http_hdr_copy_answer(const struct evkeyvalq *in, bool decoded, struct evkeyvalq *out, struct err *e) {
    const struct evkeyval *h;
    TAILQ_FOREACH(h, in, next) {
        bool framing = strcasecmp(h->key, "Content-Length") == 0;
        if (framing ? decoded : http_hdr_is_hop_by_hop(in, h->key)) continue;
        if (decoded && strcasecmp(h->key, "Content-Encoding") == 0) continue;
        if (add(out, h, e)) return RC_ERR;
    }
    return RC_OK;
}

void http_hdr_wipe(struct evkeyvalq *headers) {
    struct evkeyval *h;
    TAILQ_FOREACH(h, headers, next) mem_wipe(h->value, strlen(h->value));
    evhttp_clear_headers(headers);
}
