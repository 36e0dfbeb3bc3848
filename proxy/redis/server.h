/* server: the address of a Redis server, as configured or as a cluster names it. */
#ifndef PROXY_REDIS_SERVER_H
#define PROXY_REDIS_SERVER_H

#include "core/err.h"
#include "core/sv.h"

struct server {
    bool tls, is_unix;
    char host[256];            /* without brackets; the path of a Unix socket */
    int port;
};

/* redis://host[:6379], rediss://…, unix:/path. ERR_CONFIG_BAD with a sentence: also for user, password and database in
 * the address, which have keys of their own. */
enum rc server_parse(const char *url, struct server *out, struct err *e) MUST_CHECK;
bool server_is(const struct server *a, const struct server *b);
void server_text(const struct server *s, char out[280]);

#endif
