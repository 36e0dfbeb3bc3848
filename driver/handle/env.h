/* env: an environment handle: the ODBC version its application speaks, and a count of its connections. */
#ifndef DRIVER_HANDLE_ENV_H
#define DRIVER_HANDLE_ENV_H

#include <stdatomic.h>

#include "handle.h"

struct env {
    struct handle h;
    SQLINTEGER odbc_version;    /* exactly as set: 2, 3 or 380; 0 = not yet */
    SQLUINTEGER pooling, pool_match;
    atomic_int n_connections;
};

struct env *env_new(void);      /* NULL = out of memory */
void env_free(struct env **e);

#endif
