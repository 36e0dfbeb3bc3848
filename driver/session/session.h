/* session: one connection's seat at a warehouse, and the results it brings back.
 *
 *   api ── session_open/execute ── sea_client ── transport ── libcurl
 *              └── result_next ── prefetch (threads) ── decoder (result/batch.h)
 *
 * The driver does not know whether a warehouse, the proxy or the sandbox answers. A session may serve several
 * statements in several threads at once; one result belongs to one thread at a time (cancel excepted). Every wait
 * ends at a deadline, at a raised cancel, or with an answer. Nothing here knows ODBC. */
#ifndef DRIVER_SESSION_SESSION_H
#define DRIVER_SESSION_SESSION_H

#include "cachenews.h"
#include "driver/http/cancel.h"
#include "core/err.h"
#include "core/log.h"
#include "core/sea_model.h"
#include "driver/conf/options.h"
#include "driver/result/batch.h"

struct session;

/* Opens the session at the server (POST …/sql/sessions), which proves host, path, token and warehouse; starts no
 * warehouse and runs no statement. conf must outlive the session. deadline: clock_mono_ms scale (core/clock.h). */
enum rc session_open(struct session **out, const struct options *conf, struct log *log, struct cancel *c,
                     int64_t deadline, struct err *e) MUST_CHECK;
/* Waits until results and cancelled statements are closed at the server, then closes the session there: best effort,
 * bounded to seconds. */
void session_close(struct session **s);

bool session_is_dead(const struct session *s);   /* last known state, no network (SQL_ATTR_CONNECTION_DEAD) */

/* Ask the server where we are (SELECT current_catalog(), current_schema()); remembered until a USE or SET goes by. */
enum rc session_namespace(struct session *s, struct cancel *c, int64_t deadline,
                          const char **catalog, const char **schema, struct err *e) MUST_CHECK;
enum rc session_use_catalog(struct session *s, struct sv catalog, struct cancel *c, int64_t deadline,
                            struct err *e) MUST_CHECK;

/* The server's message about a failed statement, when it was longer than struct err.text holds; the last one only. The
 * caller's to free (mem_free); NULL = none. */
char *session_whole_message(struct session *s, const char *statement_id);

struct exec_in {
    struct sv sql;                   /* UTF-8 */
    int n_params;
    const struct sea_param *params;
    int64_t row_limit;               /* SQL_ATTR_MAX_ROWS; 0 = none */
    int64_t deadline;                /* whole statement, for SQL_ATTR_QUERY_TIMEOUT; CLOCK_NEVER = none */
    bool id_first;                   /* the server answers with the id before it runs the statement: one request more, and a
                                        cancel reaches it at once */
    bool is_metadata;                /* a SHOW/DESCRIBE of ours: x-databricks-sea-can-run-fully-sync */
};

struct result;

/* Runs a statement to its end (SUCCEEDED) and returns its result; first rows may still be under way. On a raised
 * cancel or a passed deadline the server is told, and the error is ERR_CANCELLED or ERR_QUERY_TIMEOUT. A POST that may
 * have reached the warehouse is never sent twice (ERR_OUTCOME_UNKNOWN). */
enum rc session_execute(struct session *s, const struct exec_in *in, struct cancel *c,
                        struct result **out, struct err *e) MUST_CHECK;

const char *result_statement_id(const struct result *r);
int result_n_columns(const struct result *r);                    /* 0 = no result set (DDL) */
const struct column *result_columns(const struct result *r);     /* good until result_free */
int64_t result_total_rows(const struct result *r);               /* -1 = unknown */
bool result_truncated(const struct result *r);                   /* the server cut it: warn once */
struct cachenews result_cachenews(const struct result *r);       /* what a proxy said about it */

/* The next batch in order; *out = NULL after the last one, and only when rows delivered equal the manifest's
 * (ERR_RESULT_SHORT otherwise). The caller frees the batch. Honours c and deadline as session_execute does. */
enum rc result_next(struct result *r, struct cancel *c, int64_t deadline, struct batch **out, struct err *e) MUST_CHECK;

/* Stops downloads; the server is told to close the statement if it is not closed yet, in the background (parting.c). */
void result_free(struct result **r);

#endif
