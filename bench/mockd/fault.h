/* fault: what goes wrong, and when. A pure rule of a seed, a chunk and the number of the attempt, so that a run can be
 * repeated exactly, whatever the order in which requests arrive. With an odd seed a fault stays at each attempt.
 *
 * Each of them is one that a client can notice, given frames with checksums (the service makes them) and chunks that
 * differ in their number of rows: bytes that are flipped are flipped in compressed chunks only, and the bytes of another
 * chunk have another number of rows. What no client can notice proves nothing. */
#ifndef BENCH_MOCKD_FAULT_H
#define BENCH_MOCKD_FAULT_H

#include <stdint.h>

/* Of the bytes: NAME, what happens. */
#define STORAGE_FAULTS(X) \
    X(RESET) X(RESET_MIDDLE) X(CUT) X(LENGTH_SHORT) X(LENGTH_LONG) X(LENGTH_NONE_CUT) X(FLIP) X(FORBIDDEN) X(MISSING) \
    X(TOO_MANY) X(BROKEN) X(BUSY) X(STALL) X(STALL_MIDDLE) X(DRIBBLE) X(OTHER_CHUNK) X(EMPTY) X(HTML) X(TRUNCATED) \
    X(TRAILING) X(FRAME_LOST) X(FRAME_TWICE)

/* Of the answers about chunks: first those that hit a whole answer, which the answer that starts a statement is spared. */
#define LINK_FAULTS(X) \
    X(LINK_RESET) X(LINK_TOO_MANY) X(LINK_BROKEN) X(LINK_BUSY) X(LINK_GONE) X(LINK_STALL) X(LINK_CUT) \
    X(LINK_EXPIRED) X(LINK_OMITTED) X(LINK_TWICE) X(LINK_REORDERED) X(LINK_INDEX) X(LINK_ROWS) X(LINK_OFFSET) \
    X(LINK_NEXT) X(LINK_SWAPPED)

#define NAME_IT(name) FAULT_##name,
enum fault { FAULT_NONE, STORAGE_FAULTS(NAME_IT) LINK_FAULTS(NAME_IT) N_FAULTS };
#undef NAME_IT

enum fault_place { PLACE_STORAGE, PLACE_LINKS, PLACE_START };

struct fault_plan {
    unsigned seed;
    int per_mille;              /* of all requests; 0 = nothing goes wrong */
    enum fault only;            /* FAULT_NONE = any */
};

enum fault fault_at(const struct fault_plan *p, enum fault_place place, long long chunk, unsigned attempt);
uint64_t fault_random(const struct fault_plan *p, long long chunk, unsigned salt);

const char *fault_name(enum fault f);
enum fault fault_named(const char *name, unsigned len); /* FAULT_NONE = no such */

#endif
