/* pipe_guard: a peer that is gone must not kill the host program: SIGPIPE is held back in this thread and thrown away.
 * Enter and leave in the same thread; the host's own handling of the signal is not touched. */
#ifndef DRIVER_HTTP_PIPE_GUARD_H
#define DRIVER_HTTP_PIPE_GUARD_H

#include <stdbool.h>

struct pipe_guard {
    bool was_pending, blocked;
};

void pipe_guard_enter(struct pipe_guard *g);
void pipe_guard_leave(const struct pipe_guard *g);

#endif
