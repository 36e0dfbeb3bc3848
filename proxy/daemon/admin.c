#include "admin.h"

#include <event2/buffer.h>
#include <string.h>

#include "core/buf.h"
#include "proxy/serve/proxy.h"

static void reply(struct evhttp_request *req, int status, const char *type, struct sv text) {
    struct evbuffer *body = evbuffer_new();
    if (!body || evbuffer_add(body, text.ptr, text.len)) {
        evhttp_send_error(req, 503, NULL);
    } else {
        evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
        evhttp_add_header(evhttp_request_get_output_headers(req), "Cache-Control", "no-store");
        evhttp_send_reply(req, status, NULL, body);
    }
    if (body) evbuffer_free(body);
}

static void reply_metrics(struct evhttp_request *req, struct proxy *p) {
    struct err e = ERR_INIT;
    struct buf text;
    buf_init(&text, 1024 * 1024);
    metrics_set(&p->metrics, M_IN_FLIGHT, p->n_exchanges);
    if (metrics_print(&(struct metrics_of){NULL, &p->metrics}, 1, &text, &e)) evhttp_send_error(req, 503, NULL);
    else reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", buf_sv(&text));
    buf_fini(&text);
}

void admin_request(struct evhttp_request *req, void *arg) {
    struct proxy *p = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri && evhttp_uri_get_path(uri) ? evhttp_uri_get_path(uri) : "";
    enum evhttp_cmd_type method = evhttp_request_get_command(req);
    if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD)
        reply(req, 405, "text/plain", SV_LIT("method not allowed\n"));
    else if (strcmp(path, "/healthz") == 0)
        reply(req, 200, "text/plain", SV_LIT("ok\n"));
    else if (strcmp(path, "/readyz") == 0 && p->draining)
        reply(req, 503, "text/plain", SV_LIT("draining\n"));
    else if (strcmp(path, "/readyz") == 0)
        reply(req, 200, "text/plain", SV_LIT("ready\n"));
    else if (strcmp(path, "/metrics") == 0)
        reply_metrics(req, p);
    else
        reply(req, 404, "text/plain", SV_LIT("not found\n"));
}
