/* mock: what its parts share. Statements are not kept: their ids hold all there is to know about them (play.c). */
#ifndef BENCH_MOCKD_MOCK_H
#define BENCH_MOCKD_MOCK_H

#include <stdatomic.h>

#include "cassette.h"
#include "fault.h"
#include "http.h"

/* What GET /mock/counters tells, in this order, and then the faults by name. */
#define COUNTERS(X) \
    X(statements) X(closes) X(cancels) X(sessions) X(polls) X(link_calls) X(downloads) X(downloads_open) \
    X(downloads_broken) X(bytes) X(inline_results)

/* Attempts are counted for the last statements only: 256, of 128 chunks each. */
enum { SEEN_EACH = 512, SEEN = 256 * SEEN_EACH };

struct mock {
    struct shelf shelf;
    struct listener api, storage;
    int dead_port[2];           /* refuses, drops */
    long api_ms, first_byte_ms, stall_ms;
    int links, expire_s;        /* of one answer (0 = 8 at the start where the client says so, else 1); of a link */
    struct fault_plan plan;     /* for statements that do not say their own */
    _Atomic unsigned serial;
    _Atomic unsigned char seen[SEEN];   /* attempts, by statement, chunk and place */
#define COUNT_IT(name) _Atomic long long name;
    COUNTERS(COUNT_IT)
#undef COUNT_IT
    _Atomic long long faults[N_FAULTS];
};

/* One statement. */
struct play {
    const struct cassette *cassette;
    int index;                  /* on the shelf */
    long repeat;
    unsigned serial;
    struct fault_plan plan;
    int links, expire_ms, dead; /* dead: 0 = no, 1 = links to a port that refuses, 2 = to one that drops */
    bool inlined;               /* no links at all */
};

enum { ID_BYTES = 160 };
void play_id(const struct play *p, char id[ID_BYTES]);
bool play_of_id(const struct mock *m, const char *id, struct play *out);

/* What this statement says in a comment: "repeat N", "faults SEED:PER_MILLE[:NAME]", "links N", "expire MS", "dead
 * refuse|drop"; false = no cassette answers it. json: the twin NAME_json, if there is one, is asked for. */
bool play_of_sql(struct mock *m, const char *sql, bool json, struct play *out);

static inline long long play_chunks(const struct play *p) { return (long long)p->cassette->n * p->repeat; }

/* The fault of this request, counted. */
enum fault mock_fault(struct mock *m, const struct play *p, enum fault_place place, long long chunk);

handler api_on, storage_on;     /* arg: struct mock */

#endif
