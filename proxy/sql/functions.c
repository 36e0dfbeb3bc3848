#include "functions.h"

#include <stdlib.h>

struct row {
    const char *name;
    char class;
};

static const struct row ROWS[] = {
#include "proxy/sql/functions.gen.h"
};

enum { MAX_NAME = 64 };

static int compare(const void *name, const void *row) { return strcmp(name, ((const struct row *)row)->name); }

static bool lower(struct sv v, char out[MAX_NAME]) {
    if (v.len >= MAX_NAME) return false;
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    out[v.len] = '\0';
    return strlen(out) == v.len;
}

enum function_class function_class_of(struct sv name) {
    char text[MAX_NAME];
    if (!lower(name, text)) return FUNCTION_UNKNOWN;
    const struct row *r = bsearch(text, ROWS, sizeof ROWS / sizeof *ROWS, sizeof *ROWS, compare);
    return r ? (enum function_class)r->class : FUNCTION_UNKNOWN;
}

bool function_is_bare(struct sv name) {
    static const char *const NAMES[] = {
        "user", "session_user", "curdate", "curtime", "sysdate", "systimestamp", "localtime", "localtimestamp",
    };
    if (sv_istarts(name, SV_LIT("current_"))) return function_class_of(name) != FUNCTION_UNKNOWN;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (sv_ieq(name, sv_of(NAMES[i]))) return true;
    return false;
}
