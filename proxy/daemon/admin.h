/* admin: the operator's listener: GET /healthz, /readyz and /metrics. */
#ifndef PROXY_ADMIN_H
#define PROXY_ADMIN_H

#include <event2/http.h>

void admin_request(struct evhttp_request *req, void *proxy);  /* an evhttp request callback */

#endif
