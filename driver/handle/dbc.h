/* dbc: a connection handle: its options, its session at the server, its attributes, and the statements and explicit
 * descriptors that live on it. Statements may run in several threads at once; the lists have a lock of their own. */
#ifndef DRIVER_HANDLE_DBC_H
#define DRIVER_HANDLE_DBC_H

#include <stdatomic.h>

#include "attr.h"
#include "core/buf.h"
#include "core/log.h"
#include "driver/conf/options.h"
#include "driver/session/session.h"
#include "handle.h"

struct desc;
struct env;
struct metacache;
struct stmt;

struct dbc {
    struct handle h;
    struct env *env;
    struct dbc_attrs attrs;
    struct stmt_attrs stmt_defaults;    /* statement attributes set on the connection, as ODBC 2 programs do */
    SQLPOINTER quiet_window;        /* SQL_ATTR_QUIET_MODE; kept, never used */
    char *catalog;                  /* SQL_ATTR_CURRENT_CATALOG set before connecting, else NULL */
    char *given_catalog;            /* what it replaced among the options; for SQL_ATTR_RESET_CONNECTION */
    int given_socket_timeout;
    char *browse;                   /* SQLBrowseConnect: what was given so far */
    bool connected;
    struct options options;         /* of the connection, good while connected */
    struct log *log;
    struct session *session;
    struct cancel *cancel;          /* for waits of the connection itself */
    atomic_bool running;
    atomic_bool namespace_moved;    /* a USE, SET or SQL_ATTR_CURRENT_CATALOG went by: options no longer tell where we are */
    atomic_bool session_touched;    /* something went by that may have left traces in the session: USE, SET, DDL, CALL … */
    atomic_bool wrote;              /* a write went by since the last commit, with autocommit off */
    bool session_used_up;           /* a pool has the connection: the next user gets a new session (connect_refresh) */
    atomic_bool no_information_schema;  /* the server did not understand a query on it once */
    struct metacache *metacache;    /* answers of catalog functions; NULL = not kept */
    struct buf words;               /* text handed out by the last attribute or info call */

    pthread_mutex_t list_lock;
    struct stmt *stmts;
    struct desc *descs;             /* explicit ones */
    unsigned long cursor_names;
};

struct dbc *dbc_new(struct env *env);       /* NULL = out of memory */
void dbc_free(struct dbc **d);              /* disconnects if need be */
void dbc_close(struct dbc *d);              /* frees statements and descriptors, then the session */

/* Where the session is. Configured names are taken at their word until a USE, SET or attribute went by; only then, or
 * without configured names, is the server asked. The texts are good until the next such call on the connection. */
enum rc dbc_namespace(struct dbc *d, struct cancel *c, int64_t deadline, const char **catalog, const char **schema,
                      struct err *e) MUST_CHECK;

/* A statement of that kind goes to the server (enum scan_kind). */
void dbc_note_statement(struct dbc *d, int scan_kind);

/* What a pool takes back: cursors are closed and bindings gone. Handles that nobody has called since the last time are
 * freed: the driver manager drops the handles of a pooled connection without a word to the driver. */
void dbc_forget_handles(struct dbc *d);

bool dbc_has_pending(struct dbc *d);        /* an asynchronous call executes on one of its statements */

struct stmt *dbc_add_stmt(struct dbc *d);   /* NULL = out of memory */
void dbc_drop_stmt(struct stmt **s);        /* takes it off the list and frees it */
struct desc *dbc_add_desc(struct dbc *d);
void dbc_drop_desc(struct desc **desc);     /* statements that used it go back to their own */

#endif
