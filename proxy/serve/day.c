#include "day.h"

#include "core/clock.h"
#include "core/dtime.h"
#include "core/tz.h"

enum { DAY_S = 24 * 60 * 60, SKEW_S = 120 };

/* A day of another length (clocks are changed) has its midnight where the offset of then says. */
static bool is_near_midnight(int64_t second_of_day) {
    return second_of_day < SKEW_S || second_of_day >= DAY_S - SKEW_S;
}

bool day_find(struct sv time_zone, struct day *out) {
    struct err e = ERR_INIT;
    struct tz_span span = {0};
    struct dtime civil;
    const struct tz *zone;
    if (!time_zone.ptr || tz_get(&zone, time_zone, &e)) return false;
    int64_t now_us = clock_wall_ms() * 1000, local_us = tz_local_us(zone, &span, now_us);
    int64_t second = dtime_floor_mod(dtime_floor_div(local_us, 1000000), DAY_S), left_s = DAY_S - second;
    if (zone && span.to - now_us / 1000000 < left_s) left_s = span.to - now_us / 1000000; /* the clocks change first */
    if (is_near_midnight(second) || left_s <= SKEW_S) return false;
    dtime_of_us(local_us, &civil);
    out->text[dtime_put_date(out->text, &civil)] = '\0';
    out->left_ms = left_s * 1000;
    return true;
}
