/* deps_priv: the walk over a statement's tokens that deps.c and deps_head.c share. */
#ifndef PROXY_DEPS_PRIV_H
#define PROXY_DEPS_PRIV_H

#include <stdint.h>

#include "core/sqlscan.h"
#include "deps.h"
#include "verb.h"

enum { DEPS_MAX_DEPTH = 64, DEPS_MAX_CTES = 64, DEPS_MAX_PARTS = 4 };

/* Where the walk is: three tokens in sight. Hints are left out. */
struct deps_cursor {
    struct sqlscan scan;   /* behind next */
    struct sqltoken prev, cur, next;
};

struct deps_cte {
    struct sv name;
    size_t depth;          /* of the WITH it belongs to; it ends with that parenthesis */
    bool visible;          /* from the end of its body on; when recursive, from its name on */
    bool has_as;
};

struct deps_walk {
    struct deps_cursor at;
    struct sv catalog, schema;
    struct arena *arena;
    struct sqldeps *out;
    struct sqlverb verb;
    size_t depth;
    /* one bit per depth: */
    uint64_t in_call;      /* FROM is a part of extract(… FROM …) */
    uint64_t in_from;      /* a comma is followed by a relation */
    uint64_t no_comma;     /* a comma cannot be: it would mean that a key word was taken for what it is not */
    uint64_t in_values;    /* rows of an inline table */
    uint64_t in_with;      /* in a list of common table expressions … */
    uint64_t recursive;    /* … of WITH RECURSIVE */
    bool expect;           /* the current token begins a relation */
    bool merge;            /* USING names a relation */
    bool not_fixed;
    bool no_memory;
    int n_ctes;
    struct deps_cte ctes[DEPS_MAX_CTES];
};

struct deps_name {
    int n;                 /* parts; DEPS_MAX_PARTS = that many or more */
    struct sv part[DEPS_MAX_PARTS];
    bool odd;              /* something in it is not understood */
};

void deps_advance(struct deps_cursor *c);
struct sqltoken deps_peek(const struct deps_cursor *c);  /* the token behind next */
static inline bool deps_is_name(const struct sqltoken *t) { return t->kind == SQLTOK_WORD || t->kind == SQLTOK_NAME; }

/* cur is the first part; afterwards cur is the last. */
struct deps_name deps_read_name(struct deps_cursor *c);

/* Resolved as something with that many parts (1 to 3), into the reads or writes. */
void deps_add(struct deps_walk *w, bool write, const struct deps_name *name, int parts);
void deps_hide(struct deps_walk *w, bool write);         /* there is more, without a name */

/* cur is the verb: what stands behind it names what is written, or described. Afterwards cur is the last token used. */
void deps_head(struct deps_walk *w);

#endif
