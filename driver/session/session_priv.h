/* session_priv: what the files of the session room know of each other. */
#ifndef DRIVER_SESSION_SESSION_PRIV_H
#define DRIVER_SESSION_SESSION_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/arena.h"
#include "driver/http/sea_client.h"
#include "session.h"
#include "state.h"

/* How results are asked for, best first. */
enum sea_mode {
    MODE_HYBRID,        /* small results in the answer, large ones as links; Arrow */
    MODE_LINKS_ARROW,
    MODE_LINKS_JSON,
    MODE_INLINE_JSON,   /* never storage; 25 MiB at most */
    MODE_NONE
};

struct reaper;
struct partings;

struct session {
    const struct options *conf;
    struct log *log;
    struct sea_client client;

    pthread_mutex_t lock;       /* guards all below */
    char *id;
    unsigned generation;        /* grows with every reopening */
    struct state state;         /* what statements have set in the session */
    struct arena names;         /* catalog and schema texts that were handed out */
    const char *catalog, *schema; /* NULL = not known */
    enum sea_mode mode;         /* the best one not refused so far */
    char *message;              /* the last server message too long for struct err, and whose it was; NULL = none */
    char message_of[64];
    struct reaper *reapers;
    struct partings *partings;  /* statements to be closed; NULL = none so far */
    struct cancel *stop;        /* ends the reapers */
    atomic_bool dead;
};

/* An answer with everything its views point to. */
struct outcome {
    struct arena arena;
    struct http_answer http;
    struct sea_answer sea;
    bool accepted;              /* the server has taken the statement: from here on nothing may post it again */
    bool closed;                /* the server has closed the statement already */
};

void outcome_fini(struct outcome *o);

/* execute.c: from the text to a finished statement */
enum rc execute_run(struct session *s, const struct exec_in *in, enum sea_mode mode, struct cancel *c,
                    struct outcome *out, struct err *e) MUST_CHECK;
enum rc execute_cancel(struct session *s, const char *statement_id, struct err *e) MUST_CHECK;  /* bounded to seconds */
/* Likewise, best effort. part: in the background. */
void execute_part(struct session *s, const char *statement_id);
void execute_close(struct session *s, const char *statement_id, struct cancel *c);
enum sea_mode mode_first(const struct options *o);
enum sea_mode mode_next(enum sea_mode mode);
bool is_mode_refused(const struct err *e);

/* reaper.c: cancelling goes on behind the application's back, which gets its answer at once.
 * reaper_start: a statement whose answer was not waited for is cancelled as soon as its id is known.
 * reaper_cancel: the server is told; true = it said within moments that it has heard. */
void reaper_start(struct session *s, struct http_flight **flight);
bool reaper_cancel(struct session *s, const char *statement_id);
void reapers_end(struct session *s);    /* waits for them, 12 seconds at most */

/* parting.c. add: false = the caller has to close the statement. end: waits until all are closed, 5 seconds at most. */
bool parting_add(struct session *s, const char *statement_id) MUST_CHECK;
void partings_end(struct session *s);

/* result.c */
enum rc result_new(struct result **out, struct session *s, struct outcome *o, struct cancel *c, int64_t deadline,
                   struct err *e) MUST_CHECK;

/* session.c */
void session_keep_message(struct session *s, const struct sea_answer *a);  /* when struct err has no room for it */
enum rc session_revive(struct session *s, unsigned generation, struct cancel *c, int64_t deadline,
                       struct err *e) MUST_CHECK;

#endif
