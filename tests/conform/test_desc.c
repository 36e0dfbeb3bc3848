/* Descriptors, handles, cursor names. */
#include "conform.h"

#include <stdbool.h>
#include <stdio.h>

static void an_ard_record_binds_as_bindcol_does(void **state) {
    struct conn *c = *state;
    SQLHDESC ard;
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    SQLSMALLINT count = 0;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_TYPE, (SQLPOINTER)SQL_C_SLONG, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_INDICATOR_PTR, &ind, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_OCTET_LENGTH_PTR, &ind, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, &v, 0));
    CHECK('S', SQLGetDescField(ard, 0, SQL_DESC_COUNT, &count, 0, NULL));
    assert_int_equal(count, 1);
    exec(c, "SELECT 42");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 42);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_UNBIND));
    CHECK('S', SQLGetDescField(ard, 0, SQL_DESC_COUNT, &count, 0, NULL));
    assert_int_equal(count, 0);
}

static void numeric_uses_the_scale_of_the_ard(void **state) {
    struct conn *c = *state;
    SQLHDESC ard;
    SQL_NUMERIC_STRUCT n;
    SQLLEN ind = 0;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    exec(c, "SELECT CAST(123.45 AS DECIMAL(10,2))");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_NUMERIC, &n, sizeof n, &ind));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_PRECISION, (SQLPOINTER)10, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_SCALE, (SQLPOINTER)2, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, &n, 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(n.val[0] + n.val[1] * 256, 12345);
    assert_int_equal(n.scale, 2);
}

static void the_ird_describes_and_cannot_be_changed(void **state) {
    struct conn *c = *state;
    SQLHDESC ird;
    SQLCHAR name[32];
    SQLSMALLINT type = 0, sub = 0, precision = 0, scale = 0, nullable = 0, len = 0;
    SQLLEN length = 0;
    exec(c, "SELECT CAST(1 AS DECIMAL(10,2)) AS price");
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_IMP_ROW_DESC, &ird, 0, NULL));
    CHECK('S', SQLGetDescRec(ird, 1, name, sizeof name, &len, &type, &sub, &length, &precision, &scale, &nullable));
    assert_string_equal((char *)name, "price");
    assert_int_equal(type, SQL_DECIMAL);
    assert_int_equal(precision, 10);
    assert_int_equal(scale, 2);
    CHECK('N', SQLGetDescRec(ird, 2, name, sizeof name, &len, &type, &sub, &length, &precision, &scale, &nullable));
    CHECK('E', SQLSetDescField(ird, 1, SQL_DESC_SCALE, (SQLPOINTER)3, 0));
    assert_state(SQL_HANDLE_DESC, ird, "HY016");
}

static void an_explicit_descriptor_serves_until_it_is_freed(void **state) {
    struct conn *c = *state;
    SQLHDESC own, first, now;
    SQLINTEGER v = 0;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &first, 0, NULL));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, c->dbc, &own));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, own, 0));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    exec(c, "SELECT 7");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 7);
    CHECK('S', SQLCopyDesc(own, first));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DESC, own));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &now, 0, NULL));
    assert_ptr_equal(now, first);
    CHECK('S', SQLCloseCursor(c->stmt));
    v = 0;
    exec(c, "SELECT 8");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 8);
}

static void cursor_names_are_unique_on_a_connection(void **state) {
    struct conn *c = *state;
    SQLHSTMT other;
    SQLCHAR name[64];
    SQLSMALLINT len = 0;
    CHECK('S', SQLGetCursorName(c->stmt, name, sizeof name, &len));
    assert_int_equal(strncmp((char *)name, "SQL_CUR", 7), 0);
    CHECK('S', SQLSetCursorName(c->stmt, (SQLCHAR *)"mine", SQL_NTS));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other));
    CHECK('E', SQLSetCursorName(other, (SQLCHAR *)"MINE", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, other, "3C000");
    CHECK('E', SQLSetCursorName(other, (SQLCHAR *)"SQL_CURx", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, other, "34000");
    SQLFreeHandle(SQL_HANDLE_STMT, other);
}

static void disconnecting_ends_open_statements(void **state) {
    struct conn *c = *state;
    exec(c, "SELECT * FROM samples.tpch.lineitem");
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLDisconnect(c->dbc));
    c->stmt = NULL;
    CHECK('S', SQLDriverConnect(c->dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}

static void an_odbc_2_program_sees_the_old_codes(void **state) {
    struct conn *c = *state, old = { .env = NULL };
    SQLSMALLINT type = 0;
    open_conn_with(&old, "", SQL_OV_ODBC2);
    exec(&old, "SELECT DATE'2024-01-02'");
    CHECK('S', SQLDescribeCol(old.stmt, 1, NULL, 0, NULL, &type, NULL, NULL, NULL));
    assert_int_equal(type, SQL_DATE);
    SQLFreeHandle(SQL_HANDLE_STMT, old.stmt);
    SQLDisconnect(old.dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, old.dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, old.env);
    (void)c;
}

/* ---- rights and values, as SQLSetDescField's tables have them ------------------------------------------------------- */

static SQLHDESC desc_of(SQLHSTMT stmt, SQLINTEGER which) {
    SQLHDESC d = NULL;
    CHECK('S', SQLGetStmtAttr(stmt, which, &d, 0, NULL));
    return d;
}

static SQLLEN number_in(SQLHDESC d, SQLSMALLINT record, SQLSMALLINT field) {
    SQLLEN wide = 0;
    SQLINTEGER bytes = 0;
    CHECK('S', SQLGetDescField(d, record, field, &wide, 0, &bytes));
    return bytes == 2 ? (SQLSMALLINT)wide : bytes == 4 ? (SQLINTEGER)wide : wide;
}

static void set(SQLHDESC d, SQLSMALLINT record, SQLSMALLINT field, intptr_t value) {
    CHECK('S', SQLSetDescField(d, record, field, (SQLPOINTER)value, 0));
}

/* w = read and set, r = read only, - = unused; of ARD and APD, IRD, IPD */
static const struct { SQLSMALLINT field; const char *rights; bool text; } FIELDS[] = {
    { SQL_DESC_ALLOC_TYPE, "rrr", false }, { SQL_DESC_ARRAY_SIZE, "w--", false },
    { SQL_DESC_ARRAY_STATUS_PTR, "www", false }, { SQL_DESC_BIND_OFFSET_PTR, "w--", false },
    { SQL_DESC_BIND_TYPE, "w--", false }, { SQL_DESC_COUNT, "wrw", false },
    { SQL_DESC_ROWS_PROCESSED_PTR, "-ww", false }, { SQL_DESC_AUTO_UNIQUE_VALUE, "-r-", false },
    { SQL_DESC_BASE_COLUMN_NAME, "-r-", true }, { SQL_DESC_BASE_TABLE_NAME, "-r-", true },
    { SQL_DESC_CASE_SENSITIVE, "-rr", false }, { SQL_DESC_CATALOG_NAME, "-r-", true },
    { SQL_DESC_CONCISE_TYPE, "wrw", false }, { SQL_DESC_DATA_PTR, "w-w", false },
    { SQL_DESC_DATETIME_INTERVAL_CODE, "wrw", false }, { SQL_DESC_DATETIME_INTERVAL_PRECISION, "wrw", false },
    { SQL_DESC_DISPLAY_SIZE, "-r-", false }, { SQL_DESC_FIXED_PREC_SCALE, "-rr", false },
    { SQL_DESC_INDICATOR_PTR, "w--", false }, { SQL_DESC_LABEL, "-r-", true }, { SQL_DESC_LENGTH, "wrw", false },
    { SQL_DESC_LITERAL_PREFIX, "-r-", true }, { SQL_DESC_LITERAL_SUFFIX, "-r-", true },
    { SQL_DESC_LOCAL_TYPE_NAME, "-rr", true }, { SQL_DESC_NAME, "-rw", true }, { SQL_DESC_NULLABLE, "-rr", false },
    { SQL_DESC_NUM_PREC_RADIX, "wrw", false }, { SQL_DESC_OCTET_LENGTH, "wrw", false },
    { SQL_DESC_OCTET_LENGTH_PTR, "w--", false }, { SQL_DESC_PARAMETER_TYPE, "--w", false },
    { SQL_DESC_PRECISION, "wrw", false }, { SQL_DESC_ROWVER, "-rr", false }, { SQL_DESC_SCALE, "wrw", false },
    { SQL_DESC_SCHEMA_NAME, "-r-", true }, { SQL_DESC_SEARCHABLE, "-r-", false },
    { SQL_DESC_TABLE_NAME, "-r-", true }, { SQL_DESC_TYPE, "wrw", false }, { SQL_DESC_TYPE_NAME, "-rr", true },
    { SQL_DESC_UNNAMED, "-rw", false }, { SQL_DESC_UNSIGNED, "-rr", false }, { SQL_DESC_UPDATABLE, "-r-", false },
};

/* A value that may be set whatever came before. */
static SQLPOINTER harmless(SQLSMALLINT field) {
    static SQLULEN place;
    switch (field) {
    case SQL_DESC_NAME: return (SQLPOINTER)"n";
    case SQL_DESC_UNNAMED: return (SQLPOINTER)SQL_UNNAMED;
    case SQL_DESC_TYPE: case SQL_DESC_CONCISE_TYPE: return (SQLPOINTER)SQL_INTEGER;     /* = SQL_C_LONG */
    case SQL_DESC_ARRAY_STATUS_PTR: case SQL_DESC_ROWS_PROCESSED_PTR: case SQL_DESC_BIND_OFFSET_PTR:
    case SQL_DESC_DATA_PTR: case SQL_DESC_INDICATOR_PTR: case SQL_DESC_OCTET_LENGTH_PTR: return &place;
    default: return (SQLPOINTER)1;
    }
}

static void try_field(SQLHDESC d, int kind, size_t i) {
    SQLCHAR value[300];
    SQLINTEGER len = 0;
    SQLSMALLINT field = FIELDS[i].field;
    char right = FIELDS[i].rights[kind];
    SQLRETURN rc = SQLGetDescField(d, 1, field, value, sizeof value, &len);
    if (rc != SQL_SUCCESS) fail_msg("reading field %d of kind %d gave %c", field, kind, letter(rc));
    rc = SQLSetDescField(d, 1, field, harmless(field), FIELDS[i].text ? SQL_NTS : SQL_IS_POINTER);
    if (letter(rc) != (right == 'w' ? 'S' : 'E'))
        fail_msg("setting field %d of kind %d gave %c, right %c", field, kind, letter(rc), right);
    if (right != 'w') assert_state(SQL_HANDLE_DESC, d, kind == 1 ? "HY016" : "HY091");
}

static void every_field_has_the_rights_of_the_reference(void **state) {
    struct conn *c = *state;
    SQLHDESC explicit;
    exec(c, "SELECT 1 AS a");
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, c->dbc, &explicit));
    SQLHDESC all[5] = { desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC), desc_of(c->stmt, SQL_ATTR_APP_PARAM_DESC), explicit,
                        desc_of(c->stmt, SQL_ATTR_IMP_ROW_DESC), desc_of(c->stmt, SQL_ATTR_IMP_PARAM_DESC) };
    static const int KIND[5] = { 0, 0, 0, 1, 2 };
    for (int k = 0; k < 5; k++) {
        if (KIND[k] != 1) set(all[k], 1, SQL_DESC_TYPE, SQL_INTEGER);
        for (size_t i = 0; i < COUNT(FIELDS); i++) try_field(all[k], KIND[k], i);
        CHECK('E', SQLGetDescField(all[k], 1, 1212, &explicit, 0, NULL));
        assert_state(SQL_HANDLE_DESC, all[k], "HY091");
        CHECK('E', SQLSetDescField(all[k], 1, 1212, NULL, 0));
        assert_state(SQL_HANDLE_DESC, all[k], "HY091");
    }
    SQLFreeHandle(SQL_HANDLE_DESC, all[2]);
}

static void fresh_descriptors_have_the_defaults(void **state) {
    struct conn *c = *state;
    SQLHDESC own;
    static const SQLINTEGER APPS[] = { SQL_ATTR_APP_ROW_DESC, SQL_ATTR_APP_PARAM_DESC };
    for (int i = 0; i < 2; i++) {
        SQLHDESC d = desc_of(c->stmt, APPS[i]);
        assert_int_equal(number_in(d, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_AUTO);
        assert_int_equal(number_in(d, 0, SQL_DESC_ARRAY_SIZE), 1);
        assert_int_equal(number_in(d, 0, SQL_DESC_BIND_TYPE), SQL_BIND_BY_COLUMN);
        assert_int_equal(number_in(d, 0, SQL_DESC_COUNT), 0);
        assert_int_equal(number_in(d, 0, SQL_DESC_ARRAY_STATUS_PTR), 0);
        assert_int_equal(number_in(d, 0, SQL_DESC_BIND_OFFSET_PTR), 0);
        set(d, 2, SQL_DESC_SCALE, 1);
        assert_int_equal(number_in(d, 0, SQL_DESC_COUNT), 2);
        assert_int_equal(number_in(d, 1, SQL_DESC_TYPE), SQL_C_DEFAULT);
        assert_int_equal(number_in(d, 1, SQL_DESC_CONCISE_TYPE), SQL_C_DEFAULT);
        assert_int_equal(number_in(d, 1, SQL_DESC_DATA_PTR), 0);
        CHECK('N', SQLGetDescField(d, 3, SQL_DESC_TYPE, &own, 0, NULL));
        CHECK('E', SQLGetDescField(d, -1, SQL_DESC_TYPE, &own, 0, NULL));
        assert_state(SQL_HANDLE_DESC, d, "07009");
    }
    SQLHDESC ipd = desc_of(c->stmt, SQL_ATTR_IMP_PARAM_DESC);
    set(ipd, 1, SQL_DESC_SCALE, 1);
    assert_int_equal(number_in(ipd, 1, SQL_DESC_PARAMETER_TYPE), SQL_PARAM_INPUT);
    assert_int_equal(number_in(ipd, 1, SQL_DESC_UNNAMED), SQL_UNNAMED);
    CHECK('E', SQLSetDescField(ipd, 0, SQL_DESC_TYPE, (SQLPOINTER)SQL_INTEGER, 0));
    assert_state(SQL_HANDLE_DESC, ipd, "07009");
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, c->dbc, &own));
    assert_int_equal(number_in(own, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_USER);
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DESC, own));
}

static void setting_a_type_sets_what_hangs_on_it(void **state) {
    struct conn *c = *state;
    SQLHDESC d = desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC);
    static const struct { SQLSMALLINT field; intptr_t value; SQLSMALLINT type, concise, sub, precision, scale; SQLLEN length, leading; } ROWS[] = {
        { SQL_DESC_TYPE, SQL_C_CHAR, SQL_C_CHAR, SQL_C_CHAR, 0, 0, -1, 1, -1 },
        { SQL_DESC_TYPE, SQL_C_NUMERIC, SQL_C_NUMERIC, SQL_C_NUMERIC, 0, 38, 0, -1, -1 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_TYPE_DATE, SQL_DATETIME, SQL_C_TYPE_DATE, SQL_CODE_DATE, 0, -1, -1, -1 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_TYPE_TIME, SQL_DATETIME, SQL_C_TYPE_TIME, SQL_CODE_TIME, 0, -1, -1, -1 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_TYPE_TIMESTAMP, SQL_DATETIME, SQL_C_TYPE_TIMESTAMP, SQL_CODE_TIMESTAMP, 6, -1, -1, -1 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_INTERVAL_DAY, SQL_INTERVAL, SQL_C_INTERVAL_DAY, SQL_CODE_DAY, -1, -1, -1, 2 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_INTERVAL_DAY_TO_SECOND, SQL_INTERVAL, SQL_C_INTERVAL_DAY_TO_SECOND, SQL_CODE_DAY_TO_SECOND, 6, -1, -1, 2 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_DATE, SQL_DATETIME, SQL_C_TYPE_DATE, SQL_CODE_DATE, 0, -1, -1, -1 },
        { SQL_DESC_CONCISE_TYPE, SQL_C_SLONG, SQL_C_SLONG, SQL_C_SLONG, 0, -1, -1, -1, -1 },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        set(d, 1, ROWS[i].field, ROWS[i].value);
        assert_int_equal(number_in(d, 1, SQL_DESC_TYPE), ROWS[i].type);
        assert_int_equal(number_in(d, 1, SQL_DESC_CONCISE_TYPE), ROWS[i].concise);
        assert_int_equal(number_in(d, 1, SQL_DESC_DATETIME_INTERVAL_CODE), ROWS[i].sub);
        if (ROWS[i].precision >= 0) assert_int_equal(number_in(d, 1, SQL_DESC_PRECISION), ROWS[i].precision);
        if (ROWS[i].scale >= 0) assert_int_equal(number_in(d, 1, SQL_DESC_SCALE), ROWS[i].scale);
        if (ROWS[i].length >= 0) assert_int_equal(number_in(d, 1, SQL_DESC_LENGTH), ROWS[i].length);
        if (ROWS[i].leading >= 0)
            assert_int_equal(number_in(d, 1, SQL_DESC_DATETIME_INTERVAL_PRECISION), ROWS[i].leading);
    }
    set(d, 2, SQL_DESC_TYPE, SQL_DATETIME);
    set(d, 2, SQL_DESC_DATETIME_INTERVAL_CODE, SQL_CODE_TIMESTAMP);
    assert_int_equal(number_in(d, 2, SQL_DESC_CONCISE_TYPE), SQL_C_TYPE_TIMESTAMP);
    set(d, 3, SQL_DESC_DATETIME_INTERVAL_CODE, SQL_CODE_YEAR_TO_MONTH);
    set(d, 3, SQL_DESC_TYPE, SQL_INTERVAL);
    assert_int_equal(number_in(d, 3, SQL_DESC_CONCISE_TYPE), SQL_C_INTERVAL_YEAR_TO_MONTH);
}

static void changing_a_bound_record_unbinds_it_but_its_deferred_fields_do_not(void **state) {
    struct conn *c = *state;
    SQLHDESC d = desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC);
    SQLINTEGER v;
    SQLLEN ind;
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &v, 0, &ind));
    set(d, 1, SQL_DESC_OCTET_LENGTH_PTR, 0);
    set(d, 1, SQL_DESC_INDICATOR_PTR, (intptr_t)&ind);
    assert_int_equal(number_in(d, 1, SQL_DESC_DATA_PTR), (intptr_t)&v);
    set(d, 1, SQL_DESC_SCALE, 0);
    assert_int_equal(number_in(d, 1, SQL_DESC_DATA_PTR), 0);
}

static void the_count_is_that_of_the_highest_bound_record(void **state) {
    struct conn *c = *state;
    SQLHDESC d = desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC);
    SQLINTEGER v;
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_SLONG, &v, 0, NULL));
    CHECK('S', SQLBindCol(c->stmt, 5, SQL_C_SLONG, &v, 0, NULL));
    assert_int_equal(number_in(d, 0, SQL_DESC_COUNT), 5);
    set(d, 5, SQL_DESC_DATA_PTR, 0);
    assert_int_equal(number_in(d, 0, SQL_DESC_COUNT), 2);
    CHECK('S', SQLBindCol(c->stmt, 4, SQL_C_SLONG, &v, 0, NULL));
    CHECK('S', SQLBindCol(c->stmt, 4, SQL_C_SLONG, NULL, 0, NULL));
    assert_int_equal(number_in(d, 0, SQL_DESC_COUNT), 2);
    set(d, 0, SQL_DESC_COUNT, 1);
    set(d, 0, SQL_DESC_COUNT, 2);
    assert_int_equal(number_in(d, 2, SQL_DESC_DATA_PTR), 0);
    assert_int_equal(number_in(d, 2, SQL_DESC_TYPE), SQL_C_DEFAULT);
    CHECK('E', SQLSetDescField(d, 0, SQL_DESC_COUNT, (SQLPOINTER)-1, 0));
    assert_state(SQL_HANDLE_DESC, d, "07009");
}

/* ---- consistency ---------------------------------------------------------------------------------------------------- */

static void contradictions_are_found_when_an_address_is_set_and_not_before(void **state) {
    struct conn *c = *state;
    SQLHDESC d = desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC);
    static const struct { SQLSMALLINT concise, field; intptr_t value; char want; } ROWS[] = {
        { SQL_C_NUMERIC, SQL_DESC_PRECISION, 39, 'E' }, { SQL_C_NUMERIC, SQL_DESC_PRECISION, 0, 'E' },
        { SQL_C_NUMERIC, SQL_DESC_SCALE, 39, 'E' }, { SQL_C_NUMERIC, SQL_DESC_PRECISION, 38, 'S' },
        { SQL_C_TYPE_TIMESTAMP, SQL_DESC_PRECISION, 10, 'E' }, { SQL_C_TYPE_TIMESTAMP, SQL_DESC_PRECISION, 9, 'S' },
        { SQL_C_INTERVAL_SECOND, SQL_DESC_PRECISION, -1, 'E' },
        { SQL_C_INTERVAL_DAY, SQL_DESC_DATETIME_INTERVAL_PRECISION, 0, 'E' },
        { SQL_C_INTERVAL_DAY, SQL_DESC_DATETIME_INTERVAL_PRECISION, 9, 'S' },
        { SQL_C_SLONG, SQL_DESC_PRECISION, 99, 'S' }, { SQL_C_CHAR, SQL_DESC_SCALE, 99, 'S' },
    };
    SQLINTEGER v;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        set(d, 1, SQL_DESC_CONCISE_TYPE, ROWS[i].concise);
        set(d, 1, ROWS[i].field, ROWS[i].value);
        SQLRETURN rc = SQLSetDescField(d, 1, SQL_DESC_DATA_PTR, &v, 0);
        if (letter(rc) != ROWS[i].want) fail_msg("row %zu gave %c", i, letter(rc));
        if (ROWS[i].want == 'E') assert_state(SQL_HANDLE_DESC, d, "HY021");
        if (ROWS[i].want == 'E') assert_int_equal(number_in(d, 1, SQL_DESC_DATA_PTR), 0);
    }
    set(d, 1, SQL_DESC_TYPE, SQL_C_SLONG);
    CHECK('E', SQLSetDescField(d, 1, SQL_DESC_TYPE, (SQLPOINTER)12345, 0));
    assert_state(SQL_HANDLE_DESC, d, "HY021");
    set(d, 2, SQL_DESC_TYPE, SQL_DATETIME);
    CHECK('E', SQLSetDescField(d, 2, SQL_DESC_DATA_PTR, &v, 0));
    assert_state(SQL_HANDLE_DESC, d, "HY021");
    CHECK('E', SQLSetDescField(d, 2, SQL_DESC_DATETIME_INTERVAL_CODE, (SQLPOINTER)99, 0));
    assert_state(SQL_HANDLE_DESC, d, "HY021");
}

static void setdescrec_checks_and_sets_all_of_a_record(void **state) {
    struct conn *c = *state;
    SQLHDESC ard = desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC), ipd = desc_of(c->stmt, SQL_ATTR_IMP_PARAM_DESC);
    SQLHDESC ird = desc_of(c->stmt, SQL_ATTR_IMP_ROW_DESC);
    SQL_NUMERIC_STRUCT n;
    SQLLEN len = 0, ind = 0;
    CHECK('S', SQLSetDescRec(ard, 1, SQL_C_NUMERIC, 0, sizeof n, 10, 2, &n, &len, &ind));
    exec(c, "SELECT CAST(1.25 AS DECIMAL(10,2))");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(n.val[0], 125);
    assert_int_equal(number_in(ard, 1, SQL_DESC_OCTET_LENGTH), sizeof n);
    assert_int_equal(number_in(ard, 1, SQL_DESC_INDICATOR_PTR), (intptr_t)&ind);
    CHECK('E', SQLSetDescRec(ard, 1, SQL_C_NUMERIC, 0, sizeof n, 10, 11, &n, &len, &ind));
    assert_state(SQL_HANDLE_DESC, ard, "HY021");
    CHECK('E', SQLSetDescRec(ard, 1, SQL_DATETIME, 9, 0, 0, 0, NULL, NULL, NULL));
    assert_state(SQL_HANDLE_DESC, ard, "HY021");
    CHECK('S', SQLSetDescRec(ipd, 1, SQL_DATETIME, SQL_CODE_TIMESTAMP, 16, 6, 0, NULL, NULL, NULL));
    assert_int_equal(number_in(ipd, 1, SQL_DESC_CONCISE_TYPE), SQL_TYPE_TIMESTAMP);
    CHECK('E', SQLSetDescRec(ipd, 1, SQL_DECIMAL, 0, 0, 99, 0, NULL, NULL, NULL));
    assert_state(SQL_HANDLE_DESC, ipd, "HY021");
    CHECK('E', SQLSetDescRec(ird, 1, SQL_INTEGER, 0, 0, 0, 0, NULL, NULL, NULL));
    assert_state(SQL_HANDLE_DESC, ird, "HY016");
}

static void an_ipd_keeps_names_and_directions_and_is_checked_on_demand(void **state) {
    struct conn *c = *state;
    SQLHDESC ipd = desc_of(c->stmt, SQL_ATTR_IMP_PARAM_DESC);
    SQLCHAR name[20];
    SQLINTEGER len = 0, v = 0;
    set(ipd, 1, SQL_DESC_TYPE, SQL_DECIMAL);
    CHECK('S', SQLSetDescField(ipd, 1, SQL_DESC_NAME, (SQLPOINTER)"price", SQL_NTS));
    CHECK('S', SQLGetDescField(ipd, 1, SQL_DESC_NAME, name, sizeof name, &len));
    assert_string_equal((char *)name, "price");
    assert_int_equal(number_in(ipd, 1, SQL_DESC_UNNAMED), SQL_NAMED);
    set(ipd, 1, SQL_DESC_UNNAMED, SQL_UNNAMED);
    assert_int_equal(number_in(ipd, 1, SQL_DESC_UNNAMED), SQL_UNNAMED);
    CHECK('E', SQLSetDescField(ipd, 1, SQL_DESC_UNNAMED, (SQLPOINTER)SQL_NAMED, 0));
    assert_state(SQL_HANDLE_DESC, ipd, "HY092");
    CHECK('E', SQLSetDescField(ipd, 1, SQL_DESC_PARAMETER_TYPE, (SQLPOINTER)77, 0));
    assert_state(SQL_HANDLE_DESC, ipd, "HY105");
    CHECK('S', SQLGetDescField(ipd, 1, SQL_DESC_TYPE_NAME, name, sizeof name, &len));
    assert_string_equal((char *)name, "DECIMAL");
    CHECK('S', SQLSetDescField(ipd, 1, SQL_DESC_DATA_PTR, &v, 0));
    assert_int_equal(number_in(ipd, 1, SQL_DESC_DATA_PTR), 0);
    set(ipd, 1, SQL_DESC_PRECISION, 50);
    CHECK('E', SQLSetDescField(ipd, 1, SQL_DESC_DATA_PTR, &v, 0));
    assert_state(SQL_HANDLE_DESC, ipd, "HY021");
}

/* ---- copies and shared descriptors ---------------------------------------------------------------------------------- */

static void descriptors_are_copied_with_everything_but_how_they_were_allocated(void **state) {
    struct conn *c = *state, other = { .env = NULL };
    SQLHDESC ard = desc_of(c->stmt, SQL_ATTR_APP_ROW_DESC), ird = desc_of(c->stmt, SQL_ATTR_IMP_ROW_DESC), own;
    SQLINTEGER v = 0;
    SQLCHAR name[20];
    open_conn_with(&other, "", SQL_OV_ODBC3_80);
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, other.dbc, &own));
    CHECK('E', SQLCopyDesc(ird, own));
    assert_state(SQL_HANDLE_DESC, own, "HY007");
    CHECK('S', SQLBindCol(c->stmt, 3, SQL_C_SLONG, &v, 0, NULL));
    set(ard, 0, SQL_DESC_ARRAY_SIZE, 7);
    CHECK('S', SQLCopyDesc(ard, own));
    assert_int_equal(number_in(own, 0, SQL_DESC_COUNT), 3);
    assert_int_equal(number_in(own, 0, SQL_DESC_ARRAY_SIZE), 7);
    assert_int_equal(number_in(own, 3, SQL_DESC_DATA_PTR), (intptr_t)&v);
    assert_int_equal(number_in(own, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_USER);
    exec(c, "SELECT CAST(1 AS DECIMAL(7,3)) AS price, 'x'");
    CHECK('E', SQLCopyDesc(ard, ird));
    assert_state(SQL_HANDLE_DESC, ird, "HY016");
    SQLHDESC ipd = desc_of(other.stmt, SQL_ATTR_IMP_PARAM_DESC);
    CHECK('S', SQLCopyDesc(ird, ipd));
    assert_int_equal(number_in(ipd, 0, SQL_DESC_COUNT), 2);
    assert_int_equal(number_in(ipd, 1, SQL_DESC_CONCISE_TYPE), SQL_DECIMAL);
    assert_int_equal(number_in(ipd, 1, SQL_DESC_PRECISION), 7);
    assert_int_equal(number_in(ipd, 1, SQL_DESC_SCALE), 3);
    CHECK('S', SQLGetDescField(ipd, 1, SQL_DESC_NAME, name, sizeof name, NULL));
    assert_string_equal((char *)name, "price");
    CHECK('S', SQLCopyDesc(own, own));
    SQLFreeHandle(SQL_HANDLE_DESC, own);
    SQLFreeHandle(SQL_HANDLE_STMT, other.stmt);
    SQLDisconnect(other.dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, other.dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, other.env);
}

static void one_explicit_descriptor_serves_two_statements(void **state) {
    struct conn *c = *state;
    SQLHSTMT second;
    SQLHDESC own, back;
    SQLINTEGER v = 0;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &second));
    SQLHDESC implicit = desc_of(second, SQL_ATTR_APP_ROW_DESC);
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, c->dbc, &own));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, own, 0));
    CHECK('S', SQLSetStmtAttr(second, SQL_ATTR_APP_ROW_DESC, own, 0));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    CHECK('S', SQLExecDirect(second, (SQLCHAR *)"SELECT 11", SQL_NTS));
    CHECK('S', SQLFetch(second));
    assert_int_equal(v, 11);
    CHECK('E', SQLSetStmtAttr(c->stmt, SQL_ATTR_APP_PARAM_DESC, implicit, 0));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY017");
    CHECK('E', SQLSetStmtAttr(c->stmt, SQL_ATTR_IMP_ROW_DESC, own, 0));
    CHECK('S', SQLSetStmtAttr(second, SQL_ATTR_APP_ROW_DESC, SQL_NULL_HDESC, 0));  /* its own again: nothing bound */
    CHECK('S', SQLCloseCursor(second));
    CHECK('S', SQLExecDirect(second, (SQLCHAR *)"SELECT 13", SQL_NTS));
    CHECK('S', SQLFetch(second));
    assert_int_equal(v, 11);
    SQLHDESC params = desc_of(second, SQL_ATTR_APP_PARAM_DESC);
    CHECK('S', SQLSetStmtAttr(second, SQL_ATTR_APP_PARAM_DESC, own, 0));
    CHECK('S', SQLSetStmtAttr(second, SQL_ATTR_APP_PARAM_DESC, SQL_NULL_HDESC, 0));
    CHECK('S', SQLGetStmtAttr(second, SQL_ATTR_APP_PARAM_DESC, &back, 0, NULL));
    assert_ptr_equal(back, params);
    CHECK('E', SQLFreeHandle(SQL_HANDLE_DESC, implicit));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_STMT, second));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DESC, own));
    exec(c, "SELECT 12");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 11);
}

/* ---- the IRD -------------------------------------------------------------------------------------------------------- */

static const struct ird_row {
    const char *sql, *type_name, *prefix, *suffix;
    SQLSMALLINT concise, verbose, sub, precision, scale;
    SQLLEN length, octets, display;
    int radix, is_unsigned, searchable, case_sensitive;
} IRD_ROWS[] = {
    { "true", "BOOLEAN", "", "", SQL_BIT, SQL_BIT, 0, 0, 0, 1, 1, 1, 0, 1, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS TINYINT)", "TINYINT", "", "", SQL_TINYINT, SQL_TINYINT, 0, 3, 0, 3, 1, 4, 10, 0, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS SMALLINT)", "SMALLINT", "", "", SQL_SMALLINT, SQL_SMALLINT, 0, 5, 0, 5, 2, 6, 10, 0, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS INT)", "INT", "", "", SQL_INTEGER, SQL_INTEGER, 0, 10, 0, 10, 4, 11, 10, 0, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS BIGINT)", "BIGINT", "", "", SQL_BIGINT, SQL_BIGINT, 0, 19, 0, 19, 8, 20, 10, 0, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS FLOAT)", "FLOAT", "", "", SQL_REAL, SQL_REAL, 0, 24, 0, 7, 4, 14, 2, 0, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS DOUBLE)", "DOUBLE", "", "", SQL_DOUBLE, SQL_DOUBLE, 0, 53, 0, 15, 8, 24, 2, 0, SQL_PRED_BASIC, 0 },
    { "CAST(1 AS DECIMAL(12,5))", "DECIMAL", "", "", SQL_DECIMAL, SQL_DECIMAL, 0, 12, 5, 12, 14, 14, 10, 0, SQL_PRED_BASIC, 0 },
    { "'text'", "STRING", "'", "'", SQL_VARCHAR, SQL_VARCHAR, 0, 0, 0, 65535, 262140, 65535, 0, 1, SQL_PRED_SEARCHABLE, 1 },
    { "CAST('x' AS BINARY)", "BINARY", "X'", "'", SQL_VARBINARY, SQL_VARBINARY, 0, 32767, 0, 32767, 32767, 65534, 0, 1, SQL_PRED_BASIC, 0 },
    { "DATE'2024-01-02'", "DATE", "DATE'", "'", SQL_TYPE_DATE, SQL_DATETIME, SQL_CODE_DATE, 0, 0, 10, 6, 10, 0, 1, SQL_PRED_BASIC, 0 },
    { "TIMESTAMP'2024-01-02 03:04:05'", "TIMESTAMP", "TIMESTAMP'", "'", SQL_TYPE_TIMESTAMP, SQL_DATETIME, SQL_CODE_TIMESTAMP, 6, 6, 26, 16, 26, 0, 1, SQL_PRED_BASIC, 0 },
    { "TIMESTAMP_NTZ'2024-01-02 03:04:05'", "TIMESTAMP_NTZ", "TIMESTAMP_NTZ'", "'", SQL_TYPE_TIMESTAMP, SQL_DATETIME, SQL_CODE_TIMESTAMP, 6, 6, 26, 16, 26, 0, 1, SQL_PRED_BASIC, 0 },
    { "array(1, 2)", "ARRAY", "", "", SQL_VARCHAR, SQL_VARCHAR, 0, 0, 0, 65535, 262140, 65535, 0, 1, SQL_PRED_NONE, 1 },
};

/* A number of column 1, which SQLColAttribute and the IRD must tell alike. */
static void check_number(SQLHSTMT stmt, SQLSMALLINT field, SQLLEN want, const char *sql) {
    SQLLEN v = -77;
    CHECK('S', SQLColAttribute(stmt, 1, (SQLUSMALLINT)field, NULL, 0, NULL, &v));
    if (v != want) fail_msg("%s: field %d is %ld, not %ld", sql, field, (long)v, (long)want);
    v = number_in(desc_of(stmt, SQL_ATTR_IMP_ROW_DESC), 1, field);
    if (v != want) fail_msg("%s: field %d of the IRD is %ld, not %ld", sql, field, (long)v, (long)want);
}

static void check_words(SQLHSTMT stmt, SQLSMALLINT field, const char *want) {
    SQLCHAR text[64] = "", again[64] = "";
    SQLSMALLINT len = -1;
    CHECK('S', SQLColAttribute(stmt, 1, (SQLUSMALLINT)field, text, sizeof text, &len, NULL));
    assert_string_equal((char *)text, want);
    assert_int_equal(len, strlen(want));
    CHECK('S', SQLGetDescField(desc_of(stmt, SQL_ATTR_IMP_ROW_DESC), 1, field, again, sizeof again, NULL));
    assert_string_equal((char *)again, want);
}

static void check_column(SQLHSTMT stmt, const struct ird_row *r) {
    const struct { SQLSMALLINT field; SQLLEN want; } NUMBERS[] = {
        { SQL_DESC_CONCISE_TYPE, r->concise }, { SQL_DESC_TYPE, r->verbose },
        { SQL_DESC_DATETIME_INTERVAL_CODE, r->sub }, { SQL_DESC_PRECISION, r->precision }, { SQL_DESC_SCALE, r->scale },
        { SQL_DESC_LENGTH, r->length }, { SQL_DESC_OCTET_LENGTH, r->octets }, { SQL_DESC_DISPLAY_SIZE, r->display },
        { SQL_DESC_NUM_PREC_RADIX, r->radix }, { SQL_DESC_UNSIGNED, r->is_unsigned },
        { SQL_DESC_SEARCHABLE, r->searchable }, { SQL_DESC_CASE_SENSITIVE, r->case_sensitive },
        { SQL_DESC_UPDATABLE, SQL_ATTR_READONLY },
        { SQL_DESC_AUTO_UNIQUE_VALUE, SQL_FALSE }, { SQL_DESC_FIXED_PREC_SCALE, SQL_FALSE },
        { SQL_DESC_ROWVER, SQL_FALSE }, { SQL_DESC_UNNAMED, SQL_NAMED }, { SQL_DESC_DATETIME_INTERVAL_PRECISION, 0 },
    };
    for (size_t i = 0; i < COUNT(NUMBERS); i++) check_number(stmt, NUMBERS[i].field, NUMBERS[i].want, r->sql);
    check_words(stmt, SQL_DESC_TYPE_NAME, r->type_name);
    check_words(stmt, SQL_DESC_LITERAL_PREFIX, r->prefix);
    check_words(stmt, SQL_DESC_LITERAL_SUFFIX, r->suffix);
    check_words(stmt, SQL_DESC_NAME, "c");
    check_words(stmt, SQL_DESC_LABEL, "c");
    check_words(stmt, SQL_DESC_LOCAL_TYPE_NAME, "");
    check_words(stmt, SQL_DESC_TABLE_NAME, "");
    check_words(stmt, SQL_DESC_SCHEMA_NAME, "");
    check_words(stmt, SQL_DESC_CATALOG_NAME, "");
    check_words(stmt, SQL_DESC_BASE_TABLE_NAME, "");
}

static void every_type_is_described_alike_by_colattribute_and_the_ird(void **state) {
    struct conn *c = *state;
    char sql[200];
    for (size_t i = 0; i < COUNT(IRD_ROWS); i++) {
        snprintf(sql, sizeof sql, "SELECT %s AS c", IRD_ROWS[i].sql);
        exec(c, sql);
        check_column(c->stmt, &IRD_ROWS[i]);
        CHECK('S', SQLCloseCursor(c->stmt));
    }
    exec(c, "SELECT CAST(NULL AS INT) AS c");
    check_number(c->stmt, SQL_DESC_NULLABLE, SQL_NULLABLE, "NULL");
}

static void the_column_ids_of_odbc_2_are_understood(void **state) {
    struct conn *c = *state;
    SQLLEN v = 0;
    SQLCHAR text[32];
    static const struct { SQLUSMALLINT id; SQLLEN want; } ROWS[] = {
        { SQL_COLUMN_COUNT, 1 }, { SQL_COLUMN_TYPE, SQL_DECIMAL }, { SQL_COLUMN_LENGTH, 14 },
        { SQL_COLUMN_PRECISION, 12 }, { SQL_COLUMN_SCALE, 5 }, { SQL_COLUMN_DISPLAY_SIZE, 14 },
        { SQL_COLUMN_NULLABLE, SQL_NO_NULLS }, { SQL_COLUMN_UNSIGNED, 0 }, { SQL_COLUMN_MONEY, 0 },
        { SQL_COLUMN_UPDATABLE, 0 }, { SQL_COLUMN_AUTO_INCREMENT, 0 }, { SQL_COLUMN_CASE_SENSITIVE, 0 },
        { SQL_COLUMN_SEARCHABLE, SQL_PRED_BASIC },
    };
    exec(c, "SELECT CAST(1 AS DECIMAL(12,5)) AS c");
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        CHECK('S', SQLColAttribute(c->stmt, 1, ROWS[i].id, NULL, 0, NULL, &v));
        if (v != ROWS[i].want) fail_msg("id %u is %ld, not %ld", ROWS[i].id, (long)v, (long)ROWS[i].want);
    }
    static const SQLUSMALLINT TEXTS[] = { SQL_COLUMN_NAME, SQL_COLUMN_LABEL, SQL_COLUMN_TABLE_NAME,
                                          SQL_COLUMN_OWNER_NAME, SQL_COLUMN_QUALIFIER_NAME, SQL_COLUMN_TYPE_NAME };
    static const char *const WANT[] = { "c", "c", "", "", "", "DECIMAL" };
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        CHECK('S', SQLColAttribute(c->stmt, 1, TEXTS[i], text, sizeof text, NULL, NULL));
        assert_string_equal((char *)text, WANT[i]);
    }
    CHECK('E', SQLColAttribute(c->stmt, 1, 1212, text, sizeof text, NULL, &v));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY091");
    CHECK('E', SQLColAttribute(c->stmt, 2, SQL_DESC_TYPE, text, sizeof text, NULL, &v));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07009");
    CHECK('I', SQLColAttribute(c->stmt, 1, SQL_DESC_TYPE_NAME, text, 4, NULL, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "01004");
    assert_string_equal((char *)text, "DEC");
}

static void an_ird_is_closed_before_the_statement_is_prepared(void **state) {
    struct conn *c = *state;
    SQLHDESC ird = desc_of(c->stmt, SQL_ATTR_IMP_ROW_DESC);
    SQLSMALLINT v;
    CHECK('E', SQLGetDescField(ird, 1, SQL_DESC_TYPE, &v, 0, NULL));
    assert_state(SQL_HANDLE_DESC, ird, "HY007");
    CHECK('E', SQLGetDescField(ird, 0, SQL_DESC_COUNT, &v, 0, NULL));
    assert_state(SQL_HANDLE_DESC, ird, "HY007");
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT 1 AS a, 2 AS b", SQL_NTS));
    assert_int_equal(number_in(ird, 0, SQL_DESC_COUNT), 2);
    CHECK('N', SQLGetDescField(ird, 3, SQL_DESC_TYPE, &v, 0, NULL));
    CHECK('E', SQLGetDescField(ird, 0, SQL_DESC_TYPE, &v, 0, NULL));
    assert_state(SQL_HANDLE_DESC, ird, "07009");
}

const struct CMUnitTest DESC_TESTS[] = {
    TEST(an_ard_record_binds_as_bindcol_does), TEST(numeric_uses_the_scale_of_the_ard),
    TEST(the_ird_describes_and_cannot_be_changed), TEST(an_explicit_descriptor_serves_until_it_is_freed),
    TEST(cursor_names_are_unique_on_a_connection), TEST(disconnecting_ends_open_statements),
    TEST(an_odbc_2_program_sees_the_old_codes), TEST(every_field_has_the_rights_of_the_reference),
    TEST(fresh_descriptors_have_the_defaults), TEST(setting_a_type_sets_what_hangs_on_it),
    TEST(changing_a_bound_record_unbinds_it_but_its_deferred_fields_do_not),
    TEST(the_count_is_that_of_the_highest_bound_record),
    TEST(contradictions_are_found_when_an_address_is_set_and_not_before),
    TEST(setdescrec_checks_and_sets_all_of_a_record),
    TEST(an_ipd_keeps_names_and_directions_and_is_checked_on_demand),
    TEST(descriptors_are_copied_with_everything_but_how_they_were_allocated),
    TEST(one_explicit_descriptor_serves_two_statements),
    TEST(every_type_is_described_alike_by_colattribute_and_the_ird), TEST(the_column_ids_of_odbc_2_are_understood),
    TEST(an_ird_is_closed_before_the_statement_is_prepared),
};
const size_t N_DESC_TESTS = COUNT(DESC_TESTS);
