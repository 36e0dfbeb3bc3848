/* accesslog: one JSON object per request and line. Never a token, a parameter or a link; a statement only where the
 * operator asked for it, every literal masked; tags and key prefixes are 8 hex digits of keyed hashes. The finished
 * line passes the log's filter for token-like words. A line that cannot be written is lost and counted. */
#ifndef PROXY_ACCESSLOG_H
#define PROXY_ACCESSLOG_H

#include <stdint.h>

#include "core/err.h"
#include "core/sv.h"

struct accesslog;

struct accesslog_line {
    const char *method, *route, *outcome;  /* words of ours */
    const char *reason;                   /* likewise; "" = none */
    const char *tenant;                   /* NULL = none */
    const char *class;                    /* of the statement; NULL = none */
    const char *detail;                   /* value of Cache-Status; NULL or "" = none */
    int status;
    uint32_t principal_tag, key_prefix;  /* 0 = none */
    struct sv upstream_id;               /* statement id; ptr NULL = none */
    struct sv sql;                       /* ptr NULL = not wanted (log_sql); masked here */
    uint64_t bytes;
    int64_t duration_us;
    int64_t upstream_us;                 /* of it, waiting for the upstream; 0 = none */
};

enum rc accesslog_open(struct accesslog **out, const char *path, struct err *e) MUST_CHECK;  /* "-" = standard output */
enum rc accesslog_reopen(struct accesslog *l, struct err *e) MUST_CHECK;  /* after the file was moved away */
void accesslog_close(struct accesslog **l);
void accesslog_write(struct accesslog *l, const struct accesslog_line *line);  /* NULL writes nothing */
uint64_t accesslog_lost(const struct accesslog *l);

#endif
