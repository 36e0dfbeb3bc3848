/* Escape sequences: whatever comes in, a translation has nothing left to translate: a second time gives
 * the same. An error is told exactly when there is none. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/sqlscan.h"
#include "core/utf.h"
#include "driver/sql/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok) abort();
}

static bool is_plain(struct sv sql, struct sv what) {
    struct sqlscan s = sqlscan_of(sql);
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s))
        if (t.kind == SQLTOK_ODD && (sv_eq(t.text, what) || t.text.len > 1)) return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sv sql = sv_make((const char *)data, size);
    const struct escape_settings how = { .decimal_scale = 10 };
    struct buf once, twice;
    struct err e = ERR_INIT;
    if (!utf8_is_valid(sql.ptr, sql.len)) return 0;
    buf_init(&once, size * 64 + 4096);
    buf_init(&twice, size * 64 + 4096);
    enum rc rc = escape_translate(sql, &how, &once, &e);
    check((rc == RC_OK) == (e.code == ERR_NONE));
    if (rc == RC_OK && !escape_is_needed(sql)) check(sv_eq(sql, buf_sv(&once)));
    if (rc == RC_OK && is_plain(buf_sv(&once), SV_LIT("{"))) {
        check(escape_translate(buf_sv(&once), &how, &twice, &e) == RC_OK);
        check(sv_eq(buf_sv(&once), buf_sv(&twice)));
    }
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
