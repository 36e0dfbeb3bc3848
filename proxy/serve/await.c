#include "await.h"

#include <string.h>

#include "core/mem.h"
#include "fetch.h"
#include "replay.h"

enum { LEAST_MS = 250, MOST_MS = 10 * 1000 };

struct await {
    struct exchange *x;
    uint8_t key[DIGEST_BYTES];
    void (*then)(struct exchange *x);
    struct event *timer;
    TAILQ_ENTRY(await) link;
};

void await_drop(struct exchange *x) {
    struct await *w = x->await;
    if (!w) return;
    x->await = NULL;
    TAILQ_REMOVE(&x->proxy->awaits, w, link);
    if (w->timer) event_free(w->timer);
    mem_free(w);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct await *w = arg;
    struct exchange *x = w->x;
    void (*then)(struct exchange *x) = w->then;
    (void)fd;
    (void)what;
    await_drop(x);
    then(x);
}

void await_wake(struct proxy *p, const uint8_t key[DIGEST_BYTES]) {
    struct await *w;
    TAILQ_FOREACH(w, &p->awaits, link)
        if (memcmp(w->key, key, DIGEST_BYTES) == 0) event_active(w->timer, EV_TIMEOUT, 0);
}

static int64_t patience(const struct fetch *f, int64_t at_most_ms) {
    int64_t ms = fetch_fill(f)->exec_ms;
    if (ms < LEAST_MS) ms = LEAST_MS;
    if (ms > MOST_MS) ms = MOST_MS;
    return ms < at_most_ms ? ms : at_most_ms;
}

bool await_start(struct exchange *x, const uint8_t key[DIGEST_BYTES], int64_t at_most_ms,
                 void (*then)(struct exchange *x)) {
    const struct fetch *f = fetch_loading(x->proxy, key);
    if (!f || at_most_ms <= 0 || !replay_can_serve(x, fetch_entry(f))) return false;
    int64_t ms = patience(f, at_most_ms);
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    struct await *w = mem_zalloc(sizeof *w);
    if (!w) return false;
    w->x = x;
    w->then = then;
    memcpy(w->key, key, DIGEST_BYTES);
    TAILQ_INSERT_TAIL(&x->proxy->awaits, w, link);
    x->await = w;
    w->timer = evtimer_new(x->proxy->base, on_timer, w);
    if (!w->timer || event_add(w->timer, &tv)) {
        await_drop(x);
        return false;
    }
    exchange_move(x, EXCHANGE_WAITING);
    return true;
}
