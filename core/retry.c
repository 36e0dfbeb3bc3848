#include "retry.h"

#include "dtime.h"

enum { FIRST_WAIT_MS = 1000, MAX_WAIT_MS = 60000, MAX_RETRY_AFTER_MS = 3600000 };

/* 1 s doubling to 60 s, times 0.75 … 1.25, so that many clients do not come back together. */
static int64_t backoff_ms(int attempt, uint32_t random) {
    int64_t wait = attempt > 6 ? MAX_WAIT_MS : (int64_t)FIRST_WAIT_MS << (attempt > 0 ? attempt - 1 : 0);
    if (wait > MAX_WAIT_MS) wait = MAX_WAIT_MS;
    return wait * (750 + random % 501) / 1000;
}

static bool is_repeatable_status(enum retry_class class, int status) {
    if (status == 429 || status == 503) return true;
    return class == RETRY_IDEMPOTENT && (status == 408 || (status >= 500 && status != 501));
}

/* Answers of something in between that did not hear from the server in time. */
static bool is_gateway_silence(int status) { return status == 408 || status == 502 || status == 504; }

static struct retry_out stop(const char *reason, bool maybe_done) {
    return (struct retry_out){.again = false, .maybe_done = maybe_done, .reason = reason};
}

/* The first network failure of an idempotent request is most often a kept-alive connection that the other side had
 * closed: the first repetition need not wait a second. */
static int64_t wait_of(const struct retry_in *in) {
    int64_t wait = backoff_ms(in->attempt, in->random);
    if (in->outcome != RETRY_GOT_STATUS) return in->attempt == 1 ? 50 + in->random % 50 : wait / 2;
    if (in->retry_after_ms < 0) return wait;
    int64_t told = in->retry_after_ms < MAX_RETRY_AFTER_MS ? in->retry_after_ms : MAX_RETRY_AFTER_MS;
    return told > 0 ? told : 100 + in->random % 100; /* "Retry-After: 0" is an invitation, not a busy loop */
}

static int64_t budget_of(const struct retry_in *in, const struct retry_budget *b) {
    if (in->outcome != RETRY_GOT_STATUS) return b->other_ms;
    return in->status == 429 ? b->rate_limit_ms : in->status == 503 ? b->busy_ms : b->other_ms;
}

struct retry_out retry_decide(const struct retry_in *in, const struct retry_budget *b) {
    if (in->class == RETRY_NONE) return stop("this request is sent once only", in->outcome == RETRY_BROKE);
    if (in->outcome == RETRY_BROKE && in->class == RETRY_EXECUTE)
        return stop("the server may have taken the request", true);
    bool other = in->outcome != RETRY_GOT_STATUS || (in->status != 429 && in->status != 503);
    if (in->outcome == RETRY_GOT_STATUS && !is_repeatable_status(in->class, in->status))
        return stop("this answer is final", in->class == RETRY_EXECUTE && is_gateway_silence(in->status));
    if (other && b->max_other && in->attempt >= b->max_other) return stop("the attempts are used up", false);
    int64_t wait = wait_of(in), budget = budget_of(in, b);
    if (in->elapsed_ms + wait > budget) return stop("the retry budget is used up", false);
    if (wait >= in->left_ms) return stop("the deadline would pass while waiting", false);
    return (struct retry_out){
        .again = true, .wait_ms = wait, .reason = in->retry_after_ms >= 0 ? "Retry-After" : "backoff"};
}

/* ---- Retry-After ------------------------------------------------------------------------------------------------- */

static int two(const char *s) {
    return s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9' ? (s[0] - '0') * 10 + s[1] - '0' : -1;
}

static int month_of(const char *s) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (sv_ieq(sv_make(s, 3), sv_make(names + 3 * i, 3))) return i + 1;
    return -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT": the only form that may be sent today (RFC 9110, 5.6.7). */
static int64_t http_date_ms(struct sv v) {
    struct sv day, rest;
    if (!sv_cut(v, ',', &day, &rest)) return -1;
    rest = sv_trim(rest);
    if (rest.len < 24 || rest.ptr[2] != ' ' || rest.ptr[6] != ' ' || rest.ptr[11] != ' ' || rest.ptr[14] != ':' ||
        rest.ptr[17] != ':')
        return -1;
    const char *s = rest.ptr;
    int d = two(s), mon = month_of(s + 3), y1 = two(s + 7), y2 = two(s + 9), h = two(s + 12), min = two(s + 15),
        sec = two(s + 18);
    if (d < 1 || d > 31 || mon < 1 || y1 < 0 || y2 < 0 || h < 0 || h > 23 || min < 0 || min > 59 || sec < 0 || sec > 60)
        return -1;
    if (!sv_ieq(sv_trim(sv_make(s + 20, rest.len - 20)), SV_LIT("GMT"))) return -1;
    return (((dtime_days(y1 * 100 + y2, mon, d) * 24 + h) * 60 + min) * 60 + sec) * 1000;
}

int64_t retry_after_parse(struct sv value, int64_t now_ms) {
    long long seconds;
    int64_t ms;
    value = sv_trim(value);
    if (sv_to_i64(value, &seconds)) {
        if (seconds < 0) return -1;
        ms = seconds > MAX_RETRY_AFTER_MS / 1000 ? MAX_RETRY_AFTER_MS : seconds * 1000;
    } else {
        int64_t at = http_date_ms(value);
        if (at < 0) return -1;
        ms = at > now_ms ? at - now_ms : 0;
    }
    return ms > MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS : ms;
}
