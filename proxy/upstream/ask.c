#include "ask.h"

#include <string.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/mem.h"
#include "link.h"

static enum rc add_line(struct curl_slist **list, const char *name, const char *value, struct err *e) {
    struct buf line;
    buf_init(&line, 64 * 1024);
    /* libcurl's spelling of a header without value is "Name;" */
    enum rc rc = value[0] ? buf_addf(&line, e, "%s: %s", name, value) : buf_addf(&line, e, "%s;", name);
    struct curl_slist *grown = rc == RC_OK ? curl_slist_append(*list, line.ptr) : NULL;
    if (grown) *list = grown;
    else if (rc == RC_OK) rc = err_nomem(e);
    buf_wipe(&line);
    return rc;
}

static enum rc add_silencer(struct curl_slist **list, const char *text, struct err *e) {
    struct curl_slist *grown = curl_slist_append(*list, text);
    if (!grown) return err_nomem(e);
    *list = grown;
    return RC_OK;
}

static enum rc copy_headers(struct ask *a, const struct upstream_call *call, struct err *e) {
    static const char *const OWN[] = {"Accept", "Content-Type", "User-Agent"}; /* libcurl would add them by itself */
    const struct evkeyval *h;
    TAILQ_FOREACH(h, call->headers, next)
        if (add_line(&a->headers, h->key, h->value, e)) return RC_ERR;
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
        char text[32] = "";
        if (evhttp_find_header(call->headers, OWN[i])) continue;
        evutil_snprintf(text, sizeof text, "%s:", OWN[i]);
        if (add_silencer(&a->headers, text, e)) return RC_ERR;
    }
    return add_silencer(&a->headers, "Expect:", e);
}

static enum rc copy_target(struct ask *a, const struct upstream_call *call, const struct config_upstream *up,
                           struct err *e) {
    struct buf url;
    buf_init(&url, 64 * 1024);
    enum rc rc = call->url ? link_check(up, call->url, e) : RC_OK;
    if (rc == RC_OK) rc = call->url ? buf_adds(&url, call->url, e) : buf_addf(&url, e, "%s%s", up->url, call->target);
    if (rc == RC_OK) a->url = mem_strndup(url.ptr, url.len);
    a->method = mem_strndup(call->method, strlen(call->method));
    buf_fini(&url);
    if (rc == RC_OK && (!a->url || !a->method)) rc = err_nomem(e);
    return rc;
}

enum rc ask_init(struct ask *a, const struct upstream_call *call, const struct config_upstream *up, struct err *e) {
    *a = (struct ask){.body = call->body, .own_body = call->body, .decode = call->decode,
                      .silence_ms = call->silence_ms};
    return copy_headers(a, call, e) || copy_target(a, call, up, e) ? RC_ERR : RC_OK;
}

void ask_fini(struct ask *a) {
    for (struct curl_slist *h = a->headers; h; h = h->next) mem_wipe(h->data, strlen(h->data));
    curl_slist_free_all(a->headers);
    mem_free(a->method);
    mem_free(a->url);
}
