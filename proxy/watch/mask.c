#include "mask.h"

#include "core/sqlscan.h"

enum rc mask_literals(struct sv sql, size_t max_bytes, struct buf *out, struct err *e) {
    struct sqlscan s = sqlscan_of(sql);
    size_t begin = out->len;
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) {
        bool literal = t.kind == SQLTOK_STRING || t.kind == SQLTOK_NUMBER;
        struct sv text = literal ? SV_LIT("?") : t.text;
        bool fits = out->len - begin + text.len + 1 <= max_bytes;
        if (t.kind == SQLTOK_ODD || !fits) return buf_adds(out, "…", e);
        if (t.gap && out->len > begin && buf_addc(out, ' ', e)) return RC_ERR;
        if (buf_addsv(out, text, e)) return RC_ERR;
    }
    return RC_OK;
}
