/* tz: time zones by name, from the system's TZif files, and what the clocks there showed at an instant.
 *
 * A zone is loaded once per process, lives until the library is unloaded and is never changed: pointers may be kept and
 * shared between threads. Names come from servers, so they are checked: an IANA name ("America/Los_Angeles", looked up
 * below TZDIR or /usr/share/zoneinfo, never outside), an offset ("+05:30", "+5:30", "-08", "UTC+1", "GMT-03:00"), or a
 * word for UTC ("Z", "UTC", "Etc/UTC", ""). The process's TZ variable and the C library's zone are never touched. */
#ifndef CORE_TZ_H
#define CORE_TZ_H

#include <stdint.h>

#include "err.h"
#include "sv.h"

struct tz;

/* NULL in *out stands for UTC (as for every function below). ERR_UNSUPPORTED when there is no such zone here, naming it
 * and where we looked; ERR_RESULT_CORRUPT when the file cannot be read; ERR_LIMIT after some hundreds of names. */
enum rc tz_get(const struct tz **out, struct sv name, struct err *e) MUST_CHECK;

/* The name it was asked for by; "" for UTC. Lives as long as the library. */
const char *tz_name(const struct tz *z);

/* A stretch of time with one offset: local = utc + offset for from <= utc < to, all in seconds. */
struct tz_span { int64_t from, to; int32_t offset; };

void tz_span_at(const struct tz *z, int64_t utc_seconds, struct tz_span *out);

/* The wall clock at an instant, both in microseconds. Keep *span (zero-initialised) over a run of values: neighbours
 * mostly fall into the same stretch, and then no search is made. */
static inline int64_t tz_local_us(const struct tz *z, struct tz_span *span, int64_t utc_us) {
    if (!z) return utc_us;
    int64_t seconds = utc_us / 1000000 - (utc_us % 1000000 < 0);
    int64_t local;
    if (seconds < span->from || seconds >= span->to) tz_span_at(z, seconds, span);
    return __builtin_add_overflow(utc_us, span->offset * INT64_C(1000000), &local) ? utc_us : local;
}

/* Parses the bytes of one TZif file (RFC 8536/9636); the seam for tests and the fuzzer. Free with tz_free. */
enum rc tz_parse(struct tz **out, const unsigned char *bytes, size_t len, struct err *e) MUST_CHECK;
void tz_free(struct tz **z);

#endif
