#include "scroll.h"

bool scroll_is_known(SQLSMALLINT orientation) {
    switch (orientation) {
    case SQL_FETCH_NEXT: case SQL_FETCH_PRIOR: case SQL_FETCH_FIRST: case SQL_FETCH_LAST: case SQL_FETCH_ABSOLUTE:
    case SQL_FETCH_RELATIVE: case SQL_FETCH_BOOKMARK: return true;
    default: return false;
    }
}

bool scroll_needs_last(const struct scroll *now, const struct scroll_ask *ask) {
    switch (ask->orientation) {
    case SQL_FETCH_LAST: return true;
    case SQL_FETCH_ABSOLUTE: return ask->offset < 0;
    case SQL_FETCH_PRIOR: return now->place == SCROLL_AFTER;
    case SQL_FETCH_RELATIVE: return now->place == SCROLL_AFTER && ask->offset < 0;
    default: return false;
    }
}

/* Offsets are what an application passes: sums stay within the range. */
static int64_t add(int64_t a, int64_t b) {
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b < 0 ? INT64_MIN : INT64_MAX;
}

static bool is_farther(int64_t offset, int64_t size) { return offset < -size; }     /* |offset| > size, offset < 0 */

/* A row number becomes a place. */
static struct scroll at(int64_t row, int64_t last, int64_t size) {
    struct scroll to = { SCROLL_ROWS, row, size };
    if (row < 1) to.place = SCROLL_BEFORE;
    else if (row > last) to.place = SCROLL_AFTER;
    return to;
}

static struct scroll first_row(const struct scroll_ask *ask, int64_t last, bool *overlap_r) {
    *overlap_r = last >= 1;
    return last >= 1 ? at(1, last, ask->size) : (struct scroll){ SCROLL_BEFORE, 0, ask->size };
}

static struct scroll prior(const struct scroll *now, const struct scroll_ask *ask, int64_t last, bool *overlap_r) {
    int64_t from = now->place == SCROLL_AFTER ? add(last, 1) : now->start;
    if (now->place == SCROLL_BEFORE || from == 1) return at(0, last, ask->size);
    if (from <= ask->size) return first_row(ask, last, overlap_r);
    return at(from - ask->size, last, ask->size);
}

static struct scroll absolute(const struct scroll_ask *ask, int64_t last, bool *overlap_r) {
    if (ask->offset >= 0) return at(ask->offset, last, ask->size);
    int64_t row = add(add(last, 1), ask->offset);
    if (row < 1 && !is_farther(ask->offset, ask->size)) return first_row(ask, last, overlap_r);
    return at(row, last, ask->size);
}

static struct scroll relative(const struct scroll *now, const struct scroll_ask *ask, int64_t last, bool *overlap_r) {
    if (now->place == SCROLL_BEFORE) return ask->offset > 0 ? absolute(ask, last, overlap_r) : at(0, last, ask->size);
    if (now->place == SCROLL_AFTER)
        return ask->offset < 0 ? absolute(ask, last, overlap_r) : (struct scroll){ SCROLL_AFTER, 0, ask->size };
    int64_t row = add(now->start, ask->offset);
    if (row < 1 && now->start > 1 && !is_farther(ask->offset, ask->size)) return first_row(ask, last, overlap_r);
    return at(row, last, ask->size);
}

static struct scroll next(const struct scroll *now, const struct scroll_ask *ask, int64_t last) {
    if (now->place == SCROLL_BEFORE) return at(1, last, ask->size);
    if (now->place == SCROLL_AFTER) return (struct scroll){ SCROLL_AFTER, 0, ask->size };
    return at(add(now->start, now->size), last, ask->size);     /* the size that was used then */
}

struct scroll scroll_to(const struct scroll *now, const struct scroll_ask *ask, int64_t last, bool *overlap_r) {
    *overlap_r = false;
    switch (ask->orientation) {
    case SQL_FETCH_PRIOR: return prior(now, ask, last, overlap_r);
    case SQL_FETCH_FIRST: return at(1, last, ask->size);
    case SQL_FETCH_LAST: return at(last > ask->size ? last - ask->size + 1 : 1, last, ask->size);
    case SQL_FETCH_ABSOLUTE: return absolute(ask, last, overlap_r);
    case SQL_FETCH_RELATIVE: return relative(now, ask, last, overlap_r);
    case SQL_FETCH_BOOKMARK: return at(add(ask->bookmark, ask->offset), last, ask->size);
    default: return next(now, ask, last);
    }
}
