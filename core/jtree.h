/* jtree: a JSON text as a tree of views, in one pass and one arena, without the bulk that it carries.
 *
 * For the answers of the REST API: members by the names of a list are not looked into but kept as their raw text, so that
 * megabytes of rows beside a small manifest cost one scan. Syntax, depth (JSON_MAX_DEPTH), UTF-8 and escapes are checked
 * (in raw values only syntax and depth); of members of one name the first counts. Nodes live as long as the arena, their
 * views also as long as the text. */
#ifndef CORE_JTREE_H
#define CORE_JTREE_H

#include "arena.h"
#include "err.h"
#include "sv.h"

enum jtree_type { JTREE_NULL, JTREE_TRUE, JTREE_FALSE, JTREE_NUMBER, JTREE_STRING, JTREE_ARRAY, JTREE_OBJECT, JTREE_RAW };

struct jtree {
    enum jtree_type type;
    struct sv key;              /* of a member, without escapes */
    struct sv text;             /* string without escapes; number or raw value as it stands */
    int n;                      /* children */
    const struct jtree *child, *next;
};

/* ERR_PROTOCOL with the position, ERR_LIMIT when what is not raw has more than JSON_MAX_TREE bytes. raw: NULL at the end. */
enum rc jtree_parse(struct sv text, const char *const *raw, struct arena *a, const struct jtree **out,
                    struct err *e) MUST_CHECK;
/* NULL = not an object, absent, or null. */
const struct jtree *jtree_find(const struct jtree *object, const char *key);

#endif
