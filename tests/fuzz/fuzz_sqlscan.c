/* Statements as the proxy reads them: tokens stay inside the text and in order, and a normalised text is its own normal form. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/utf.h"
#include "proxy/request/cachekey.h"
#include "proxy/sql/classify.h"
#include "core/sqlscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok) abort();
}

static void walk(struct sv sql) {
    struct sqlscan s = sqlscan_of(sql);
    const char *last = sql.ptr;
    size_t n = 0;
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) {
        check(t.text.ptr >= last && t.text.ptr + t.text.len <= sql.ptr + sql.len);
        check(t.gap || t.text.ptr == last);
        last = t.text.ptr + t.text.len;
        check(++n <= sql.len + 1);
    }
}

static void normalise_twice(struct sv sql) {
    struct err e = ERR_INIT;
    struct buf once, twice;
    buf_init(&once, sql.len * 2 + 1);
    buf_init(&twice, sql.len * 4 + 1);
    check(cachekey_normalise(sql, &once, &e) == RC_OK);
    check(cachekey_normalise(buf_sv(&once), &twice, &e) == RC_OK);
    /* what may be kept has one normal form, and it is judged alike */
    if (classify(sql, NULL).why == BYPASS_NONE) {
        check(sv_eq(buf_sv(&once), buf_sv(&twice)));
        check(classify(buf_sv(&once), NULL).why == BYPASS_NONE);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sv sql = sv_make((const char *)data, size);
    if (!utf8_is_valid(sql.ptr, sql.len)) return 0;
    walk(sql);
    sqlscan_leading_comment(sql);
    classify(sql, NULL);
    normalise_twice(sql);
    return 0;
}
