/* state: what statements have set in a session, coarsely, by their first words, so that a session that the server has
 * dropped can be rebuilt or honestly be reported lost. Not thread-safe. */
#ifndef DRIVER_SESSION_STATE_H
#define DRIVER_SESSION_STATE_H

#include "core/err.h"
#include "core/sv.h"

enum stmt_kind {
    STMT_READ,          /* SELECT, WITH … SELECT, SHOW, …: running it twice harms nobody */
    STMT_WRITE,         /* anything we cannot say more about */
    STMT_NAMESPACE,     /* USE, SET CATALOG: can be said again, and moves the namespace */
    STMT_SETTING,       /* SET k = v, SET TIME ZONE: can be said again */
    STMT_STICKY         /* CREATE TEMP …, DECLARE, SET VAR, BEGIN …: cannot be restored by saying it again */
};

struct state {
    char **replay;      /* statements to say again, in order */
    int n_replay;
    bool sticky;        /* something is lost with the session */
};

enum stmt_kind stmt_kind_of(struct sv sql);

void state_note(struct state *st, struct sv sql, enum stmt_kind kind, bool has_params);
void state_fini(struct state *st);

#endif
