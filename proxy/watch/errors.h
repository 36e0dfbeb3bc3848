/* errors: the last things that went wrong, for the status page. A ring in fixed memory: the oldest is forgotten; the
 * same thing again only counts. Texts pass the log's filter, so that no token-like word is kept. Not thread-safe. */
#ifndef PROXY_ERRORS_H
#define PROXY_ERRORS_H

#include <stdint.h>

#include "core/err.h"

enum { ERRORS_KEPT = 48, ERRORS_TEXT = 240, ERRORS_WORD = 32 };

struct error_note {
    int64_t first_ms, last_ms;      /* wall clock */
    uint64_t count;
    char tenant[ERRORS_WORD];       /* "" = the process */
    char room[ERRORS_WORD];         /* who says so: "upstream", "redis", … */
    char text[ERRORS_TEXT];
};

struct errors {
    struct error_note ring[ERRORS_KEPT];
    int next, n;
};

/* tenant NULL = the process. Repeats of one of the last eight are counted there. */
void errors_note(struct errors *w, const char *tenant, const char *room, const char *text);

/* The i-th, latest first; NULL = there are no more. Borrowed until the next note. */
const struct error_note *errors_get(const struct errors *w, int i);

#endif
