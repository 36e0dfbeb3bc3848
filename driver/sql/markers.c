#include "markers.h"

#include "core/sqlscan.h"

/* The next marker's offset; false = there is none. */
static bool next_marker(struct sqlscan *s, size_t *at_r) {
    for (struct sqltoken t; (t = sqlscan_next(s)).kind != SQLTOK_END;) {
        if (t.kind != SQLTOK_MARKER || t.in_hint || t.text.len != 1) continue;
        *at_r = (size_t)(t.text.ptr - s->text.ptr);
        return true;
    }
    return false;
}

enum rc markers_find(struct sv sql, struct arena *a, struct markers *out, struct err *e) {
    struct sqlscan s = sqlscan_of(sql);
    size_t at = 0;
    *out = (struct markers){ .n = 0 };
    while (next_marker(&s, &at)) out->n++;
    out->at = arena_array(a, (size_t)out->n + 1, sizeof *out->at);
    if (!out->at) return err_nomem(e);
    s = sqlscan_of(sql);
    for (int i = 0; i < out->n && next_marker(&s, &at); i++) out->at[i] = at;
    return RC_OK;
}

enum rc markers_fill(struct sv sql, const struct markers *m, const struct sv *put, size_t from, size_t to,
                     struct buf *out, struct err *e) {
    for (int i = 0; i < m->n; i++) {
        if (m->at[i] < from || m->at[i] >= to || !put[i].ptr) continue;
        if (buf_add(out, sql.ptr + from, m->at[i] - from, e) || buf_addsv(out, put[i], e)) return RC_ERR;
        from = m->at[i] + 1;
    }
    return buf_add(out, sql.ptr + from, to - from, e);
}

enum rc markers_null(struct sv sql, struct buf *out, struct err *e) {
    struct sqlscan s = sqlscan_of(sql);
    size_t at = 0, from = 0;
    while (next_marker(&s, &at)) {
        if (buf_add(out, sql.ptr + from, at - from, e) || buf_adds(out, "NULL", e)) return RC_ERR;
        from = at + 1;
    }
    return buf_add(out, sql.ptr + from, sql.len - from, e);
}
