#include "normalise.h"

#include "core/sqlscan.h"

enum rc sql_normalise(struct sv sql, struct buf *out, struct err *e) {
    struct sqlscan s = sqlscan_of(sql);
    size_t keep = 0;
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) {
        if (out->len && t.gap && buf_addc(out, ' ', e)) return RC_ERR;
        if (buf_addsv(out, t.text, e)) return RC_ERR;
        if (t.kind != SQLTOK_SEMI) keep = out->len;
    }
    out->len = keep; /* without the semicolons at the end */
    if (out->ptr) out->ptr[keep] = '\0';
    return RC_OK;
}
