/* shared_priv: what the files behind shared.h have in common. */
#ifndef PROXY_REDIS_SHARED_PRIV_H
#define PROXY_REDIS_SHARED_PRIV_H

#include "blob.h"
#include "cluster.h"
#include "names.h"
#include "proxy/keys/secrets.h"
#include "shared.h"

enum {
    WRITE_MS = 10000,                          /* how long what nobody waits for may take */
    NO_WRITES_MS = 10000,                      /* after OOM and READONLY */
    MAX_WRITE_BYTES = 96 * 1024 * 1024,        /* of values on their way to Redis */
    INLINE_BYTES = 64 * 1024,
    EPOCH_LIFE_MS = 48 * 3600 * 1000,
    MARK_LIFE_MS = 15 * 60 * 1000,
    MARK_RENEW_MS = 5 * 60 * 1000,
    INSTANCE_HEX = 16
};

struct listen;

struct shared {
    struct event_base *base;
    struct node_env env;                       /* strings owned */
    struct server *seeds;
    int n_seeds;
    struct cluster *cluster;
    struct shared_hooks hooks;
    struct metrics *metrics;
    struct log *log;
    enum blob_codec codec;
    int64_t lock_ms;
    char instance[INSTANCE_HEX + 1];
    struct shared_op *ops;
    struct shared_tenant *tenants;
    struct shared_write *writes;
    struct shared_lock *locks;
    struct listen *listen;
    struct event *repay;                       /* raises the epochs that are owed */
    int64_t no_writes_until;
    size_t write_bytes;
    int64_t complained_ms;
    bool is_surveyed, is_repaying;
};

struct shared_tenant {
    struct shared *s;
    struct shared_tenant *next, **link;
    void *owner;
    char *name;
    struct metrics *metrics;
    struct blob_keys keys;
    uint8_t mac_key[32];
    char tag[NAME_TAG];
    struct name news;
    uint8_t star[SHARED_NAME_BYTES];           /* the name of the whole tenant */
    int64_t top_us;                            /* highest epoch seen */
    unsigned debts, paid;                      /* owes while they differ */
    bool is_paying;
};
static inline bool tenant_owes(const struct shared_tenant *t) { return t->debts != t->paid; }

/* ---- one question ------------------------------------------------------------------------------------------------ */

struct op_part {
    struct shared_op *op;
    struct cluster_call *call;
    int index;
};

/* Kinds of questions embed this first. on_reply: one part's reply (NULL = none will come); on_end: before the answer is
 * given and everything freed. */
struct shared_op {
    struct shared *s;
    struct shared_tenant *t;                   /* NULL = of no tenant */
    struct shared_op *next, **link;
    struct event *timer;
    shared_fn *fn;
    void *arg;
    struct shared_answer answer;
    struct shared_epoch *epochs;               /* answer.epochs, owned */
    int n_epochs;
    void (*on_reply)(struct shared_op *op, int part, const struct reply *r);
    void (*on_end)(struct shared_op *op);
    struct op_part *parts;
    int n_parts, n_open;
    enum metric seconds;
    int64_t began_us;
    bool is_over;                              /* the answer is known and comes with the timer */
    bool goes_on;                              /* when its asker loses interest */
    bool is_refused;                           /* some part could not be asked */
};

struct op_spec {
    size_t size;                               /* of the kind's struct */
    struct shared_tenant *t;
    const struct shared_epoch *epochs;
    int n_epochs, n_parts;
    int64_t deadline_ms;
    shared_fn *fn;
    void *arg;
    enum metric seconds;
    void (*on_reply)(struct shared_op *op, int part, const struct reply *r);
    void (*on_end)(struct shared_op *op);
};

/* NULL = no memory; the asker has been told. */
struct shared_op *op_new(struct shared *s, const struct op_spec *spec, struct shared_op **op_r);
bool op_parts(struct shared_op *op, int n);                       /* for the next turn: none may be open */
void op_ask(struct shared_op *op, int part, struct sv key, struct parcel *w, enum cluster_kind kind);  /* takes w */
void op_sent(struct shared_op *op);                               /* all parts were asked: DOWN if one could not be */
void op_end(struct shared_op *op, enum shared_result result);     /* from the loop: answers and frees */
void op_end_soon(struct shared_op *op, enum shared_result result);
void op_set_deadline(struct shared_op *op, int64_t deadline_ms);

/* An error reply is counted and may stop writes for a while. true = r is an error or missing. */
bool shared_is_bad(struct shared *s, const struct reply *r);
bool shared_may_write(const struct shared *s);

/* ---- between the files ------------------------------------------------------------------------------------------- */

/* The script of epochs as one part of a question; mode: see wire.c. */
void epoch_ask(struct shared_op *op, int part, const struct shared_epoch *ep, char mode, const char *writer);
bool epoch_take(struct shared_op *op, int i, const struct reply *r);           /* its reply into op->epochs[i] */
/* GET and mark of all epochs of op as parts from first on; how many parts that are. */
int epoch_parts(const struct shared *s, int n_epochs);
void epoch_read_ask(struct shared_op *op, int first);
bool epoch_read_take(struct shared_op *op, int first, int part, const struct reply *r);
bool epoch_is_amiss(const struct shared_op *op, const struct shared_epoch *known);   /* some are missing or went back */
bool epoch_mend(struct shared_op *op, const struct shared_epoch *known);       /* a turn of its own; then epoch_take */
void epoch_on_up(struct shared *s);                                            /* debts are paid, marks renewed */
void epoch_on_timer(struct shared *s);                                         /* of s->repay */
void epoch_share_debts(struct shared_tenant *t);                               /* with those of the same name */
void epoch_forget_tenant(struct shared_tenant *t);
void epoch_free_all(struct shared *s);
void lock_free_all(struct shared *s);

enum rc listen_new(struct listen **out, struct shared *s, struct err *e) MUST_CHECK;
void listen_free(struct listen **l);
void listen_on_change(struct listen *l);                                       /* servers changed */
void listen_join(struct listen *l, const struct shared_tenant *t);
void listen_leave(struct listen *l, const struct shared_tenant *t);
int64_t listen_heard_ms(const struct listen *l);

void shared_say(struct shared *s, struct sv key, struct parcel *w);               /* told only; takes w */
void survey(struct shared *s);                    /* warns about unsuitable settings, once */

#endif
