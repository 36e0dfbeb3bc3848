/* accesslog: one JSON object per request and line. Never a token, a statement text, a parameter or a link; tags and key
 * prefixes are 8 hex digits of keyed hashes. */
#ifndef PROXY_ACCESSLOG_H
#define PROXY_ACCESSLOG_H

#include <stdint.h>

#include "core/err.h"
#include "core/sv.h"

struct accesslog;

struct accesslog_line {
    const char *method, *route, *outcome;  /* words of ours */
    const char *reason;                   /* likewise; "" = none */
    int status;
    uint32_t principal_tag, key_prefix;  /* 0 = none */
    struct sv upstream_id;               /* statement id; ptr NULL = none */
    uint64_t bytes;
    int64_t duration_us;
};

enum rc accesslog_open(struct accesslog **out, const char *path, struct err *e) MUST_CHECK;  /* "-" = standard output */
enum rc accesslog_reopen(struct accesslog *l, struct err *e) MUST_CHECK;  /* after the file was moved away */
void accesslog_close(struct accesslog **l);
void accesslog_write(struct accesslog *l, const struct accesslog_line *line);  /* NULL writes nothing */

#endif
