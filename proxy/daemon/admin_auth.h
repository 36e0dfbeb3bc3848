/* admin_auth: may this peer use the operator's listener? */
#ifndef PROXY_ADMIN_AUTH_H
#define PROXY_ADMIN_AUTH_H

#include <event2/http.h>

#include "proxy/config/config.h"

enum admin_need {
    ADMIN_FREE,    /* health and numbers: whoever reaches the listener */
    ADMIN_LOCAL,   /* on TCP: asked for under a loopback name */
    ADMIN_OWNER    /* on TCP: with the token */
};

/* NULL = yes; otherwise a sentence, and *status_r is 401 or 403. */
const char *admin_auth_refuses(struct evhttp_request *req, const struct config_server *cfg, enum admin_need need,
                               int *status_r);

#endif
