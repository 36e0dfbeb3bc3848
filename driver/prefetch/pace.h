/* pace: how many downloads at a time, decided from what is seen. One begins, so that nothing delays the first rows. Two are
 * enough where the storage is near: more only cost memory and switches. Where the first byte takes long, there are eight as
 * soon as that is known, and more whenever the reader has to wait.
 *
 * One that waits for its first byte uses no bandwidth, so half as many more than the limit may be under way as long as they
 * do just that. Pure: the clock is the caller's. */
#ifndef DRIVER_PREFETCH_PACE_H
#define DRIVER_PREFETCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    int max;                        /* MaxParallelDownloads */
    int target;
    int64_t quickest_first_byte_ms; /* -1 = none yet */
    int64_t usual_ms;               /* that a whole download takes, smoothed; -1 = none has ended */
    int64_t raised_ms;              /* when target was raised last */
    int64_t began_ms;               /* when a download was begun last */
};

void pace_init(struct pace *p, int max);
void pace_begin(struct pace *p, int64_t now_ms);
/* The next may begin then: evenly spread, so that chunks arrive one after the other as they are read, and not all at once
 * when memory is short. */
int64_t pace_next_at(const struct pace *p);
void pace_first_byte(struct pace *p, int64_t took_ms);
void pace_first_rows(struct pace *p);               /* the reader has some */
void pace_done(struct pace *p, int64_t took_ms);
void pace_starved(struct pace *p, int64_t now_ms);  /* the reader waits although there is memory for more */

bool pace_is_near(const struct pace *p);            /* what is missing comes at once: half of the memory is enough */
int pace_threads(const struct pace *p);             /* how many downloads can be under way at most */
bool pace_allows(const struct pace *p, int under_way, int waiting);     /* one more, waiting ones being part of under_way */
/* This download takes far longer than others do: asking again is better than waiting. */
bool pace_is_straggler(const struct pace *p, int64_t age_ms, int64_t silent_ms);

#endif
