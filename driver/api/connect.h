/* connect: what other chapters need of the connection. */
#ifndef DRIVER_API_CONNECT_H
#define DRIVER_API_CONNECT_H

#include <sql.h>
#include <stdint.h>

#include "core/err.h"

struct dbc;

int64_t connect_deadline(const struct dbc *d);  /* for the connection's own requests */
void connect_call_begin(struct dbc *d);         /* SQLCancelHandle has an effect until connect_call_end */
void connect_call_end(struct dbc *d);
/* The current catalog; good until the next call on the connection. */
enum rc connect_catalog(struct dbc *d, const char **catalog, struct err *e) MUST_CHECK;

/* SQL_ATTR_RESET_CONNECTION: as if freshly connected; sends nothing while no statement is left. */
SQLRETURN connect_reset(struct dbc *d);
/* Before a connection is used again: replaces a session that the user before a reset has left traces in. */
SQLRETURN connect_refresh(struct dbc *d);

#endif
