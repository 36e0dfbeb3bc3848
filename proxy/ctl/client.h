/* client: one request to the admin listener of dbxproxyd, and its answer. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <cjson/cJSON.h>

#include "core/buf.h"
#include "core/err.h"

/* Where: "unix:PATH", a PATH with a slash, or "host:port". NULL = $DBXPROXY_ADMIN, else the first of the usual sockets
 * that is there. On TCP $DBXPROXY_ADMIN_TOKEN is sent. */
struct client {
    const char *address;
    bool is_socket;         /* … which is then the path of one */
    const char *token;      /* NULL = none */
    long timeout_s;
};

struct client_address {
    char text[512];
};

/* Fills c; memory must outlive it. ERR_CONFIG_MISSING: nothing was named and no usual socket is there. */
enum rc client_find(struct client *c, const char *address, struct client_address *memory, struct err *e) MUST_CHECK;

/* The body of an answer of 2xx, appended to out. ERR_NET_CONNECT: nobody answers there; ERR_HTTP: it says no,
 * with its reason. body NULL = GET. */
enum rc client_ask(const struct client *c, const char *path, const cJSON *body, struct buf *out,
                   struct err *e) MUST_CHECK;
enum rc client_ask_tree(const struct client *c, const char *path, const cJSON *body, cJSON **out,
                        struct err *e) MUST_CHECK;

#endif
