/* sv: a borrowed view of bytes. Who hands one out says until when it is good; nobody frees one. */
#ifndef CORE_SV_H
#define CORE_SV_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct sv {
    const char *ptr;  /* not NUL-terminated; NULL only when len is 0 (an absent text is ptr == NULL) */
    size_t len;       /* bytes */
};

#define SV_NULL ((struct sv){NULL, 0})
#define SV_LIT(s) ((struct sv){(s), sizeof(s) - 1})
#define SV_FMT "%.*s"
#define SV_ARG(v) (int)(v).len, (v).ptr ? (v).ptr : ""

static inline struct sv sv_of(const char *s) { return s ? (struct sv){s, strlen(s)} : SV_NULL; }
static inline struct sv sv_make(const char *s, size_t len) { return (struct sv){s, len}; }
static inline bool sv_is_null(struct sv v) { return v.ptr == NULL; }
static inline bool sv_eq(struct sv a, struct sv b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sv_ieq(struct sv a, struct sv b);                    /* ASCII case ignored, locale never asked */
bool sv_istarts(struct sv text, struct sv prefix);        /* likewise */
struct sv sv_trim(struct sv v);                           /* without ASCII blanks, tabs and line ends on both sides */
bool sv_cut(struct sv text, char sep, struct sv *before, struct sv *after); /* at the first sep; false: none there */
bool sv_to_i64(struct sv v, long long *out);              /* decimal digits with optional sign, nothing else, no overflow */

#endif
