/* gates: all listeners of the process. A configuration is laid over them in three steps, so that one that cannot be
 * had changes nothing: gates_plan opens what is new beside what is there, then either gates_commit or gates_abort.
 *
 * Out of descriptors: accepting pauses, idle connections give way, and one kept in reserve tells a waiting client
 * so. */
#ifndef PROXY_GATES_H
#define PROXY_GATES_H

#include "gate.h"

struct gates {
    struct proxy *proxy;
    struct peers *peers;
    struct admin *admin;       /* who answers operators; the daemon's */
    struct gate_list open, fresh, leaving;
    struct event *resume, *pulse;  /* accepting goes on; looking after those that leave */
    bool paused;
    int64_t told_ms;           /* when the log was last told of it */
    int reserve_fd;
};

enum rc gates_init(struct gates *gs, struct proxy *p, struct admin *admin, struct err *e) MUST_CHECK;
void gates_fini(struct gates *gs);           /* ends all connections; zeroed is welcome */

enum rc gates_plan(struct gates *gs, const struct config *cfg, struct err *e) MUST_CHECK;
void gates_commit(struct gates *gs);         /* what cannot be opened after all is logged */
void gates_abort(struct gates *gs);

bool gates_has_callers(struct gates *gs);    /* somebody connects whom no listener has accepted yet */
void gates_close_clients(struct gates *gs);  /* takes no more; connections go on */
size_t gates_clients(struct gates *gs);      /* connections of clients right now */

#endif
