/* admin: the operator's listener.
 *
 *   GET  /healthz /readyz /metrics         is it alive, does it take requests, numbers
 *   GET  /  /admin/v1/status.json          the status page, and what it shows
 *   GET  /admin/v1/state                   all of it: configuration in brief, listeners, tenants, stores
 *   POST /admin/v1/invalidate              {tenant, all|tables|tag|key}: forget results
 *   GET, POST /admin/v1/explain            would this request be kept, and why not
 *   POST /admin/v1/drain  /admin/v1/reload
 *   GET, POST /admin/v1/loglevel           {level}
 *
 * On a Unix socket the peer's user id decides: root, our own and those of admin_uids. On loopback TCP the first five
 * are free (but the page and its data only under a loopback name, so that no web site can have a browser read them), the
 * others ask for the bearer admin_token, and are closed where none is configured. */
#ifndef PROXY_ADMIN_H
#define PROXY_ADMIN_H

#include <cjson/cJSON.h>
#include <event2/http.h>

#include "proxy/serve/proxy.h"

/* What the process can be asked for. All must be there. */
struct admin_host {
    void *arg;
    enum rc (*reload)(void *arg, struct err *e);   /* the sentence of a failure goes to the operator */
    void (*drain)(void *arg);
    void (*describe)(void *arg, cJSON *state);     /* adds "config" and "listeners" */
};

struct admin;

/* host is copied. Ticks every few seconds from now on. */
enum rc admin_new(struct admin **out, struct proxy *p, const struct admin_host *host, struct err *e) MUST_CHECK;
void admin_free(struct admin **a);                          /* after its evhttp was freed */
void admin_request(struct evhttp_request *req, void *admin); /* an evhttp request callback */

#endif
