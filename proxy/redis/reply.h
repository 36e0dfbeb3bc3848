/* reply: what a server says, read by hiredis' reader with allocations of our own: a reply that claims or becomes more
 * than it may be ends the connection, not the process. Knows no socket. */
#ifndef PROXY_REDIS_REPLY_H
#define PROXY_REDIS_REPLY_H

#include "core/err.h"
#include "core/sv.h"

enum reply_type { REPLY_NIL, REPLY_STATUS, REPLY_ERROR, REPLY_INTEGER, REPLY_STRING, REPLY_ARRAY };

enum {
    REPLY_MAX_BYTES = 1024 * 1024,   /* of text in one reply: a piece of a value and a bit */
    REPLY_MAX_OBJECTS = 128 * 1024   /* of the slot map of a torn cluster */
};

struct reply {
    enum reply_type type;
    long long integer;
    char *str;                  /* STATUS, ERROR, STRING: NUL-terminated */
    size_t n;                   /* bytes of str, or elements */
    struct reply **element;     /* none is NULL */
};
void reply_free(struct reply **r);

static inline struct sv reply_text(const struct reply *r) {
    return r && r->str ? sv_make(r->str, r->n) : SV_NULL;
}
bool reply_is_error(const struct reply *r, const char *prefix);  /* "MOVED", …; "" = any */
const struct reply *reply_at(const struct reply *r, size_t i);   /* of an array; NULL = not there */

struct reply_reader;
enum rc reply_reader_new(struct reply_reader **out, struct err *e) MUST_CHECK;
void reply_reader_free(struct reply_reader **r);
enum rc reply_reader_feed(struct reply_reader *r, const char *bytes, size_t len, struct err *e) MUST_CHECK;
/* *out = NULL: no whole reply yet. ERR_PROTOCOL ends the connection. The caller frees the reply. */
enum rc reply_reader_next(struct reply_reader *r, struct reply **out, struct err *e) MUST_CHECK;

#endif
