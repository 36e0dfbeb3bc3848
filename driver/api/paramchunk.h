/* paramchunk: many sets of INSERT … VALUES (one tuple) as few statements of many tuples.
 *
 * A statement takes effect whole or not at all, so the state of every set is known when it ended. One that the server
 * refuses because of a value is divided until the sets with such values are found, and the others are in the table; what
 * is refused for another reason (no such table, no permission) would be refused for each.
 *
 * With ParallelWrites more than 1 the array is cut into so many pieces, which are sent from threads of their own while the
 * next ones are gathered. What became of them is looked at in their order and in the application's thread, which alone
 * sees states and diagnostics, and which divides what was refused. */
#ifndef DRIVER_API_PARAMCHUNK_H
#define DRIVER_API_PARAMCHUNK_H

#include <pthread.h>
#include <sql.h>

#include "core/buf.h"

struct paramrun;

/* One statement: being gathered, or on its way. */
struct parampiece {
    struct paramrun *run;
    struct buf text;
    int n;                      /* tuples in text */
    SQLULEN *sets;              /* whose tuples they are */
    size_t *ends;               /* where they end in text */
    bool flies;                 /* the thread has it; what follows is good when that has ended */
    pthread_t thread;
    enum rc rc;
    SQLLEN count;
    struct err e;
};

struct paramchunk {
    struct buf tuple, part;
    struct parampiece *pieces;  /* a ring: the one that is gathered, and behind it the oldest on its way */
    int n_pieces, at;
    int max_rows;               /* of a piece */
    struct decimal_size { int whole, scale; } *decimals;    /* per marker: the most digits so far */
    int refusals_left;          /* how many refused statements may still be divided */
};

enum rc paramchunk_init(struct paramrun *r, struct err *e) MUST_CHECK;
void paramchunk_fini(struct paramrun *r);
/* The tuple of the set whose turn it is; types[i] NULL = nothing that has a type. May send what was there before. */
enum rc paramchunk_add(struct paramrun *r, const struct sv *put, const char *const *types, struct err *e) MUST_CHECK;
/* Sends what is there. What fails is in the sets' states and diagnostics, at the latest after paramchunk_settle. */
void paramchunk_flush(struct paramrun *r);
/* Waits for what is on its way. When the run has stopped, sets that were gathered and not sent become unused. */
void paramchunk_settle(struct paramrun *r);

#endif
