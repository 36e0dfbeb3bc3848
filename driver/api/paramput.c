/* paramput: SQLPutData, what is sent in parts for the set whose turn it is. */
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "paramrun_priv.h"

static SQLRETURN measure(struct stmt *s, SQLSMALLINT c_type, const void *data, SQLLEN given, size_t *len) {
    *len = 0;
    if (given == SQL_DEFAULT_PARAM)
        return diag_fail(&s->h, ST_DEFAULT_PARAM, "only parameters of procedures have defaults");
    if (!data && given != 0) return diag_fail(&s->h, ST_NULL_POINTER, "the data is a NULL pointer");
    if (!conv_is_variable(c_type)) *len = (size_t)conv_c_size(c_type);
    else if (given >= 0) *len = (size_t)given;
    else if (given == SQL_NTS && c_type == SQL_C_CHAR) *len = strlen(data);
    else if (given == SQL_NTS && c_type == SQL_C_WCHAR)
        for (const SQLWCHAR *p = data; *p; p++) *len += sizeof *p;
    else return diag_fail(&s->h, ST_LENGTH, "%ld is not a length for this kind of data", (long)given);
    return SQL_SUCCESS;
}

static SQLRETURN append(struct paramrun *r, struct held *h, SQLSMALLINT c_type, const void *data, SQLLEN given) {
    struct err e = ERR_INIT;
    size_t len = 0;
    SQLRETURN rc = measure(r->stmt, c_type, data, given, &len);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (r->held_bytes + len > PARAMROW_MAX_HELD)
        err_set(&e, ERR_LIMIT, "the data of one set of parameters is larger than %d bytes", PARAMROW_MAX_HELD);
    else if (len == 0 || buf_add(&h->bytes, data, len, &e) == RC_OK) r->held_bytes += len;
    return e.code == ERR_NONE ? SQL_SUCCESS : diag_err(&r->stmt->h, &e);
}

static SQLRETURN put(struct stmt *s, struct paramrun *r, SQLPOINTER data, SQLLEN length) {
    struct held *h = &r->held[r->number - 1];
    struct paramvalue v;
    paramrow_value(s, r->number, r->at, &v);
    if (h->is_null || (h->begun && length == SQL_NULL_DATA))
        return diag_fail(&s->h, ST_CONCAT_NULL, "NULL cannot be put together with other data");
    if (h->begun && !conv_is_variable(v.c_type))
        return diag_fail(&s->h, ST_PUT_PIECES, "only character and binary data may be sent in parts");
    SQLRETURN rc = length == SQL_NULL_DATA ? SQL_SUCCESS : append(r, h, v.c_type, data, length);
    if (!SQL_SUCCEEDED(rc)) return rc;
    h->is_null = length == SQL_NULL_DATA;
    h->begun = true;
    return state_move(s, STMT_ST_CAN_PUT);
}

SQLRETURN paramrun_put(struct stmt *s, SQLPOINTER data, SQLLEN length) {
    SQLRETURN rc = put(s, s->run, data, length);
    if (!SQL_SUCCEEDED(rc)) stmt_abandon_run(s);
    return rc;
}
