/* Descriptors at work: records, consistency checks, explicit ones, copies, what other functions do to them. */
#include "rules.h"

#define SET(d, rec, field, value) OK(SQLSetDescField(d, rec, field, (SQLPOINTER)(intptr_t)(value), 0))
#define DERR(d, call, states) ERR_ON(SQL_HANDLE_DESC, d, call, states)

static SQLSMALLINT num16(struct run *r, SQLHDESC d, SQLSMALLINT rec, SQLSMALLINT field) {
    SQLSMALLINT v = -99;
    OK(SQLGetDescField(d, rec, field, &v, 0, NULL));
    return v;
}

static SQLLEN number(struct run *r, SQLHDESC d, SQLSMALLINT rec, SQLSMALLINT field) {
    SQLLEN v = 0;
    OK(SQLGetDescField(d, rec, field, &v, 0, NULL));
    return v;
}

#define ard() desc_of(r, SQL_ATTR_APP_ROW_DESC)
#define apd() desc_of(r, SQL_ATTR_APP_PARAM_DESC)
#define ird() desc_of(r, SQL_ATTR_IMP_ROW_DESC)
#define ipd() desc_of(r, SQL_ATTR_IMP_PARAM_DESC)

RULE(desc_unknown_field_hy091, "SQLSetDescField / Diagnostics / HY091",
     "a field identifier nobody defined gives HY091") {
    DERR(ard(), SQLSetDescField(ard(), 1, 9999, NULL, 0), "HY091");
}
RULE(desc_get_unknown_field_hy091, "SQLGetDescField / Diagnostics / HY091",
     "reading a field nobody defined gives HY091") {
    SQLINTEGER v;
    SQLHDESC d = ard();
    DERR(d, SQLGetDescField(d, 0, 9999, &v, 0, NULL), "HY091");
}
RULE(desc_set_negative_record_07009, "SQLSetDescField / Diagnostics / 07009", "a negative RecNumber gives 07009") {
    SQLHDESC d = ard();
    DERR(d, SQLSetDescField(d, -1, SQL_DESC_TYPE, (SQLPOINTER)SQL_C_LONG, 0), "07009");
}
RULE(desc_get_negative_record_07009, "SQLGetDescField / Diagnostics / 07009", "a negative RecNumber gives 07009") {
    SQLSMALLINT v;
    SQLHDESC d = ard();
    DERR(d, SQLGetDescField(d, -1, SQL_DESC_TYPE, &v, 0, NULL), "07009");
}
RULE(desc_ipd_record_0_07009, "SQLSetDescField / Diagnostics / 07009",
     "RecNumber 0 of an IPD gives 07009 for a record field") {
    SQLHDESC d = ipd();
    DERR(d, SQLSetDescField(d, 0, SQL_DESC_TYPE, (SQLPOINTER)SQL_INTEGER, 0), "07009");
}
RULE(desc_bookmark_record_off_07009, "SQLSetDescField / Diagnostics / 07009",
     "RecNumber 0 with SQL_ATTR_USE_BOOKMARKS off gives 07009") {
    SQLHDESC d = ard();
    DERR(d, SQLSetDescField(d, 0, SQL_DESC_DATA_PTR, &d, 0), "07009");
}
RULE(desc_get_behind_count_no_data, "SQLGetDescField / Returns",
     "RecNumber greater than the number of records gives SQL_NO_DATA") {
    SQLSMALLINT v;
    SQLHDESC d = ard();
    SET(d, 0, SQL_DESC_COUNT, 2);
    NODATA(SQLGetDescField(d, 3, SQL_DESC_TYPE, &v, 0, NULL));
}
RULE(desc_rec_behind_count_no_data, "SQLGetDescRec / Returns",
     "RecNumber greater than the number of records gives SQL_NO_DATA") {
    SQLSMALLINT t;
    NODATA(SQLGetDescRec(ard(), 1, NULL, 0, NULL, &t, NULL, NULL, NULL, NULL, NULL));
}
RULE(desc_ird_unprepared_hy007, "SQLGetDescField / Diagnostics / HY007",
     "a field of an IRD whose statement is neither prepared nor executed gives HY007") {
    SQLSMALLINT v;
    SQLHDESC d = ird();
    DERR(d, SQLGetDescField(d, 1, SQL_DESC_TYPE, &v, 0, NULL), "HY007");
}
RULE(desc_rec_ird_unprepared_hy007, "SQLGetDescRec / Diagnostics / HY007",
     "a record of an IRD whose statement is neither prepared nor executed gives HY007") {
    SQLSMALLINT v;
    SQLHDESC d = ird();
    DERR(d, SQLGetDescRec(d, 1, NULL, 0, NULL, &v, NULL, NULL, NULL, NULL, NULL), "HY007");
}
RULE(desc_ird_no_result_no_data, "SQLGetDescField / Returns",
     "an IRD of a statement without result set has no records") {
    SQLSMALLINT v;
    query(r, "INSERT INTO rules_in VALUES (77, 'ird')");
    NODATA(SQLGetDescField(ird(), 1, SQL_DESC_TYPE, &v, 0, NULL));
}
RULE(desc_ird_count_is_columns, "SQLNumResultCols / Comments", "SQL_DESC_COUNT of the IRD is the number of columns") {
    query(r, rows_sql(r, 1));
    EQ(num16(r, ird(), 0, SQL_DESC_COUNT), 2);
}
RULE(desc_count_follows_bindcol, "SQLBindCol / Descriptors and SQLBindCol",
     "SQLBindCol raises SQL_DESC_COUNT to the column's number") {
    SQLINTEGER v;
    OK(SQLBindCol(r->stmt, 3, SQL_C_SLONG, &v, 0, NULL));
    EQ(num16(r, ard(), 0, SQL_DESC_COUNT), 3);
}
RULE(desc_unbinding_highest_lowers_count, "SQLBindCol / Unbinding Columns",
     "unbinding the highest column sets SQL_DESC_COUNT to the highest that remains bound") {
    SQLINTEGER v;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLBindCol(r->stmt, 3, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLBindCol(r->stmt, 3, SQL_C_SLONG, NULL, 0, NULL));
    EQ(num16(r, ard(), 0, SQL_DESC_COUNT), 1);
}
RULE(desc_unbind_all_zeroes_count, "SQLFreeStmt / SQL_UNBIND", "SQL_UNBIND sets SQL_DESC_COUNT of the ARD to 0") {
    SQLINTEGER v;
    OK(SQLBindCol(r->stmt, 2, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLFreeStmt(r->stmt, SQL_UNBIND));
    EQ(num16(r, ard(), 0, SQL_DESC_COUNT), 0);
}
RULE(desc_reset_params_zeroes_count, "SQLFreeStmt / SQL_RESET_PARAMS",
     "SQL_RESET_PARAMS sets SQL_DESC_COUNT of the APD to 0") {
    SQLINTEGER v = 1;
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, NULL));
    EQ(num16(r, apd(), 0, SQL_DESC_COUNT), 1);
    OK(SQLFreeStmt(r->stmt, SQL_RESET_PARAMS));
    EQ(num16(r, apd(), 0, SQL_DESC_COUNT), 0);
}
RULE(desc_lower_count_unbinds, "SQLSetDescField / SQL_DESC_COUNT",
     "lowering SQL_DESC_COUNT removes the records above it") {
    SQLINTEGER a = 0;
    char b[20] = "untouched";
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &a, 0, NULL));
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, b, sizeof b, NULL));
    SET(ard(), 0, SQL_DESC_COUNT, 1);
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(a, 1);
    TEXT(b, "untouched");
}
RULE(desc_bindcol_sets_fields, "SQLBindCol / Descriptors and SQLBindCol",
     "type, octet length and pointers land in the ARD record") {
    char v[33];
    SQLLEN ind;
    SQLHDESC d = ard();
    OK(SQLBindCol(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    EQ(num16(r, d, 1, SQL_DESC_CONCISE_TYPE), SQL_C_CHAR);
    EQ(number(r, d, 1, SQL_DESC_OCTET_LENGTH), 33);
    EQ(number(r, d, 1, SQL_DESC_DATA_PTR), (intptr_t)v);
    EQ(number(r, d, 1, SQL_DESC_INDICATOR_PTR), (intptr_t)&ind);
    EQ(number(r, d, 1, SQL_DESC_OCTET_LENGTH_PTR), (intptr_t)&ind);
}
RULE(desc_bindparameter_sets_apd, "SQLBindParameter / Comments", "C type, pointer and lengths land in the APD record") {
    char v[33];
    SQLLEN ind;
    SQLHDESC d = apd();
    OK(SQLBindParameter(r->stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, v, sizeof v, &ind));
    EQ(num16(r, d, 2, SQL_DESC_CONCISE_TYPE), SQL_C_CHAR);
    EQ(number(r, d, 2, SQL_DESC_OCTET_LENGTH), 33);
    EQ(number(r, d, 2, SQL_DESC_DATA_PTR), (intptr_t)v);
    EQ(number(r, d, 2, SQL_DESC_INDICATOR_PTR), (intptr_t)&ind);
}
RULE(desc_bindparameter_sets_ipd, "SQLBindParameter / ColumnSize Argument, DecimalDigits Argument",
     "SQL type, size and digits land in the IPD record") {
    SQL_NUMERIC_STRUCT v;
    SQLHDESC d = ipd();
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_NUMERIC, SQL_DECIMAL, 12, 4, &v, 0, NULL));
    EQ(num16(r, d, 1, SQL_DESC_CONCISE_TYPE), SQL_DECIMAL);
    EQ(num16(r, d, 1, SQL_DESC_PRECISION), 12);
    EQ(num16(r, d, 1, SQL_DESC_SCALE), 4);
    EQ(num16(r, d, 1, SQL_DESC_PARAMETER_TYPE), SQL_PARAM_INPUT);
}
RULE(desc_concise_sets_verbose, "SQLSetDescField / SQL_DESC_CONCISE_TYPE",
     "setting a concise datetime type sets SQL_DESC_TYPE and the code") {
    SQLHDESC d = ard();
    SET(d, 1, SQL_DESC_CONCISE_TYPE, SQL_C_TYPE_TIME);
    EQ(num16(r, d, 1, SQL_DESC_TYPE), SQL_DATETIME);
    EQ(num16(r, d, 1, SQL_DESC_DATETIME_INTERVAL_CODE), SQL_CODE_TIME);
}
RULE(desc_verbose_sets_concise, "SQLSetDescField / SQL_DESC_TYPE",
     "type and datetime code together set the concise type") {
    SQLHDESC d = ard();
    SET(d, 1, SQL_DESC_TYPE, SQL_DATETIME);
    SET(d, 1, SQL_DESC_DATETIME_INTERVAL_CODE, SQL_CODE_DATE);
    EQ(num16(r, d, 1, SQL_DESC_CONCISE_TYPE), SQL_C_TYPE_DATE);
}
RULE(desc_plain_type_sets_concise, "SQLSetDescField / SQL_DESC_TYPE", "for other types the concise type is the same") {
    SQLHDESC d = ard();
    SET(d, 1, SQL_DESC_TYPE, SQL_C_SLONG);
    EQ(num16(r, d, 1, SQL_DESC_CONCISE_TYPE), SQL_C_SLONG);
    EQ(num16(r, d, 1, SQL_DESC_DATETIME_INTERVAL_CODE), 0);
}
RULE(desc_interval_concise, "SQLSetDescField / SQL_DESC_CONCISE_TYPE",
     "an interval type sets SQL_INTERVAL and its code") {
    SQLHDESC d = ard();
    SET(d, 1, SQL_DESC_CONCISE_TYPE, SQL_C_INTERVAL_DAY_TO_SECOND);
    EQ(num16(r, d, 1, SQL_DESC_TYPE), SQL_INTERVAL);
    EQ(num16(r, d, 1, SQL_DESC_DATETIME_INTERVAL_CODE), SQL_CODE_DAY_TO_SECOND);
}
struct type_default_line { struct row row; SQLSMALLINT type, field; SQLLEN want; };
#define TD(id, type, field, want) { { "desc_type_default_" #id, "SQLSetDescField / SQL_DESC_TYPE", \
    "setting SQL_DESC_TYPE to " #type " sets " #field " to " #want }, type, field, want }
static const struct type_default_line TYPE_DEFAULTS[] = {
    TD(char_length, SQL_CHAR, SQL_DESC_LENGTH, 1), TD(char_precision, SQL_CHAR, SQL_DESC_PRECISION, 0),
    TD(varchar_length, SQL_VARCHAR, SQL_DESC_LENGTH, 1), TD(numeric_scale, SQL_NUMERIC, SQL_DESC_SCALE, 0),
    TD(decimal_scale, SQL_DECIMAL, SQL_DESC_SCALE, 0),
    TD(timestamp_precision, SQL_TYPE_TIMESTAMP, SQL_DESC_PRECISION, 6),
    TD(time_precision, SQL_TYPE_TIME, SQL_DESC_PRECISION, 0),
    TD(interval_leading, SQL_INTERVAL_DAY, SQL_DESC_DATETIME_INTERVAL_PRECISION, 2),
    TD(interval_seconds, SQL_INTERVAL_DAY_TO_SECOND, SQL_DESC_PRECISION, 6),
};
static void check_type_default(struct run *r, const void *arg) {
    const struct type_default_line *line = arg;
    SQLHDESC d = ipd();
    SET(d, 1, SQL_DESC_CONCISE_TYPE, line->type);
    if (line->field == SQL_DESC_LENGTH) EQ(number(r, d, 1, line->field), line->want);
    else if (line->field == SQL_DESC_DATETIME_INTERVAL_PRECISION) EQ((SQLINTEGER)number(r, d, 1, line->field),
        line->want);
    else EQ(num16(r, d, 1, line->field), line->want);
}
RULE_TABLE(TYPE_DEFAULTS, check_type_default)

RULE(desc_setting_a_field_unbinds, "SQLSetDescField / Comments",
     "setting a field other than the pointers unbinds the record: SQL_DESC_DATA_PTR becomes NULL") {
    SQLINTEGER v;
    SQLHDESC d = ard();
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    SET(d, 1, SQL_DESC_CONCISE_TYPE, SQL_C_SSHORT);
    EQ(number(r, d, 1, SQL_DESC_DATA_PTR), 0);
}
RULE(desc_pointers_do_not_unbind, "SQLSetDescField / Comments",
     "setting the length or indicator pointer keeps the binding") {
    SQLINTEGER v;
    SQLLEN ind;
    SQLHDESC d = ard();
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    SET(d, 1, SQL_DESC_INDICATOR_PTR, &ind);
    SET(d, 1, SQL_DESC_OCTET_LENGTH_PTR, &ind);
    EQ(number(r, d, 1, SQL_DESC_DATA_PTR), (intptr_t)&v);
}

struct bad_line { struct row row; SQLSMALLINT type, precision, scale; };
#define BAD(id, type, p, s, text) { { "desc_hy021_" #id, "SQLSetDescRec / Consistency Checks", text }, type, p, s }
static const struct bad_line BADS[] = {
    BAD(precision_0, SQL_NUMERIC, 0, 0, "a NUMERIC of precision 0 is inconsistent (HY021)"),
    BAD(scale_over_precision, SQL_DECIMAL, 5, 9,
        "a DECIMAL whose scale is greater than its precision is inconsistent (HY021)"),
    BAD(unknown_type, 199, 0, 0, "a type that is no ODBC type is inconsistent (HY021)"),
};
static void check_bad(struct run *r, const void *arg) {
    const struct bad_line *line = arg;
    SQLINTEGER v = 0;
    SQLHDESC d = ard();
    DERR(d, SQLSetDescRec(d, 1, line->type, 0, 20, line->precision, line->scale, &v, NULL, NULL), "HY021 HY003");
}
RULE_TABLE(BADS, check_bad)

RULE(desc_hy021_bad_datetime_code, "SQLSetDescRec / Consistency Checks",
     "SQL_DATETIME with a subtype that is none gives HY021") {
    DATE_STRUCT v;
    SQLHDESC d = ard();
    DERR(d, SQLSetDescRec(d, 1, SQL_DATETIME, 77, 0, 0, 0, &v, NULL, NULL), "HY021");
}
RULE(desc_setrec_binds, "SQLSetDescRec / Comments", "an ARD record set in one call binds the column") {
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    OK(SQLSetDescRec(ard(), 1, SQL_C_SLONG, 0, 0, 0, 0, &v, &ind, &ind));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(v, 1);
    EQ(ind, 4);
}
RULE(desc_setrec_ird_hy016, "SQLSetDescRec / Diagnostics / HY016", "an IRD cannot be modified") {
    query(r, rows_sql(r, 1));
    SQLHDESC d = ird();
    DERR(d, SQLSetDescRec(d, 1, SQL_INTEGER, 0, 4, 0, 0, NULL, NULL, NULL), "HY016");
}
RULE(desc_setrec_negative_07009, "SQLSetDescRec / Diagnostics / 07009", "a negative RecNumber gives 07009") {
    SQLHDESC d = ard();
    DERR(d, SQLSetDescRec(d, -1, SQL_C_SLONG, 0, 4, 0, 0, NULL, NULL, NULL), "07009");
}
RULE(desc_getrec_all, "SQLGetDescRec / Comments",
     "name, type, length, scale and nullability of a column come in one call") {
    SQLCHAR name[30] = "";
    SQLSMALLINT len = 0, type = 0, sub = 0, prec = 0, scale = 0, nullable = -9;
    SQLLEN length = 0;
    query(r, "SELECT amount FROM rules_keyed");
    OK(SQLGetDescRec(ird(), 1, name, sizeof name, &len, &type, &sub, &length, &prec, &scale, &nullable));
    TEXT(name, "amount");
    EQ(len, 6);
    MUST(type == SQL_DECIMAL || type == SQL_NUMERIC, "type %d", type);
    EQ(prec, 10);
    EQ(scale, 2);
    MUST(nullable >= 0 && nullable <= 2, "nullable %d", nullable);
}
RULE(desc_getrec_name_cut, "SQLGetDescRec / Diagnostics / 01004",
     "a name too long for its buffer is cut, with 01004 and the full length") {
    SQLCHAR name[4] = "";
    SQLSMALLINT len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    SQLHDESC d = ird();
    INFO_ON(SQL_HANDLE_DESC, d, SQLGetDescRec(d, 1, name, sizeof name, &len, NULL, NULL, NULL, NULL, NULL, NULL),
        "01004");
    TEXT(name, "amo");
    EQ(len, 6);
}
RULE(desc_getfield_text_cut, "SQLGetDescField / Diagnostics / 01004",
     "a string field is cut with 01004 and its full length in bytes") {
    char name[4] = "";
    SQLINTEGER len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    SQLHDESC d = ird();
    INFO_ON(SQL_HANDLE_DESC, d, SQLGetDescField(d, 1, SQL_DESC_NAME, name, sizeof name, &len), "01004");
    TEXT(name, "amo");
    EQ(len, 6);
}

RULE(desc_ipd_data_ptr_checks, "SQLSetDescField / SQL_DESC_DATA_PTR",
     "setting it in an IPD forces a consistency check and keeps nothing") {
    SQLINTEGER v = 0;
    SQLHDESC d = ipd();
    SET(d, 1, SQL_DESC_CONCISE_TYPE, SQL_INTEGER);
    SET(d, 1, SQL_DESC_DATA_PTR, &v);
    EQ(number(r, d, 1, SQL_DESC_DATA_PTR), 0);
}
RULE(desc_ipd_data_ptr_hy021, "SQLSetDescRec / Consistency Checks",
     "setting SQL_DESC_DATA_PTR in an inconsistent IPD gives HY021") {
    SQLINTEGER v = 0;
    SQLHDESC d = ipd();
    SET(d, 1, SQL_DESC_CONCISE_TYPE, SQL_DECIMAL);
    SET(d, 1, SQL_DESC_PRECISION, 3);
    SET(d, 1, SQL_DESC_SCALE, 8);
    DERR(d, SQLSetDescField(d, 1, SQL_DESC_DATA_PTR, &v, 0), "HY021");
}

/* ---- explicit descriptors ---- */

RULE(desc_explicit_is_user, "SQLAllocHandle / Allocating a Descriptor Handle",
     "SQL_DESC_ALLOC_TYPE of an explicit one is SQL_DESC_ALLOC_USER") {
    explicit_desc(r);
    EQ(num16(r, r->desc, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_USER);
}
RULE(desc_explicit_as_ard, "SQLSetStmtAttr / SQL_ATTR_APP_ROW_DESC",
     "an explicit descriptor set as ARD binds columns") {
    SQLINTEGER v = 0;
    explicit_desc(r);
    SET(r->desc, 1, SQL_DESC_CONCISE_TYPE, SQL_C_SLONG);
    SET(r->desc, 1, SQL_DESC_DATA_PTR, &v);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_APP_ROW_DESC, r->desc, 0));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(v, 1);
}
RULE(desc_explicit_shared, "Descriptors / Automatically and Explicitly Allocated Descriptors",
     "one explicit descriptor serves two statements") {
    SQLINTEGER v = 0;
    explicit_desc(r);
    more(r);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_APP_ROW_DESC, r->desc, 0));
    OK(SQLSetStmtAttr(r->stmt2, SQL_ATTR_APP_ROW_DESC, r->desc, 0));
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLExecDirect(r->stmt2, (SQLCHAR *)"SELECT 42", SQL_NTS));
    OK(SQLFetch(r->stmt2));
    EQ(v, 42);
}
RULE(desc_free_explicit_reverts, "SQLFreeHandle / Freeing a Descriptor Handle",
     "statements of a freed explicit descriptor go back to their implicit one") {
    SQLHDESC own = ard();
    explicit_desc(r);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_APP_ROW_DESC, r->desc, 0));
    OK(SQLFreeHandle(SQL_HANDLE_DESC, r->desc));
    r->desc = NULL;
    MUST(ard() == own, "another descriptor");
}
RULE(desc_null_reverts, "SQLSetStmtAttr / SQL_ATTR_APP_ROW_DESC",
     "SQL_NULL_DESC sets the implicit descriptor again, with its bindings") {
    SQLINTEGER v = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    explicit_desc(r);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_APP_ROW_DESC, r->desc, 0));
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_APP_ROW_DESC, SQL_NULL_DESC, 0));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(v, 1);
}
RULE(desc_others_implicit_hy017, "SQLSetStmtAttr / Diagnostics / HY017",
     "an implicit descriptor of another statement cannot be set as ARD") {
    SQLHDESC d = NULL;
    more(r);
    OK(SQLGetStmtAttr(r->stmt2, SQL_ATTR_APP_ROW_DESC, &d, 0, NULL));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_APP_ROW_DESC, d, 0), "HY017");
}
RULE(desc_imp_row_desc_read_only, "SQLSetStmtAttr / SQL_ATTR_IMP_ROW_DESC", "the IRD cannot be set (HY017 or HY092)") {
    explicit_desc(r);
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_IMP_ROW_DESC, r->desc, 0), "HY017 HY092");
}
RULE(desc_imp_param_desc_read_only, "SQLSetStmtAttr / SQL_ATTR_IMP_PARAM_DESC",
     "the IPD cannot be set (HY017 or HY092)") {
    explicit_desc(r);
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_IMP_PARAM_DESC, r->desc, 0), "HY017 HY092");
}
RULE(desc_free_implicit_hy017, "SQLFreeHandle / Diagnostics / HY017", "an implicit descriptor cannot be freed") {
    SQLHDESC d = ard();
    DERR(d, SQLFreeHandle(SQL_HANDLE_DESC, d), "HY017");
}

/* ---- SQLCopyDesc ---- */

RULE(desc_copy_ard_to_apd, "SQLCopyDesc / Comments", "the bindings of a row can become parameters") {
    SQLINTEGER v = 7;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLCopyDesc(ard(), apd()));
    EQ(num16(r, apd(), 0, SQL_DESC_COUNT), 1);
    EQ(number(r, apd(), 1, SQL_DESC_DATA_PTR), (intptr_t)&v);
}
RULE(desc_copy_keeps_alloc_type, "SQLCopyDesc / Comments", "SQL_DESC_ALLOC_TYPE is not copied") {
    explicit_desc(r);
    OK(SQLCopyDesc(ard(), r->desc));
    EQ(num16(r, r->desc, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_USER);
}
RULE(desc_copy_to_ird_hy016, "SQLCopyDesc / Diagnostics / HY016", "an IRD is no target") {
    query(r, rows_sql(r, 1));
    SQLHDESC d = ird();
    DERR(d, SQLCopyDesc(ard(), d), "HY016");
}
RULE(desc_copy_unprepared_ird_hy007, "SQLCopyDesc / Diagnostics / HY007",
     "an IRD of a statement neither prepared nor executed is no source") {
    SQLHDESC d = ipd();
    DERR(d, SQLCopyDesc(ird(), d), "HY007");
}
RULE(desc_copy_ird_to_ipd, "SQLCopyDesc / Comments", "the description of a result can become that of parameters") {
    more(r);
    query(r, "SELECT amount FROM rules_keyed");
    SQLHDESC to = NULL;
    OK(SQLGetStmtAttr(r->stmt2, SQL_ATTR_IMP_PARAM_DESC, &to, 0, NULL));
    OK(SQLCopyDesc(ird(), to));
    EQ(num16(r, to, 1, SQL_DESC_PRECISION), 10);
    EQ(num16(r, to, 1, SQL_DESC_SCALE), 2);
}
RULE(desc_copy_header, "SQLCopyDesc / Comments", "header fields are copied too") {
    explicit_desc(r);
    SET(ard(), 0, SQL_DESC_ARRAY_SIZE, 5);
    OK(SQLCopyDesc(ard(), r->desc));
    EQ(number(r, r->desc, 0, SQL_DESC_ARRAY_SIZE), 5);
}

/* ---- header fields are statement attributes ---- */

struct same_line { struct row row; SQLINTEGER attr, desc; SQLSMALLINT field; };
#define SAME(attr, desc, field) { { "desc_same_" #attr, \
    "SQLSetStmtAttr / Statement attributes that set descriptor fields", \
    "SQL_ATTR_" #attr " is SQL_DESC_" #field " of its descriptor" }, SQL_ATTR_##attr, SQL_ATTR_##desc, \
        SQL_DESC_##field }
static const struct same_line SAMES[] = {
    SAME(PARAM_BIND_OFFSET_PTR, APP_PARAM_DESC, BIND_OFFSET_PTR), SAME(PARAM_BIND_TYPE, APP_PARAM_DESC, BIND_TYPE),
    SAME(PARAM_OPERATION_PTR, APP_PARAM_DESC, ARRAY_STATUS_PTR), SAME(PARAM_STATUS_PTR, IMP_PARAM_DESC,
        ARRAY_STATUS_PTR),
    SAME(PARAMS_PROCESSED_PTR, IMP_PARAM_DESC, ROWS_PROCESSED_PTR), SAME(PARAMSET_SIZE, APP_PARAM_DESC, ARRAY_SIZE),
    SAME(ROW_ARRAY_SIZE, APP_ROW_DESC, ARRAY_SIZE), SAME(ROW_BIND_OFFSET_PTR, APP_ROW_DESC, BIND_OFFSET_PTR),
    SAME(ROW_BIND_TYPE, APP_ROW_DESC, BIND_TYPE), SAME(ROW_OPERATION_PTR, APP_ROW_DESC, ARRAY_STATUS_PTR),
    SAME(ROW_STATUS_PTR, IMP_ROW_DESC, ARRAY_STATUS_PTR), SAME(ROWS_FETCHED_PTR, IMP_ROW_DESC, ROWS_PROCESSED_PTR),
};
static void check_same(struct run *r, const void *arg) {
    const struct same_line *line = arg;
    if (line->desc == SQL_ATTR_IMP_ROW_DESC) OK(SQLPrepare(r->stmt, (SQLCHAR *)rows_sql(r, 1), SQL_NTS));
    OK(SQLSetStmtAttr(r->stmt, line->attr, (SQLPOINTER)(intptr_t)16, 0));
    if (line->field == SQL_DESC_BIND_TYPE) EQ((SQLINTEGER)number(r, desc_of(r, line->desc), 0, line->field), 16);
    else EQ(number(r, desc_of(r, line->desc), 0, line->field), 16);
}
RULE_TABLE(SAMES, check_same)
