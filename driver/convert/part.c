/* SQLGetData: one cell in parts. */
#include "core/utf.h"
#include "kernel.h"

static const size_t MAX_VALUE = (size_t)INT32_MAX * 2 + 64;     /* the longest cell as UTF-16 or as hexadecimal digits */

void part_reset(struct part *p) {
    p->started = p->done = false;
    p->bytes = NULL;
    p->len = p->pos = p->whole = p->grain = 0;
    buf_reset(&p->scratch);
}

void part_fini(struct part *p) {
    buf_fini(&p->scratch);
    p->started = p->done = false;
    p->bytes = NULL;
    p->len = p->pos = p->whole = p->grain = 0;
}

/* Room for len bytes in scratch, which becomes the value. NULL = out of memory. */
static char *make_room(struct part *p, size_t len) {
    struct err e;
    p->scratch.max = MAX_VALUE;
    buf_reset(&p->scratch);
    if (buf_reserve(&p->scratch, len, &e) != RC_OK) return NULL;
    p->bytes = p->scratch.ptr;
    p->len = len;
    return p->scratch.ptr;
}

static enum conv_issue widen(struct part *p, struct sv text) {
    size_t used, units = utf8_to_16_units(text.ptr, text.len);
    char *room = make_room(p, units * 2);
    if (!room) return CONV_NOMEM;
    utf8_to_16(text.ptr, text.len, (uint16_t *)(void *)room, units, &used, NULL);
    return CONV_OK;
}

static enum conv_issue keep(struct part *p, struct sv text, enum target target) {
    if (target == TO_WCHAR) return widen(p, text);
    p->bytes = text.ptr;
    p->len = text.len;
    return CONV_OK;
}

/* Made by the bound-column kernel, into scratch: hexadecimal digits and the structures that BINARY gets. */
static enum conv_issue convert_whole(struct part *p, const struct conv_job *job, const struct col_view *v, int64_t row,
                                     size_t room) {
    struct conv_job one = *job;
    SQLLEN len = 0;
    uint8_t issue = CONV_OK;
    one.data = make_room(p, room);
    if (!one.data) return CONV_NOMEM;
    one.capacity = (SQLLEN)room;
    one.octet_length = one.indicator = (char *)&len;
    conv_find(v->phys, job->column, job->c_type)(&one, v, row, 1, &issue);
    p->len = (size_t)len;
    return (enum conv_issue)issue;
}

/* The whole value as the target's bytes. */
static enum conv_issue prepare(struct part *p, const struct conv_job *job, const struct col_view *v, int64_t row,
                               enum target target) {
    int64_t i = v->offset + row;
    size_t size = target == TO_WCHAR ? 2 : 1;
    char text[TEXT_MAX];
    p->whole = 0;
    p->grain = 1;
    if (v->phys == COL_UTF8 || (v->phys == COL_BINARY && target == TO_BINARY))
        return keep(p, cell_limited(job, v, i), target == TO_WCHAR ? TO_WCHAR : TO_BINARY);
    if (v->phys == COL_BINARY) {
        p->grain = 2 * size;
        return convert_whole(p, job, v, row, (cell_limited(job, v, i).len * 2 + 1) * size);
    }
    if (target == TO_BINARY) {
        enum conv_issue issue = convert_whole(p, job, v, row, TEXT_MAX);
        if (v->phys != COL_MONTHS && v->phys != COL_DURATION_US) p->whole = p->len;     /* a structure, not text */
        return issue;
    }

    struct cell c = {.job = job, .zone = job->column->sea.type == DBX_TIMESTAMP ? job->zone : NULL};
    size_t len = to_text_renderer(v->phys)(&c, v, i, text, &p->whole);
    p->whole *= size;
    if (target == TO_WCHAR) return widen(p, sv_make(text, len));
    char *room = make_room(p, len);
    if (!room) return CONV_NOMEM;
    memcpy(room, text, len);
    return CONV_OK;
}

/* room, or less of it: whole pairs of hexadecimal digits, whole characters. */
static size_t cut(const struct part *p, const struct conv_job *job, enum target target, size_t room) {
    const char *from = p->bytes + p->pos;
    size_t left = p->len - p->pos;
    if (room >= left || target == TO_BINARY || job->parts == PARTS_FULL) return room;
    if (p->grain > 1) return room - room % p->grain;
    if (job->parts != PARTS_WHOLE) return room;
    if (target == TO_CHAR) return utf8_floor(from, left, room);
    return utf16_floor((const uint16_t *)(const void *)from, left / 2, room / 2) * 2;   /* scratch: it is aligned */
}

/* The next part of what is prepared, with its NUL if the type has one. The whole digits of a number must fit into the
 * first buffer that takes any. */
static enum conv_issue deliver(struct part *p, const struct conv_job *job, enum target target, char *out,
                               SQLLEN capacity, SQLLEN *ind_r) {
    size_t nul = target == TO_BINARY ? 0 : target == TO_WCHAR ? 2 : 1;
    size_t left = p->len - p->pos, room = capacity > 0 ? (size_t)capacity : 0;
    if (target == TO_WCHAR) room &= ~(size_t)1;
    if (ind_r) *ind_r = (SQLLEN)left;
    if (room < nul || (room == 0 && left > 0)) return CONV_TRUNCATED;
    if (p->pos == 0 && left > room - nul && p->whole > room - nul) return CONV_RANGE;
    size_t n = left < room - nul ? left : room - nul;
    if (n > 0 && (n = cut(p, job, target, n)) == 0) return CONV_TINY_BUFFER;
    if (n) memcpy(out, p->bytes + p->pos, n);
    memset(out + n, 0, nul);
    p->pos += n;
    p->done = p->pos == p->len;
    return p->done ? CONV_OK : CONV_TRUNCATED;
}

/* One cell by the kernel of bound columns. */
static enum conv_issue run_one(conv_kernel *kernel, const struct conv_job *job, const struct col_view *v, int64_t row,
                               void *out, SQLLEN capacity, SQLLEN *ind_r) {
    struct conv_job one = *job;
    uint8_t issue = CONV_OK;
    one.data = out;
    one.capacity = capacity;
    one.octet_length = one.indicator = (char *)ind_r;
    kernel(&one, v, row, 1, &issue);
    return (enum conv_issue)issue;
}

struct conv_growth conv_growth(enum col_phys phys, SQLSMALLINT c_type) {
    enum target target = target_of(c_type);
    uint8_t width = target == TO_WCHAR ? 2 : 1;
    bool is_hex = phys == COL_BINARY && target != TO_BINARY;
    if ((phys != COL_UTF8 && phys != COL_BINARY) || target > TO_BINARY) return (struct conv_growth){0, 0};
    return (struct conv_growth){is_hex ? 2 * width : width, width};
}

/* Whether a value that comes in parts is surely whole in the first. */
static bool may_fit(const struct col_view *v, int64_t row, SQLSMALLINT c_type, SQLLEN capacity) {
    return capacity > 0 && conv_has_room(conv_growth(v->phys, c_type), v, row, capacity);
}

static void remember(struct part *p, SQLSMALLINT c_type, bool done) {
    p->started = true;
    p->done = done;
    p->c_type = c_type;
}

/* The next part of a value that does not fit, or may not. */
static enum conv_issue deliver_part(struct part *p, const struct conv_job *job, const struct col_view *view,
                                    int64_t row, void *target, SQLLEN capacity, SQLLEN *ind_r) {
    enum target kind = target_of(job->c_type);
    enum conv_issue issue = p->started ? CONV_OK : prepare(p, job, view, row, kind);
    if (issue == CONV_OK) issue = deliver(p, job, kind, target, capacity, ind_r);
    else if (!issue_is_error(issue) && deliver(p, job, kind, target, capacity, ind_r) != CONV_OK)
        issue = CONV_TRUNCATED;
    if (!issue_is_error(issue)) remember(p, job->c_type, p->done);
    return issue;
}

enum conv_issue conv_part(struct part *p, const struct conv_job *job, const struct col_view *view, int64_t row,
                          void *target, SQLLEN capacity, SQLLEN *ind_r, bool *no_data_r) {
    if (p->started && p->c_type != job->c_type) part_reset(p);     /* another type: from the beginning */
    *no_data_r = p->done;
    if (p->done) return CONV_OK;
    conv_kernel *kernel = conv_find(view->phys, job->column, job->c_type);
    if (!kernel) return CONV_RESTRICTED;
    if (col_is_null(view, row)) {
        remember(p, job->c_type, ind_r != NULL);
        if (!ind_r) return CONV_NO_INDICATOR;
        *ind_r = SQL_NULL_DATA;
        return CONV_OK;
    }
    enum target kind = target_of(job->c_type);
    if (kind > TO_BINARY) {
        enum conv_issue issue = run_one(kernel, job, view, row, target, capacity, ind_r);
        if (!issue_is_error(issue)) remember(p, job->c_type, true);
        return issue;
    }
    if (!p->started && may_fit(view, row, job->c_type, capacity)
        && run_one(kernel, job, view, row, target, capacity, ind_r) == CONV_OK) {
        remember(p, job->c_type, true);
        return CONV_OK;
    }
    return deliver_part(p, job, view, row, target, capacity, ind_r);
}
