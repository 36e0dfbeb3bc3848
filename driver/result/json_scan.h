/* json_scan: the tokens of [[cell, …], …] out of a piece of its text, which may end anywhere. Pure: no memory, no rows.
 *
 * Each function says FOUND and moves behind what it found, or CUT: the piece ended before that could be told, or OTHER:
 * this is not what may stand here. After CUT and OTHER `wanted` names what was looked for, for the sentence of an error;
 * `at` is where it was looked for. */
#ifndef DRIVER_RESULT_JSON_SCAN_H
#define DRIVER_RESULT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/sv.h"

struct json_scan {
    const char *at, *end;
    const char *wanted;
};

enum json_found { JSON_FOUND, JSON_CUT, JSON_OTHER };

struct json_cell {
    struct sv text;     /* a view into the piece; of a string, its inside with the escapes as they stand */
    bool is_null;
    bool escaped;       /* has escapes */
    bool ascii;         /* no byte above 0x7F */
};

static inline void json_scan_blanks(struct json_scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r')) s->at++;
}

/* One of the marks [ ] , after blanks. */
static inline enum json_found json_scan_mark(struct json_scan *s, char mark, const char *wanted) {
    json_scan_blanks(s);
    if (s->at < s->end && *s->at == mark) {
        s->at++;
        return JSON_FOUND;
    }
    s->wanted = wanted;
    return s->at == s->end ? JSON_CUT : JSON_OTHER;
}

/* A string, null, or a bare number, true or false, after blanks. A cell that touches the piece's end is CUT, since more of
 * it may follow. */
enum json_found json_scan_cell(struct json_scan *s, struct json_cell *out);

/* Looks for the "]" of a row whose beginning was in earlier pieces; each byte is looked at once. */
struct json_row_end { bool in_string, escaped; };
enum json_found json_scan_row_end(struct json_scan *s, struct json_row_end *state);

#endif
