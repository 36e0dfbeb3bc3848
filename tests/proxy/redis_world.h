/* redis_world: real Redis servers on free ports in a folder of their own, a loop, and a relay that can spoil what
 * passes. What a test started, world_fini() ends, also when the test failed. */
#ifndef TESTS_PROXY_REDIS_WORLD_H
#define TESTS_PROXY_REDIS_WORLD_H

#include <sys/types.h>

#include "proxy/config/config.h"
#include "proxy/redis/shared.h"
#include "tests/unit/test.h"

struct event_base;

enum { WORLD_SERVERS = 8, WORLD_RELAYS = 2 };

/* What one side of the world knows: an instance of the proxy, as far as this room is concerned. */
struct side {
    struct shared *shared;
    struct shared_tenant *tenant;
    struct metrics metrics;
    struct config_redis config;
    int ups, resyncs, epochs, tolds;
    uint8_t epoch_name[SHARED_NAME_BYTES], told[DIGEST_BYTES];
    int64_t epoch_us;
    bool epoch_pending;
};

/* An answer, copied. */
struct got {
    bool is_there;
    enum shared_result result;
    char *bytes;
    size_t len;
    uint8_t gen[SHARED_GEN_BYTES];
    int64_t created_ms, expires_ms, took_us, began_us;
    int n_epochs;
    struct shared_epoch epochs[8];
};

enum relay_mode { RELAY_PASS, RELAY_HOLD, RELAY_CUT_REPLIES, RELAY_FLIP_REPLIES, RELAY_NOISE };

struct relay;

struct world {
    struct event_base *base;
    char dir[64];
    pid_t pids[WORLD_SERVERS];
    int ports[WORLD_SERVERS];
    int n;
    struct relay *relays[WORLD_RELAYS];
    int n_relays;
};

void world_init(struct world *w);
void world_fini(struct world *w);
bool world_has_redis(void);

int world_free_port(void);
int world_start(struct world *w, const char *extra);            /* index of the server; more of its arguments */
int world_start_at(struct world *w, int port, const char *extra);
void world_kill(struct world *w, int i, int sig);               /* SIGKILL is waited for */
char *world_cli(struct world *w, int i, const char *fmt, ...) PRINTF_LIKE(3, 4);  /* mem_free the output */

struct relay *world_relay(struct world *w, int to_port, int *port);
/* after: bytes of replies that still pass well. */
void relay_set(struct relay *r, enum relay_mode mode, size_t after);
void relay_reset_all(struct relay *r);                          /* RST to both sides of every connection */

void world_run_ms(struct world *w, int ms);
bool world_until(struct world *w, bool (*is_so)(void *arg), void *arg, int ms);

void side_config(struct side *s, const char *url);               /* defaults; change s->config before side_open */
void side_open(struct world *w, struct side *s, const char *name, uint8_t key);
void side_close(struct side *s);
bool side_is_up(void *side);
bool side_has_heard(void *side);

void on_got(void *got, struct shared_answer *a);
void got_begin(struct got *g);
void got_free(struct got *g);
bool got_is_there(void *got);

#define wait_for(w, g) assert_true(world_until((w), got_is_there, (g), 5000))

#endif
