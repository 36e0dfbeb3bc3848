/* day: today in a time zone, for results that are good until midnight. */
#ifndef PROXY_SERVE_DAY_H
#define PROXY_SERVE_DAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sv.h"

struct day {
    char text[16];      /* 2026-11-21 */
    int64_t left_ms;    /* until the next midnight there, at most */
};

/* false = the zone is not known, or midnight is so near that two clocks may not agree on the day. */
bool day_find(struct sv time_zone, struct day *out);

#endif
