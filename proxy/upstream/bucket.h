/* bucket: so many per second, with a second's worth at once. Pure: the clock is passed in. */
#ifndef PROXY_UPSTREAM_BUCKET_H
#define PROXY_UPSTREAM_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {       /* all zero = never used, which is full */
    double used;      /* above what flowed out; more than a second's worth = debt */
    int64_t at_ms;
};

/* rate 0 = no limit. false = *wait_ms_r says when there will be room for one. */
bool bucket_take(struct bucket *b, double rate, int64_t now_ms, int64_t *wait_ms_r);
bool bucket_has_room(struct bucket *b, double rate, int64_t now_ms, int64_t *wait_ms_r);  /* takes nothing */
void bucket_charge(struct bucket *b, double rate, int64_t now_ms, double amount);         /* also into debt */

#endif
