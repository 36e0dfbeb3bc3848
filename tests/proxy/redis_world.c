#include "redis_world.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"

extern char **environ;

/* ---- servers ----------------------------------------------------------------------------------------------------- */

void world_init(struct world *w) {
    *w = (struct world){.base = event_base_new()};
    assert_non_null(w->base);
    snprintf(w->dir, sizeof w->dir, "/tmp/dbxodbc-redis-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    signal(SIGPIPE, SIG_IGN);
}

static void relay_free(struct relay **r);

void world_fini(struct world *w) {
    char command[128];
    for (int i = 0; i < w->n; i++)
        if (w->pids[i]) world_kill(w, i, SIGKILL);
    for (int i = 0; i < w->n_relays; i++) relay_free(&w->relays[i]);
    if (w->base) event_base_free(w->base);
    w->base = NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
    if (strncmp(w->dir, "/tmp/dbxodbc-redis-", 19) == 0 && system(command) != 0) print_message("# %s stays\n", w->dir);
}

bool world_has_redis(void) {
    return system("redis-server --version >/dev/null 2>&1 && redis-cli --version >/dev/null 2>&1") == 0;
}

static bool is_free(int port) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    bool ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

/* The bus of a cluster has the port 10000 above; both below those that the system gives to outgoing connections. */
int world_free_port(void) {
    static bool is_seeded;
    if (!is_seeded) srand((unsigned)getpid() * 7919u + (unsigned)clock_wall_ms());
    is_seeded = true;
    for (;;) {
        int port = 12000 + rand() % 10000;
        if (is_free(port) && is_free(port + 10000)) return port;
    }
}

static bool answers(int port) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

int world_start_at(struct world *w, int port, const char *extra) {
    char command[1024];
    assert_true(w->n < WORLD_SERVERS);
    snprintf(command, sizeof command,
             "mkdir -p '%s/%d' && cd '%s/%d' && exec redis-server --port %d --bind 127.0.0.1 --save '' --daemonize no "
             "--dir . --logfile log %s >out 2>&1",
             w->dir, port, w->dir, port, port, extra ? extra : "");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves nothing behind */
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    w->pids[w->n] = pid;
    w->ports[w->n] = port;
    for (int i = 0; i < 500 && !answers(port); i++) usleep(10000);
    assert_true(answers(port));
    return w->n++;
}

int world_start(struct world *w, const char *extra) { return world_start_at(w, world_free_port(), extra); }

void world_kill(struct world *w, int i, int sig) {
    if (!w->pids[i]) return;
    kill(w->pids[i], sig);
    if (sig != SIGKILL) return;
    waitpid(w->pids[i], NULL, 0);
    w->pids[i] = 0;
}

char *world_cli(struct world *w, int i, const char *fmt, ...) {
    char args[4096], command[4400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(args, sizeof args, fmt, ap);
    va_end(ap);
    snprintf(command, sizeof command, "redis-cli -p %d %s 2>&1", w->ports[i], args);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    char *out = mem_zalloc(65536);
    size_t n = fread(out, 1, 65535, f);
    while (n && out[n - 1] == '\n') out[--n] = '\0';
    pclose(f);
    return out;
}

/* ---- relay ------------------------------------------------------------------------------------------------------- */

struct pipe {
    struct pipe *next, **link;
    struct relay *relay;
    struct bufferevent *client, *server;
};

struct relay {
    struct event_base *base;
    struct evconnlistener *listener;
    int to_port;
    enum relay_mode mode;
    size_t after;
    struct pipe *pipes;
};

static void pipe_free(struct pipe *p, bool reset) {
    struct linger hard = {.l_onoff = 1};
    if (reset) setsockopt(bufferevent_getfd(p->client), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    if (reset) setsockopt(bufferevent_getfd(p->server), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    bufferevent_free(p->client);
    bufferevent_free(p->server);
    *p->link = p->next;
    if (p->next) p->next->link = p->link;
    free(p);
}

static void pass_requests(struct bufferevent *bev, void *arg) {
    struct pipe *p = arg;
    if (p->relay->mode == RELAY_HOLD) return;
    bufferevent_write_buffer(p->server, bufferevent_get_input(bev));
}

static void pass_replies(struct bufferevent *bev, void *arg) {
    struct pipe *p = arg;
    struct relay *r = p->relay;
    struct evbuffer *in = bufferevent_get_input(bev);
    size_t len = evbuffer_get_length(in), good = len;
    if (r->mode == RELAY_HOLD) return;
    if (r->mode != RELAY_PASS && r->after < good) good = r->after;
    if (r->mode != RELAY_PASS) r->after -= good;
    if (good < len && r->mode == RELAY_CUT_REPLIES) {
        if (good && send(bufferevent_getfd(p->client), evbuffer_pullup(in, (ev_ssize_t)good), good, MSG_NOSIGNAL) < 0)
            errno = 0;
        shutdown(bufferevent_getfd(p->client), SHUT_WR); /* half a reply arrives, and then the end */
        r->mode = RELAY_PASS;
        pipe_free(p, false);
        return;
    }
    evbuffer_remove_buffer(in, bufferevent_get_output(p->client), good);
    if (good == len) return;
    unsigned char byte;
    if (r->mode == RELAY_FLIP_REPLIES && evbuffer_remove(in, &byte, 1) == 1) {
        byte ^= 1;
        bufferevent_write(p->client, &byte, 1);
        r->mode = RELAY_PASS;
    }
    if (r->mode == RELAY_NOISE) {
        static const char NOISE[] = "+unasked\r\n*2147483647\r\n$99999999999\r\n";
        bufferevent_write(p->client, NOISE, sizeof NOISE - 1);
        r->mode = RELAY_PASS;
    }
    bufferevent_write_buffer(p->client, in);
}

static void on_pipe_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) pipe_free(arg, false);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int len, void *arg) {
    struct relay *r = arg;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)r->to_port)};
    struct pipe *p = calloc(1, sizeof *p);
    (void)l;
    (void)from;
    (void)len;
    p->relay = r;
    p->next = r->pipes;
    p->link = &r->pipes;
    if (p->next) p->next->link = &p->next;
    r->pipes = p;
    p->client = bufferevent_socket_new(r->base, fd, BEV_OPT_CLOSE_ON_FREE);
    p->server = bufferevent_socket_new(r->base, -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(p->client, pass_requests, NULL, on_pipe_event, p);
    bufferevent_setcb(p->server, pass_replies, NULL, on_pipe_event, p);
    bufferevent_enable(p->client, EV_READ | EV_WRITE);
    bufferevent_enable(p->server, EV_READ | EV_WRITE);
    bufferevent_socket_connect(p->server, (struct sockaddr *)&to, sizeof to);
}

struct relay *world_relay(struct world *w, int to_port, int *port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct relay *r = calloc(1, sizeof *r);
    r->base = w->base;
    r->to_port = to_port;
    r->listener = evconnlistener_new_bind(w->base, on_accept, r, LEV_OPT_CLOSE_ON_FREE, 16, (struct sockaddr *)&a,
                                          sizeof a);
    assert_non_null(r->listener);
    getsockname(evconnlistener_get_fd(r->listener), (struct sockaddr *)&a, &len);
    *port = ntohs(a.sin_port);
    assert_true(w->n_relays < WORLD_RELAYS);
    return w->relays[w->n_relays++] = r;
}

void relay_set(struct relay *r, enum relay_mode mode, size_t after) {
    bool was_held = r->mode == RELAY_HOLD;
    r->mode = mode;
    r->after = after;
    for (struct pipe *p = r->pipes; p && was_held; p = p->next) {
        pass_requests(p->client, p);
        if (mode == RELAY_PASS) pass_replies(p->server, p);
    }
}

void relay_reset_all(struct relay *r) {
    while (r->pipes) pipe_free(r->pipes, true);
}

static void relay_free(struct relay **rp) {
    while ((*rp)->pipes) pipe_free((*rp)->pipes, false);
    evconnlistener_free((*rp)->listener);
    free(*rp);
    *rp = NULL;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void wake(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    (void)arg;
}

void world_run_ms(struct world *w, int ms) {
    int64_t end = clock_mono_ms() + ms;
    struct event *tick = event_new(w->base, -1, EV_PERSIST, wake, NULL);
    struct timeval tv = {.tv_usec = 5000};
    event_add(tick, &tv);
    do event_base_loop(w->base, EVLOOP_ONCE);
    while (clock_mono_ms() < end);
    event_free(tick);
}

bool world_until(struct world *w, bool (*is_so)(void *arg), void *arg, int ms) {
    int64_t end = clock_mono_ms() + ms;
    struct event *tick = event_new(w->base, -1, EV_PERSIST, wake, NULL);
    struct timeval tv = {.tv_usec = 5000};
    event_add(tick, &tv);
    while (!is_so(arg) && clock_mono_ms() < end) event_base_loop(w->base, EVLOOP_ONCE);
    event_free(tick);
    return is_so(arg);
}

/* ---- sides ------------------------------------------------------------------------------------------------------- */

static void on_up(void *arg) { ((struct side *)arg)->ups++; }
static void on_resync(void *arg) { ((struct side *)arg)->resyncs++; }

static void on_epoch(void *arg, void *owner, const uint8_t name[SHARED_NAME_BYTES], int64_t us, bool pending) {
    struct side *s = arg;
    assert_ptr_equal(owner, s);
    s->epochs++;
    memcpy(s->epoch_name, name, SHARED_NAME_BYTES);
    s->epoch_us = us;
    s->epoch_pending = pending;
}

static void on_told(void *arg, void *owner, char word, const uint8_t digest[DIGEST_BYTES]) {
    struct side *s = arg;
    (void)owner;
    assert_int_equal(word, 'r');
    s->tolds++;
    memcpy(s->told, digest, DIGEST_BYTES);
}

void side_config(struct side *s, const char *url) {
    *s = (struct side){0};
    s->config = (struct config_redis){
        .budget_ms = 200, .large_budget_ms = 2000, .lock_ms = 900, .compression = COMPRESSION_LZ4};
    s->config.urls.v = calloc(1, sizeof(char *));
    s->config.urls.v[0] = strdup(url);
    s->config.urls.n = 1;
}

void side_open(struct world *w, struct side *s, const char *name, uint8_t key) {
    struct err e = ERR_INIT;
    struct shared_hooks h = {
        .arg = s, .on_up = on_up, .on_resync = on_resync, .on_epoch = on_epoch, .on_told = on_told};
    struct shared_keys k = {.name = name, .n_kek = 1};
    struct log *log = NULL;
    if (getenv("REDIS_TEST_LOG")) assert_ok(log_open(&log, LOG_DEBUG, "-", &e), e);
    memset(k.kek[0], key, sizeof k.kek[0]);
    memset(k.mac_key, key ^ 0x55, sizeof k.mac_key);
    assert_ok(shared_new(&s->shared, w->base, &s->config, &h, &s->metrics, log, &e), e);
    assert_ok(shared_tenant_new(s->shared, &k, s, &s->tenant, &e), e);
}

void side_close(struct side *s) {
    if (s->tenant) shared_tenant_free(&s->tenant);
    shared_free(&s->shared);
    for (int i = 0; i < s->config.urls.n; i++) free(s->config.urls.v[i]);
    free(s->config.urls.v);
    s->config.urls = (struct cfg_list){0};
}

bool side_is_up(void *side) { return shared_is_up(((struct side *)side)->shared); }
bool side_has_heard(void *side) { return shared_heard_ms(((struct side *)side)->shared) > 0; }

/* ---- answers ----------------------------------------------------------------------------------------------------- */

void got_begin(struct got *g) {
    got_free(g);
    *g = (struct got){.began_us = clock_mono_us()};
}

void on_got(void *arg, struct shared_answer *a) {
    struct got *g = arg;
    assert_false(g->is_there);
    g->is_there = true;
    g->result = a->result;
    g->took_us = clock_mono_us() - g->began_us;
    g->len = a->value.len;
    g->bytes = buf_take(&a->value);
    memcpy(g->gen, a->gen, sizeof g->gen);
    g->created_ms = a->created_ms;
    g->expires_ms = a->expires_ms;
    g->n_epochs = a->n_epochs;
    assert_true(a->n_epochs <= 8);
    for (int i = 0; i < a->n_epochs; i++) g->epochs[i] = a->epochs[i];
}

bool got_is_there(void *got) { return ((struct got *)got)->is_there; }

void got_free(struct got *g) {
    mem_free(g->bytes);
    *g = (struct got){0};
}
