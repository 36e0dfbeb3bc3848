/* The footer of a TZif file: a POSIX TZ string that says how the clocks go on after the last listed change. */
#include <string.h>

#include "dtime.h"
#include "tz_priv.h"

struct reader { const char *p, *end; };

static bool eat(struct reader *r, char c) {
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

static bool eat_int(struct reader *r, int lo, int hi, int *out) {
    int v = 0, n = 0;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9' && n < 4; r->p++, n++) v = v * 10 + (*r->p - '0');
    *out = v;
    return n > 0 && v >= lo && v <= hi;
}

/* [+-]hh[:mm[:ss]]; up to 167 hours, as RFC 8536 extends it. */
static bool eat_time(struct reader *r, int32_t *out) {
    int h, m = 0, s = 0;
    bool negative = eat(r, '-');
    if (!negative) eat(r, '+');
    if (!eat_int(r, 0, 167, &h)) return false;
    if (eat(r, ':') && !eat_int(r, 0, 59, &m)) return false;
    if (m >= 0 && eat(r, ':') && !eat_int(r, 0, 59, &s)) return false;
    *out = (h * 3600 + m * 60 + s) * (negative ? -1 : 1);
    return true;
}

/* Three letters or more, or <anything>. */
static bool eat_name(struct reader *r) {
    const char *first = r->p;
    if (eat(r, '<')) {
        while (r->p < r->end && *r->p != '>') r->p++;
        return eat(r, '>');
    }
    while (r->p < r->end && ((*r->p | 32) >= 'a' && (*r->p | 32) <= 'z')) r->p++;
    return r->p - first >= 3;
}

static bool eat_change(struct reader *r, struct tz_change *c) {
    c->time = 2 * 3600;
    if (eat(r, 'M')) {
        c->form = TZ_DAY_WEEK;
        if (!eat_int(r, 1, 12, &c->month) || !eat(r, '.') || !eat_int(r, 1, 5, &c->week) || !eat(r, '.') ||
            !eat_int(r, 0, 6, &c->day)) return false;
    } else {
        c->form = eat(r, 'J') ? TZ_DAY_JULIAN : TZ_DAY_ZERO;
        if (!eat_int(r, c->form == TZ_DAY_JULIAN, 365, &c->day)) return false;
    }
    return !eat(r, '/') || eat_time(r, &c->time);
}

bool tz_rule_parse(struct sv text, struct tz_rule *out) {
    struct reader r = {text.ptr, text.ptr + text.len};
    memset(out, 0, sizeof *out);
    if (!eat_name(&r) || !eat_time(&r, &out->standard)) return false;
    out->standard = -out->standard;     /* POSIX counts west of Greenwich */
    if (r.p == r.end) return true;
    out->has_summer = true;
    if (!eat_name(&r)) return false;
    out->summer = out->standard + 3600;
    if (r.p < r.end && *r.p != ',') {
        if (!eat_time(&r, &out->summer)) return false;
        out->summer = -out->summer;
    }
    return eat(&r, ',') && eat_change(&r, &out->begins) && eat(&r, ',') && eat_change(&r, &out->ends) && r.p == r.end;
}

/* Seconds since the epoch, on the local clock, of a change in a year. */
static int64_t change_at(const struct tz_change *c, int64_t year) {
    int64_t day;
    if (c->form == TZ_DAY_WEEK) {
        int64_t first = dtime_days(year, c->month, 1);
        int weekday = (int)dtime_floor_mod(first + 4, 7);       /* 1970-01-01 was a Thursday */
        int offset = (c->day - weekday + 7) % 7 + (c->week - 1) * 7;
        if (offset >= dtime_month_days(year, c->month)) offset -= 7;
        day = first + offset;
    } else {
        day = dtime_days(year, 1, 1) + c->day;
        if (c->form == TZ_DAY_JULIAN && !(dtime_month_days(year, 2) == 29 && c->day >= 60)) day--;
    }
    return day * 86400 + c->time;
}

/* Walk the changes of the year before, this year and the next; they are in order whatever the hemisphere. */
void tz_rule_span_at(const struct tz_rule *r, int64_t utc_seconds, struct tz_span *out) {
    struct dtime t;
    *out = (struct tz_span){INT64_MIN, INT64_MAX, r->standard};
    if (!r->has_summer) return;
    /* beyond what microseconds can say there is no calendar to keep */
    if (utc_seconds > INT64_MAX / 1000000 || utc_seconds < INT64_MIN / 1000000) return;
    dtime_civil(dtime_floor_div(utc_seconds, 86400), &t);
    for (int64_t year = t.year - 1; year <= t.year + 1; year++) {
        int64_t begins = change_at(&r->begins, year) - r->standard, ends = change_at(&r->ends, year) - r->summer;
        bool north = begins < ends;
        struct { int64_t at; int32_t offset; } change[2] = {
            {north ? begins : ends, north ? r->summer : r->standard},
            {north ? ends : begins, north ? r->standard : r->summer},
        };
        for (int i = 0; i < 2; i++) {
            if (change[i].at <= utc_seconds) {
                out->from = change[i].at;
                out->offset = change[i].offset;
            } else if (change[i].at < out->to) {
                out->to = change[i].at;
            }
        }
    }
}
