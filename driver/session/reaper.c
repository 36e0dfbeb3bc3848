/* reaper: the end of a cancelled statement at the server.
 *
 * The caller of SQLCancel gets its answer at once. If the statement's id is not known yet, the request that started it
 * goes on in a thread of its own until the server tells the id, and then the statement is cancelled there; if it is known,
 * the server is told from such a thread, since it may be slow to answer that, too. Without this the warehouse would go on
 * working for nobody. */
#include "core/clock.h"
#include "core/mem.h"
#include "core/sea_codec.h"
#include "session_priv.h"
#include "driver/http/worker.h"

/* Disconnecting waits for them: a server says the id after 10 s at the latest, and a statement left behind may cost its
 * owner hours of a warehouse. */
enum { FINISH_MS = 20000, END_MS = 12000, MAX_REAPERS = 32, TOLD_MS = 500, LOOK_MS = 5 };

struct reaper {
    struct reaper *next;
    struct session *session;
    struct http_flight *flight; /* or: */
    char *id;
    pthread_t thread;
    bool watched;               /* somebody looks at it: not to be freed; guarded by the session's lock */
    bool told;                  /* good once done */
    atomic_bool done;
};

static void reap_answer(struct session *s, struct http_answer *answer) {
    struct arena arena = ARENA_INIT;
    struct sea_answer sea;
    struct err e = ERR_INIT;
    if (sea_answer_parse(buf_sv(&answer->body), &arena, &sea, &e) == RC_OK && *sea.statement_id &&
        sea.state != SEA_CLOSED) {
        if (sea.state == SEA_PENDING || sea.state == SEA_RUNNING) {
            if (execute_cancel(s, sea.statement_id, &e)) {} /* logged there */
        } else {
            execute_close(s, sea.statement_id, s->stop);
        }
    }
    arena_fini(&arena);
}

static void finish_flight(struct reaper *r) {
    struct http_answer answer;
    struct err e = ERR_INIT;
    if (http_flight_finish(&r->flight, r->session->stop, clock_mono_ms() + FINISH_MS, &answer, &e) == RC_OK &&
        answer.status == 200)
        reap_answer(r->session, &answer);
    http_answer_fini(&answer);
}

static void *reap(void *arg) {
    struct reaper *r = arg;
    struct err e = ERR_INIT;
    if (r->flight) finish_flight(r);
    else r->told = execute_cancel(r->session, r->id, &e) == RC_OK;
    atomic_store(&r->done, true);
    return NULL;
}

static void reaper_free(struct reaper *r) {
    if (!r) return;
    mem_free(r->id);
    mem_free(r);
}

/* Call with the lock held. Frees those that are done; returns how many are not. */
static int collect_locked(struct session *s) {
    int busy = 0;
    for (struct reaper **at = &s->reapers; *at;) {
        struct reaper *r = *at;
        if (!atomic_load(&r->done) || r->watched) {
            busy++;
            at = &r->next;
            continue;
        }
        *at = r->next;
        pthread_join(r->thread, NULL);
        reaper_free(r);
    }
    return busy;
}

/* Takes r, unless it returns false: there are too many already, or there is no thread to be had. */
static bool launch(struct session *s, struct reaper *r) {
    bool started = false;
    pthread_mutex_lock(&s->lock);
    r->session = s;
    if (collect_locked(s) < MAX_REAPERS && (started = worker_start(&r->thread, reap, r))) {
        r->next = s->reapers;
        s->reapers = r;
    }
    pthread_mutex_unlock(&s->lock);
    return started;
}

void reaper_start(struct session *s, struct http_flight **flight) {
    struct reaper *r = mem_zalloc(sizeof *r);
    if (r) r->flight = *flight;
    if (r && launch(s, r)) {
        *flight = NULL;
        return;
    }
    reaper_free(r);
    struct http_answer answer;
    struct err e = ERR_INIT;
    if (http_flight_finish(flight, NULL, clock_mono_ms(), &answer, &e)) {} /* lets the connection go */
    http_answer_fini(&answer);
}

bool reaper_cancel(struct session *s, const char *statement_id) {
    struct reaper *r = mem_zalloc(sizeof *r);
    struct err e = ERR_INIT;
    if (r) r->id = mem_strdup(statement_id);
    if (r) r->watched = true;
    if (!r || !r->id || !launch(s, r)) {
        reaper_free(r);
        return execute_cancel(s, statement_id, &e) == RC_OK;
    }
    int64_t until = clock_mono_ms() + TOLD_MS;
    while (!atomic_load(&r->done) && !clock_passed(until)) cancel_nap(NULL, clock_mono_ms() + LOOK_MS);
    bool told = atomic_load(&r->done) && r->told;
    pthread_mutex_lock(&s->lock);
    r->watched = false;
    pthread_mutex_unlock(&s->lock);
    return told;
}

static int collect(struct session *s) {
    pthread_mutex_lock(&s->lock);
    int busy = collect_locked(s);
    pthread_mutex_unlock(&s->lock);
    return busy;
}

void reapers_end(struct session *s) {
    int64_t until = clock_mono_ms() + END_MS;
    while (collect(s) && !clock_passed(until)) cancel_nap(NULL, clock_mono_ms() + 20);
    cancel_raise(s->stop);
    while (collect(s)) cancel_nap(NULL, clock_mono_ms() + 20);
}
