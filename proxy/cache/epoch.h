/* epoch: a number per table, and one per tenant, that every write, grant and unknown statement seen by the proxy
 * raises, before it is sent and again when it has ended. A result remembers the epochs that were read before its
 * statement was sent, and is unusable once one of them differs: whatever read the old data cannot be served after the
 * write.
 *
 * An epoch is a time in microseconds, raised to max(now, old + 1); one that is not known is made as now. So losing an
 * epoch can only cause misses. Between beginning and end of a write its names are pending: nothing is kept on them.
 *
 * Two names stand for many: the tenant's ("everything") and its writes' ("any table"). A result that reads anything
 * depends on the writes' name besides its tables, because a table may be a view, which hides what it reads. Local
 * to one tenant and process; what other instances raise is learned from the shared store. */
#ifndef PROXY_CACHE_EPOCH_H
#define PROXY_CACHE_EPOCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sv.h"
#include "proxy/keys/secrets.h"

enum { EPOCH_NAME_BYTES = 16, EPOCH_MAX_NAMES = 64 };

struct epoch_name {
    uint8_t bytes[EPOCH_NAME_BYTES];
};

/* Some names with their epochs at one moment. Name 0 is always the tenant's. */
struct epoch_set {
    int n;
    bool open;           /* there are more than are known: only the first two names stand for them */
    struct epoch_name names[EPOCH_MAX_NAMES];
    uint64_t values[EPOCH_MAX_NAMES];
};

struct epochs;

/* How a name becomes a digest where instances must agree on it. */
struct epoch_namer {
    void (*name)(void *arg, struct sv text, uint8_t out[EPOCH_NAME_BYTES]);
    void *arg;
};

/* namer NULL = our own keyed digests. */
enum rc epochs_new(struct epochs **out, const struct secrets *s, const struct epoch_namer *namer,
                   struct err *e) MUST_CHECK;
void epochs_free(struct epochs **e);

struct epoch_name epoch_name_of(const struct epochs *e, struct sv table);  /* three parts, lower case */
struct epoch_name epoch_name_tag(const struct epochs *e, struct sv tag);   /* what clients marked with tag=… */
struct epoch_name epoch_name_all(const struct epochs *e);                  /* the tenant's, "*" */
struct epoch_name epoch_name_writes(const struct epochs *e);               /* any table's, "~" */

uint64_t epochs_get(struct epochs *e, const struct epoch_name *name);
bool epochs_is_pending(const struct epochs *e, const struct epoch_name *name);

void epochs_read(struct epochs *e, struct epoch_set *set);           /* fills values */
bool epochs_agree(struct epochs *e, const struct epoch_set *set);    /* nothing raised since, nothing pending */
bool epochs_are_same(struct epochs *e, const struct epoch_set *set); /* nothing raised since */

void epochs_raise(struct epochs *e, const struct epoch_name *name);
void epochs_begin(struct epochs *e, const struct epoch_name *name);  /* raised, and pending until the end */
void epochs_end(struct epochs *e, const struct epoch_name *name);    /* raised once more */

/* What was raised here or told by the shared store, to be told to the store; 0 = nothing. */
uint64_t epochs_known(const struct epochs *e, const struct epoch_name *name);

/* What the shared store says. A value below a known one changes nothing: the store lost data, or the news is old. */
void epochs_learn(struct epochs *e, const struct epoch_name *name, uint64_t value, bool pending);
/* News may have been missed: what is known is doubtful until epochs_learn() hears of it again. */
void epochs_doubt(struct epochs *e);
bool epochs_are_doubtful(const struct epochs *e, const struct epoch_name *names, int n);

size_t epochs_count(const struct epochs *e);

#endif
