/* parting: statements that are no longer needed are closed at the server while the application goes on.
 *
 * Their ids wait in a queue for a thread of the session's own, which begins with the first of them, lets a few come
 * together and then tells the server, one by one, on a connection that nobody else uses meanwhile. A queue that is full,
 * or a thread that cannot be had, makes the application wait for the server instead. */
#include "core/clock.h"
#include "core/mem.h"
#include "session_priv.h"
#include "driver/http/worker.h"

enum { MAX_WAITING = 64, GATHER_MS = 2, END_MS = 5000 };

struct partings {
    struct session *session;
    pthread_t thread;
    struct cancel *hurry;       /* raised when nothing more will come: no more gathering */
    struct cancel *enough;      /* raised when nobody waits any longer */
    struct cancel *gone;        /* raised by the thread at its end */
    pthread_cond_t changed;     /* with the session's lock, which guards all below */
    char *ids[MAX_WAITING];     /* a ring */
    int first, n;
    bool ending;
};

static void partings_free(struct partings *p) {
    cancel_free(&p->hurry);
    cancel_free(&p->enough);
    cancel_free(&p->gone);
    pthread_cond_destroy(&p->changed);
    mem_free(p);
}

/* The next id, which is the caller's, or NULL when there are none and no more will come. */
static char *take(struct partings *p) {
    struct session *s = p->session;
    char *id = NULL;
    pthread_mutex_lock(&s->lock);
    bool waited = false;
    for (; !p->n && !p->ending; waited = true) pthread_cond_wait(&p->changed, &s->lock);
    if (waited && !p->ending) {
        pthread_mutex_unlock(&s->lock);
        cancel_nap(p->hurry, clock_mono_ms() + GATHER_MS);
        pthread_mutex_lock(&s->lock);
    }
    if (p->n) {
        id = p->ids[p->first];
        p->first = (p->first + 1) % MAX_WAITING;
        p->n--;
    }
    pthread_mutex_unlock(&s->lock);
    return id;
}

static void *work(void *arg) {
    struct partings *p = arg;
    for (char *id; (id = take(p)); mem_free(id))
        if (!cancel_is_raised(p->enough)) execute_close(p->session, id, p->enough);
    cancel_raise(p->gone);
    return NULL;
}

static struct partings *partings_new(struct session *s) {
    struct partings *p = mem_zalloc(sizeof *p);
    if (!p) return NULL;
    p->session = s;
    pthread_cond_init(&p->changed, NULL);
    p->hurry = cancel_new();
    p->enough = cancel_new();
    p->gone = cancel_new();
    if (p->hurry && p->enough && p->gone && worker_start(&p->thread, work, p)) return p;
    partings_free(p);
    return NULL;
}

static bool add_locked(struct session *s, char *id) {
    struct partings *p = s->partings;
    if (!p) p = s->partings = partings_new(s);
    if (!p || p->n == MAX_WAITING) return false;
    p->ids[(p->first + p->n++) % MAX_WAITING] = id;
    if (p->n == 1) pthread_cond_signal(&p->changed);
    return true;
}

bool parting_add(struct session *s, const char *statement_id) {
    char *id = mem_strdup(statement_id);
    if (!id) return false;
    pthread_mutex_lock(&s->lock);
    bool added = add_locked(s, id);
    pthread_mutex_unlock(&s->lock);
    if (!added) mem_free(id);
    return added;
}

void partings_end(struct session *s) {
    struct partings *p = s->partings;
    if (!p) return;
    s->partings = NULL;
    cancel_raise(p->hurry);
    pthread_mutex_lock(&s->lock);
    p->ending = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&s->lock);
    cancel_nap(p->gone, clock_mono_ms() + END_MS);
    cancel_raise(p->enough);
    pthread_join(p->thread, NULL);
    partings_free(p);
}
