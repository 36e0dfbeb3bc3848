/* route: what a method and path mean to us. Pure; the path is taken as written, without decoding. */
#ifndef PROXY_ROUTE_H
#define PROXY_ROUTE_H

#include "core/sv.h"

enum route {
    ROUTE_PASS,           /* not ours: forwarded untouched */
    ROUTE_PASS_WRITES,    /* likewise, but statements may be behind it (Thrift, warehouse-scoped statements) */
    ROUTE_EXECUTE,        /* POST …/statements */
    ROUTE_STATUS,         /* GET …/statements/{id} */
    ROUTE_CHUNK,          /* GET …/statements/{id}/result/chunks/{n} */
    ROUTE_CANCEL,         /* POST …/statements/{id}/cancel */
    ROUTE_CLOSE,          /* DELETE …/statements/{id} */
    ROUTE_SESSION_OPEN,   /* POST …/sessions, also under warehouses/{id} */
    ROUTE_SESSION_CLOSE,  /* DELETE …/sessions/{id}, likewise */
    ROUTE_LINK            /* GET /dbxp/v1/r/{sealed}/{n}: a chunk of a kept result, behind a link of ours */
};

struct route_match {
    enum route route;
    struct sv id;     /* of the statement or session, a view into the path; ptr NULL = none */
    struct sv chunk;  /* the chunk index as written */
};

struct route_match route_of(struct sv method, struct sv path);
const char *route_name(enum route r);

/* May a request that is not ours pass with passthrough=listed? The paths that drivers, SDKs and tools are known to use:
 * Thrift, OAuth, warehouses, Unity Catalog, files, SCIM "Me", telemetry, feature flags. */
bool route_is_listed(struct sv path);

/* Are these requests harmless to repeat whatever their body says? */
bool route_is_idempotent(enum route r, struct sv method);

#endif
