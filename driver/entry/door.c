#include "door.h"

bool door_open(struct door *d, SQLHANDLE h, enum handle_kind kind, bool wide, async_run *self) {
    d->rc = SQL_INVALID_HANDLE;
    if (!handle_is(h, kind)) return false;
    d->h = h;
    if (!async_enter(d->h, self, &d->rc)) return false;
    d->wide = wide;
    d->handed_over = false;
    d->async = self && async_is_wanted(d->h);
    d->rc = SQL_SUCCESS;
    d->n_texts = 0;
    d->h->forgotten = false;
    diag_clear(d->h);
    if (kind == HANDLE_STMT) stmt_call_begin(h);
    return true;
}

SQLRETURN door_hand_over(struct door *d, async_run *run, const void *args, size_t size,
                         const struct async_text *texts) {
    d->handed_over = async_start(d->h, run, args, size, texts);
    return d->handed_over ? SQL_STILL_EXECUTING : run(args);
}

struct sv door_text(struct door *d, const void *ptr, SQLLEN len) {
    struct sv v = SV_NULL;
    struct text_in *t = &d->texts[d->n_texts++];
    t->own = NULL;
    enum text_fault fault = text_in_take(t, d->wide, ptr, len, &v);
    if (fault == TEXT_BAD_LENGTH)
        d->rc = diag_fail(d->h, ST_LENGTH, "a text argument has the length %ld, which is neither a length nor SQL_NTS",
                          (long)len);
    if (fault == TEXT_ILL_FORMED)
        d->rc = diag_fail(d->h, ST_GENERAL,
                          "a text argument is not well-formed %s; set the application's encoding to it",
                          d->wide ? "UTF-16" : "UTF-8");
    if (fault == TEXT_NOMEM) d->rc = diag_fail(d->h, ST_NOMEM, "out of memory");
    return v;
}

SQLRETURN door_close(struct door *d) {
    for (int i = 0; i < d->n_texts; i++) text_in_fini(&d->texts[i]);
    SQLRETURN rc = d->rc;
    if (!d->handed_over) {
        if (d->h->kind == HANDLE_STMT) stmt_call_end((struct stmt *)d->h);
        diag_finish(d->h, rc);
    }
    handle_unlock(d->h);
    return rc;
}
