/* info: SQLGetInfo from include/tbl/odbc_info.h, SQLGetFunctions from the list of doors. */
#include "api.h"
#include "config.h"
#include "connect.h"
#include "driver/entry/door.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/sql/escape.h"

enum info_ask { INFO_DSN, INFO_CATALOG, INFO_VERSION, INFO_HOST, INFO_USER };

enum { BITMAP_WORDS = SQL_API_ODBC3_ALL_FUNCTIONS_SIZE, LIST_WORDS = 100, FIRST_OF_DRIVER = 0x4000 };

static struct sv or_empty(const char *s) { return sv_of(s ? s : ""); }

/* "##.##.####" of a version like 0.1.0. */
static SQLRETURN give_version(struct dbc *d, const struct text_out *out) {
    static const char OURS[] = PACKAGE_VERSION;
    unsigned part[3] = { 0, 0, 0 };
    struct err e = ERR_INIT;
    for (int i = 0, at = 0; OURS[i] && at < 3; i++) {
        if (OURS[i] == '.') at++;
        else if (OURS[i] >= '0' && OURS[i] <= '9') part[at] = part[at] * 10 + (unsigned)(OURS[i] - '0');
    }
    buf_reset(&d->words);
    if (buf_addf(&d->words, &e, "%02u.%02u.%04u", part[0] % 100, part[1] % 100,
                 part[2] % 10000)) return diag_err(&d->h, &e);
    return text_out_give(out, buf_sv(&d->words), &d->h);
}

static SQLRETURN give_catalog(struct dbc *d, const struct text_out *out) {
    const char *catalog = NULL;
    struct err e = ERR_INIT;
    if (!d->connected) return diag_fail(&d->h, ST_NOT_CONNECTED, "the current catalog is known on an open connection");
    if (!SQL_SUCCEEDED(connect_refresh(d))) return SQL_ERROR;
    if (connect_catalog(d, &catalog, &e)) return diag_err(&d->h, &e);
    return text_out_give(out, or_empty(catalog), &d->h);
}

static SQLRETURN ask(struct dbc *d, enum info_ask what, const struct text_out *out) {
    const struct options *o = &d->options;
    switch (what) {
    case INFO_DSN: return text_out_give(out, or_empty(o->dsn), &d->h);
    case INFO_CATALOG: return give_catalog(d, out);
    case INFO_VERSION: return give_version(d, out);
    case INFO_HOST: return text_out_give(out, or_empty(o->host), &d->h);
    case INFO_USER: return text_out_give(out, o->uid && o->uid[0] ? sv_of(o->uid) : SV_LIT("token"), &d->h);
    }
    return SQL_ERROR;
}

SQLRETURN api_get_info(struct dbc *d, SQLUSMALLINT id, const struct text_out *value) {
    switch (id) {
#define INFO_TEXT(info, text) case info: return text_out_give(value, SV_LIT(text), &d->h);
#define INFO_U16(info, v) case info: return text_out_u16(value, (SQLUSMALLINT)(v));
#define INFO_U32(info, v) case info: return text_out_u32(value, (SQLUINTEGER)(v));
#define INFO_ASK(info, what) case info: return ask(d, what, value);
#include "tbl/odbc_info.h"
#undef INFO_TEXT
#undef INFO_U16
#undef INFO_U32
#undef INFO_ASK
    default:
        return diag_fail(&d->h, id >= FIRST_OF_DRIVER ? ST_UNSUPPORTED : ST_INFO, "%u is no type of information", id);
    }
}

static bool is_here(SQLUSMALLINT id) {
    for (int i = 0; i < N_DOORS; i++)
        if (DOORS[i].id == id) return DOORS[i].here;
    return false;
}

SQLRETURN api_get_functions(struct dbc *d, SQLUSMALLINT id, SQLUSMALLINT *supported) {
    if (!supported) return diag_fail(&d->h, ST_NULL_POINTER, "the pointer for the answer is NULL");
    if (id == SQL_API_ODBC3_ALL_FUNCTIONS) {
        memset(supported, 0, BITMAP_WORDS * sizeof *supported);
        for (int i = 0; i < N_DOORS; i++)
            if (DOORS[i].here) supported[DOORS[i].id >> 4] |= (SQLUSMALLINT)(1 << (DOORS[i].id & 0xf));
        return SQL_SUCCESS;
    }
    if (id == SQL_API_ALL_FUNCTIONS) {
        memset(supported, 0, LIST_WORDS * sizeof *supported);
        for (int i = 0; i < N_DOORS; i++)
            if (DOORS[i].here && DOORS[i].id < LIST_WORDS) supported[DOORS[i].id] = SQL_TRUE;
        return SQL_SUCCESS;
    }
    *supported = is_here(id) ? SQL_TRUE : SQL_FALSE;
    return SQL_SUCCESS;
}
