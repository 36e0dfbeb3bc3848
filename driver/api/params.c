/* params: parameters. Only counting them is here; binding them is not, and says so. */
#include "api.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "driver/sql/scan.h"

static SQLRETURN not_yet(struct stmt *s) {
    return diag_fail(&s->h, ST_UNSUPPORTED,
                     "parameters are not implemented yet; put the values into the statement's text");
}

SQLRETURN api_num_params(struct stmt *s, SQLSMALLINT *count) {
    struct scan scan;
    if (!s->sql) return diag_fail(&s->h, ST_SEQUENCE, "no statement is prepared");
    scan_sql(sv_of(s->sql), &scan);
    if (count) *count = (SQLSMALLINT)(scan.n_markers > INT16_MAX ? INT16_MAX : scan.n_markers);
    return SQL_SUCCESS;
}

SQLRETURN api_describe_param(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                             SQLSMALLINT *nullable) {
    (void)number, (void)type, (void)size, (void)digits, (void)nullable;
    return not_yet(s);
}

SQLRETURN api_bind_parameter(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT io, SQLSMALLINT c_type,
                             SQLSMALLINT sql_type,
                             SQLULEN size, SQLSMALLINT digits, SQLPOINTER value, SQLLEN cap, SQLLEN *ind) {
    (void)number, (void)io, (void)c_type, (void)sql_type, (void)size, (void)digits, (void)value, (void)cap, (void)ind;
    return not_yet(s);
}

SQLRETURN api_param_data(struct stmt *s, SQLPOINTER *value) {
    (void)value;
    return diag_fail(&s->h, ST_SEQUENCE, "no execution waits for data: parameters are not implemented yet");
}

SQLRETURN api_put_data(struct stmt *s, SQLPOINTER data, SQLLEN ind) {
    (void)data, (void)ind;
    return diag_fail(&s->h, ST_SEQUENCE, "no execution waits for data: parameters are not implemented yet");
}
