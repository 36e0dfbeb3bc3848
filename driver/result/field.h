/* field: an Arrow schema as a tree that the decoders can walk without asking nanoarrow again. Lives in an arena. */
#ifndef DRIVER_RESULT_FIELD_H
#define DRIVER_RESULT_FIELD_H

#include <nanoarrow/nanoarrow.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/tz.h"

enum { FIELD_MAX_DEPTH = 32, FIELD_MAX_WIDTH = 1 << 20 };

struct field {
    const char *name;           /* "" when absent */
    enum ArrowType type;        /* of the storage; of the indices when dictionary is set */
    enum ArrowTimeUnit unit;    /* times, timestamps, durations */
    int precision, scale;       /* decimals */
    int width;                  /* fixed-size binary: bytes; fixed-size list: elements */
    bool nullable;
    const char *zone_name;      /* timestamps: "" = none, a wall clock */
    const struct tz *zone;      /* loaded only where text is made of it (nested); NULL = UTC or none */
    int n_children;
    struct field *children;
    struct field *dictionary;   /* the values' field; NULL = not encoded */
};

/* ERR_RESULT_CORRUPT when the schema is malformed or nested deeper than FIELD_MAX_DEPTH. */
enum rc field_read(struct field *out, const struct ArrowSchema *schema, struct arena *a, int depth,
                   struct err *e) MUST_CHECK;

static inline bool field_is_nested(const struct field *f) {
    return f->type == NANOARROW_TYPE_LIST || f->type == NANOARROW_TYPE_LARGE_LIST || f->type == NANOARROW_TYPE_MAP ||
           f->type == NANOARROW_TYPE_FIXED_SIZE_LIST || f->type == NANOARROW_TYPE_STRUCT;
}

#endif
