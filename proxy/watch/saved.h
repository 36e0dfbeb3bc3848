/* saved: what the cache saved: time of a warehouse, and starts of one.
 *
 * Time: the execution time of the result that a hit served. A start: a hit while the warehouse was not running, once
 * for each stretch in which it would have run. Where its state is not known, it counts as stopped when nothing was sent
 * to it through this proxy for SAVED_IDLE_MS, the stop time of a new serverless warehouse. So it is an estimate: where
 * others use the warehouse past this proxy, they keep it awake, and fewer starts were avoided than are counted.
 *
 * Pure but for the counters; fixed memory: the warehouse that was quiet longest is forgotten. Not thread-safe. */
#ifndef PROXY_SAVED_H
#define PROXY_SAVED_H

#include "core/sv.h"
#include "metrics.h"

enum { SAVED_WAREHOUSES = 32, SAVED_IDLE_MS = 10 * 60 * 1000 };

enum saved_state { SAVED_UNKNOWN, SAVED_RUNNING, SAVED_STOPPED };

struct saved {
    struct {
        uint64_t hash;         /* of the warehouse's id; 0 = free */
        int64_t sent_ms;       /* last statement really sent; monotonic */
        int64_t wanted_ms;     /* last statement sent or served */
    } warehouse[SAVED_WAREHOUSES];
};

void saved_note_sent(struct saved *s, struct sv warehouse, int64_t now_ms);  /* a statement goes upstream */

/* A hit was served instead of a run of exec_ms. Counts M_SAVED_MS and M_STARTS_AVOIDED in m. */
void saved_note_hit(struct saved *s, struct metrics *m, struct sv warehouse, int64_t exec_ms, enum saved_state state,
                    int64_t now_ms);

#endif
