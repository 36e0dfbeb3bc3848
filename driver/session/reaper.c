/* reaper: a cancelled statement whose id is not known yet.
 *
 * The caller of SQLCancel gets its answer at once; the request that started the statement goes on in a thread of its own
 * until the server tells the id, and then the statement is cancelled there. Without this the warehouse would go on
 * working for nobody. */
#include "core/clock.h"
#include "core/mem.h"
#include "core/sea_codec.h"
#include "session_priv.h"
#include "worker.h"

enum { FINISH_MS = 20000, END_MS = 2000, MAX_REAPERS = 32 };

struct reaper {
    struct reaper *next;
    struct session *session;
    struct http_flight *flight;
    pthread_t thread;
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
            execute_close(s, sea.statement_id);
        }
    }
    arena_fini(&arena);
}

static void *reap(void *arg) {
    struct reaper *r = arg;
    struct http_answer answer;
    struct err e = ERR_INIT;
    if (http_flight_finish(&r->flight, r->session->stop, clock_mono_ms() + FINISH_MS, &answer, &e) == RC_OK &&
        answer.status == 200)
        reap_answer(r->session, &answer);
    http_answer_fini(&answer);
    atomic_store(&r->done, true);
    return NULL;
}

/* Call with the lock held. Frees those that are done; returns how many are not. */
static int collect_locked(struct session *s) {
    int busy = 0;
    for (struct reaper **at = &s->reapers; *at;) {
        struct reaper *r = *at;
        if (!atomic_load(&r->done)) {
            busy++;
            at = &r->next;
            continue;
        }
        *at = r->next;
        pthread_join(r->thread, NULL);
        mem_free(r);
    }
    return busy;
}

void reaper_start(struct session *s, struct http_flight **flight) {
    struct reaper *r = mem_zalloc(sizeof *r);
    bool started = false;
    pthread_mutex_lock(&s->lock);
    if (r && collect_locked(s) < MAX_REAPERS) {
        r->session = s;
        r->flight = *flight;
        if ((started = worker_start(&r->thread, reap, r))) {
            r->next = s->reapers;
            s->reapers = r;
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (started) {
        *flight = NULL;
        return;
    }
    mem_free(r);
    struct http_answer answer;
    struct err e = ERR_INIT;
    if (http_flight_finish(flight, NULL, clock_mono_ms(), &answer, &e)) {} /* lets the connection go */
    http_answer_fini(&answer);
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
