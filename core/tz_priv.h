/* tz_priv: between tz.c (names, files, cache) and tz_rule.c (POSIX rules for the far future). */
#ifndef CORE_TZ_PRIV_H
#define CORE_TZ_PRIV_H

#include <stdbool.h>

#include "tz.h"

enum tz_day_form { TZ_DAY_JULIAN, TZ_DAY_ZERO, TZ_DAY_WEEK };   /* Jn (no leap day), n, Mm.w.d */

struct tz_change {
    enum tz_day_form form;
    int month, week, day;
    int32_t time;               /* seconds after local midnight, may be negative or beyond a day */
};

struct tz_rule {
    int32_t standard, summer;   /* seconds east of UTC */
    bool has_summer;
    struct tz_change begins, ends;
};

/* "PST8PDT,M3.2.0,M11.1.0", "<+0330>-3:30", … ; false: not a rule. */
bool tz_rule_parse(struct sv text, struct tz_rule *out);
void tz_rule_span_at(const struct tz_rule *r, int64_t utc_seconds, struct tz_span *out);

#endif
