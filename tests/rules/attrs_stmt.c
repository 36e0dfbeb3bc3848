/* Statement attributes: what they are at first, what they accept, what they refuse. */
#include "rules.h"

#define SETS "SQLSetStmtAttr / "
#define GETS "SQLGetStmtAttr / "

struct default_line { struct row row; SQLINTEGER attr; SQLULEN value; };
#define D(name, value) { { "stmt_default_" #name, SETS "SQL_ATTR_" #name, "a new statement has " #value }, \
    SQL_ATTR_##name, (SQLULEN)(value) }
static const struct default_line DEFAULTS[] = {
    D(ASYNC_ENABLE, SQL_ASYNC_ENABLE_OFF), D(CONCURRENCY, SQL_CONCUR_READ_ONLY), D(CURSOR_SCROLLABLE,
        SQL_NONSCROLLABLE),
    D(CURSOR_SENSITIVITY, SQL_UNSPECIFIED), D(CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY), D(KEYSET_SIZE, 0),
    D(MAX_LENGTH, 0), D(MAX_ROWS, 0), D(METADATA_ID, SQL_FALSE), D(NOSCAN, SQL_NOSCAN_OFF),
    D(PARAM_BIND_OFFSET_PTR, 0), D(PARAM_BIND_TYPE, SQL_PARAM_BIND_BY_COLUMN), D(PARAM_OPERATION_PTR, 0),
    D(PARAM_STATUS_PTR, 0), D(PARAMS_PROCESSED_PTR, 0), D(PARAMSET_SIZE, 1), D(QUERY_TIMEOUT, 0),
    D(RETRIEVE_DATA, SQL_RD_ON), D(ROW_ARRAY_SIZE, 1), D(ROW_BIND_OFFSET_PTR, 0), D(ROW_BIND_TYPE, SQL_BIND_BY_COLUMN),
    D(ROW_OPERATION_PTR, 0), D(ROW_STATUS_PTR, 0), D(ROWS_FETCHED_PTR, 0), D(USE_BOOKMARKS, SQL_UB_OFF),
    D(FETCH_BOOKMARK_PTR, 0),
};
static void check_default(struct run *r, const void *arg) {
    const struct default_line *line = arg;
    EQ(stmt_attr(r, line->attr), line->value);
}
RULE_TABLE(DEFAULTS, check_default)

/* A value is accepted and read back, or refused as an optional feature may be; 01S02 with another value is fine too. */
struct set_line { struct row row; SQLINTEGER attr; SQLULEN value; const char *absent; };
#define A(id, name, value, absent, text) { { "stmt_set_" #id, SETS "SQL_ATTR_" #name, text }, SQL_ATTR_##name, \
    (SQLULEN)(value), absent }
static SQLULEN there;
static const struct set_line SETTERS[] = {
    A(async_off, ASYNC_ENABLE, SQL_ASYNC_ENABLE_OFF, "", "SQL_ASYNC_ENABLE_OFF is accepted"),
    A(concurrency, CONCURRENCY, SQL_CONCUR_READ_ONLY, "", "SQL_CONCUR_READ_ONLY is accepted"),
    A(concurrency_lock, CONCURRENCY, SQL_CONCUR_LOCK, "HYC00 01S02",
        "SQL_CONCUR_LOCK is kept, substituted with 01S02 or refused with HYC00"),
    A(concurrency_rowver, CONCURRENCY, SQL_CONCUR_ROWVER, "HYC00 01S02",
        "SQL_CONCUR_ROWVER is kept, substituted with 01S02 or refused with HYC00"),
    A(concurrency_values, CONCURRENCY, SQL_CONCUR_VALUES, "HYC00 01S02",
        "SQL_CONCUR_VALUES is kept, substituted with 01S02 or refused with HYC00"),
    A(scrollable_off, CURSOR_SCROLLABLE, SQL_NONSCROLLABLE, "", "SQL_NONSCROLLABLE is accepted"),
    A(scrollable_on, CURSOR_SCROLLABLE, SQL_SCROLLABLE, "HYC00", "SQL_SCROLLABLE is kept or refused with HYC00"),
    A(sensitivity_unspecified, CURSOR_SENSITIVITY, SQL_UNSPECIFIED, "", "SQL_UNSPECIFIED is accepted"),
    A(sensitivity_insensitive, CURSOR_SENSITIVITY, SQL_INSENSITIVE, "HYC00 01S02",
        "SQL_INSENSITIVE is kept or refused with HYC00"),
    A(sensitivity_sensitive, CURSOR_SENSITIVITY, SQL_SENSITIVE, "HYC00 01S02",
        "SQL_SENSITIVE is kept or refused with HYC00"),
    A(cursor_forward, CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY, "", "SQL_CURSOR_FORWARD_ONLY is accepted"),
    A(cursor_static, CURSOR_TYPE, SQL_CURSOR_STATIC, "HYC00 01S02",
        "SQL_CURSOR_STATIC is kept, substituted with 01S02 or refused with HYC00"),
    A(cursor_keyset, CURSOR_TYPE, SQL_CURSOR_KEYSET_DRIVEN, "HYC00 01S02",
        "SQL_CURSOR_KEYSET_DRIVEN is kept, substituted with 01S02 or refused with HYC00"),
    A(cursor_dynamic, CURSOR_TYPE, SQL_CURSOR_DYNAMIC, "HYC00 01S02",
        "SQL_CURSOR_DYNAMIC is kept, substituted with 01S02 or refused with HYC00"),
    A(keyset_size, KEYSET_SIZE, 10, "HYC00 01S02", "a keyset size is kept, substituted or refused with HYC00"),
    A(max_length, MAX_LENGTH, 100, "HYC00 01S02", "a maximum length is kept, or substituted with 01S02"),
    A(max_rows, MAX_ROWS, 5, "HYC00 01S02", "a maximum of rows is kept, or substituted with 01S02"),
    A(metadata_id, METADATA_ID, SQL_TRUE, "", "SQL_TRUE is accepted"),
    A(noscan, NOSCAN, SQL_NOSCAN_ON, "", "SQL_NOSCAN_ON is accepted"),
    A(param_offset, PARAM_BIND_OFFSET_PTR, &there, "", "a pointer is accepted"),
    A(param_bind_type, PARAM_BIND_TYPE, 48, "", "the size of a structure is accepted"),
    A(param_operation, PARAM_OPERATION_PTR, &there, "", "a pointer is accepted"),
    A(param_status, PARAM_STATUS_PTR, &there, "", "a pointer is accepted"),
    A(params_processed, PARAMS_PROCESSED_PTR, &there, "", "a pointer is accepted"),
    A(paramset_size, PARAMSET_SIZE, 10, "HYC00 01S02", "more than one set is kept, or substituted with 01S02"),
    A(query_timeout, QUERY_TIMEOUT, 30, "HYC00 01S02", "seconds are kept, or substituted with 01S02"),
    A(retrieve_data, RETRIEVE_DATA, SQL_RD_OFF, "HYC00", "SQL_RD_OFF is kept or refused with HYC00"),
    A(row_array_size, ROW_ARRAY_SIZE, 10, "HYC00 01S02", "more than one row is kept, or substituted with 01S02"),
    A(row_offset, ROW_BIND_OFFSET_PTR, &there, "", "a pointer is accepted"),
    A(row_bind_type, ROW_BIND_TYPE, 48, "", "the size of a structure is accepted"),
    A(row_operation, ROW_OPERATION_PTR, &there, "", "a pointer is accepted"),
    A(row_status, ROW_STATUS_PTR, &there, "", "a pointer is accepted"),
    A(rows_fetched, ROWS_FETCHED_PTR, &there, "", "a pointer is accepted"),
    A(simulate_unique, SIMULATE_CURSOR, SQL_SC_UNIQUE, "HYC00 01S02",
        "SQL_SC_UNIQUE is kept, substituted with 01S02 or refused"),
    A(bookmarks, USE_BOOKMARKS, SQL_UB_VARIABLE, "HYC00 01S02", "SQL_UB_VARIABLE is kept or refused with HYC00"),
    A(auto_ipd, ENABLE_AUTO_IPD, SQL_TRUE, "HYC00", "SQL_TRUE is kept where SQL_ATTR_AUTO_IPD is true, else HYC00"),
    A(auto_ipd_off, ENABLE_AUTO_IPD, SQL_FALSE, "", "SQL_FALSE is accepted"),
    A(bookmark_ptr, FETCH_BOOKMARK_PTR, &there, "HYC00",
        "a pointer is accepted, or refused with HYC00 without bookmarks"),
};
static void check_set(struct run *r, const void *arg) {
    const struct set_line *line = arg;
    char state[6] = "";
    SQLRETURN rc = SQLSetStmtAttr(r->stmt, line->attr, (SQLPOINTER)line->value, 0);
    if (rc == SQL_SUCCESS) {
        EQ(stmt_attr(r, line->attr), line->value);
        return;
    }
    MUST(line->absent[0], "refused");
    MUST(state_of(r, SQL_HANDLE_STMT, r->stmt, state), "no diagnostic record");
    MUST(has_word(line->absent, state), "%s instead of %s", state, line->absent);
    if (rc == SQL_SUCCESS_WITH_INFO) {
        TEXT(state, "01S02");
        MUST(stmt_attr(r, line->attr) != line->value, "01S02, but the value was kept");
    }
    unsupported(r, state, rc == SQL_ERROR ? "refused" : "substituted");
}
RULE_TABLE(SETTERS, check_set)

struct bad_line { struct row row; SQLINTEGER attr; SQLULEN value; const char *states; };
#define B(id, name, value, states, text) { { "stmt_bad_" #id, SETS "Diagnostics; SQL_ATTR_" #name, text }, \
    SQL_ATTR_##name, (SQLULEN)(value), states }
static const struct bad_line BADS[] = {
    B(async, ASYNC_ENABLE, 99, "HY024", "a value that is none gives HY024"),
    B(concurrency, CONCURRENCY, 99, "HY024", "a value that is none gives HY024"),
    B(scrollable, CURSOR_SCROLLABLE, 99, "HY024", "a value that is none gives HY024"),
    B(sensitivity, CURSOR_SENSITIVITY, 99, "HY024", "a value that is none gives HY024"),
    B(cursor_type, CURSOR_TYPE, 99, "HY024", "a value that is none gives HY024"),
    B(metadata_id, METADATA_ID, 99, "HY024", "a value that is none gives HY024"),
    B(noscan, NOSCAN, 99, "HY024", "a value that is none gives HY024"),
    B(retrieve_data, RETRIEVE_DATA, 99, "HY024", "a value that is none gives HY024"),
    B(row_array_0, ROW_ARRAY_SIZE, 0, "HY024", "a rowset of no rows gives HY024"),
    B(paramset_0, PARAMSET_SIZE, 0, "HY024", "no parameter set at all gives HY024"),
    B(simulate, SIMULATE_CURSOR, 99, "HY024 HYC00", "a value that is none gives HY024"),
    B(bookmarks, USE_BOOKMARKS, 99, "HY024", "a value that is none gives HY024"),
    B(row_number, ROW_NUMBER, 1, "HY092", "SQL_ATTR_ROW_NUMBER is read-only"),
};
static void check_bad(struct run *r, const void *arg) {
    const struct bad_line *line = arg;
    ERR(SQLSetStmtAttr(r->stmt, line->attr, (SQLPOINTER)line->value, 0), line->states);
}
RULE_TABLE(BADS, check_bad)

RULE(stmt_unknown_attr_hy092, SETS "Diagnostics / HY092", "an attribute that is none gives HY092") {
    ERR(SQLSetStmtAttr(r->stmt, 29999, (SQLPOINTER)1, 0), "HY092");
}
RULE(stmt_get_unknown_attr_hy092, GETS "Diagnostics / HY092", "reading an attribute that is none gives HY092") {
    SQLULEN v;
    ERR(SQLGetStmtAttr(r->stmt, 29999, &v, 0, NULL), "HY092");
}
RULE(stmt_row_number_needs_cursor, GETS "Diagnostics / 24000", "SQL_ATTR_ROW_NUMBER without a cursor gives 24000") {
    SQLULEN v;
    ERR(SQLGetStmtAttr(r->stmt, SQL_ATTR_ROW_NUMBER, &v, 0, NULL), "24000");
}
RULE(stmt_row_number_counts, GETS "SQL_ATTR_ROW_NUMBER", "is the number of the current row, or 0 where unknown") {
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    OK(SQLFetch(r->stmt));
    SQLULEN v = stmt_attr(r, SQL_ATTR_ROW_NUMBER);
    MUST(v == 2 || v == 0, "%lu", (unsigned long)v);
}
RULE(stmt_cursor_attr_open_24000, SETS "Diagnostics / 24000",
     "SQL_ATTR_CURSOR_TYPE cannot change while a cursor is open") {
    query(r, rows_sql(r, 1));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), "24000");
}
RULE(stmt_concurrency_open_24000, SETS "Diagnostics / 24000",
     "SQL_ATTR_CONCURRENCY cannot change while a cursor is open") {
    query(r, rows_sql(r, 1));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_CONCURRENCY, (SQLPOINTER)SQL_CONCUR_READ_ONLY, 0), "24000");
}
RULE(stmt_bookmarks_open_24000, SETS "Diagnostics / 24000",
     "SQL_ATTR_USE_BOOKMARKS cannot change while a cursor is open") {
    query(r, rows_sql(r, 1));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_USE_BOOKMARKS, (SQLPOINTER)SQL_UB_OFF, 0), "24000");
}
RULE(stmt_cursor_attr_prepared_hy011, SETS "Diagnostics / HY011",
     "SQL_ATTR_CURSOR_TYPE cannot change on a prepared statement") {
    OK(SQLPrepare(r->stmt, (SQLCHAR *)rows_sql(r, 1), SQL_NTS));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), "HY011");
}
RULE(stmt_scrollable_prepared_hy011, SETS "Diagnostics / HY011",
     "SQL_ATTR_CURSOR_SCROLLABLE cannot change on a prepared statement") {
    OK(SQLPrepare(r->stmt, (SQLCHAR *)rows_sql(r, 1), SQL_NTS));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_SCROLLABLE, (SQLPOINTER)SQL_NONSCROLLABLE, 0), "HY011");
}
RULE(stmt_simulate_prepared_hy011, SETS "Diagnostics / HY011",
     "SQL_ATTR_SIMULATE_CURSOR cannot change on a prepared statement") {
    OK(SQLPrepare(r->stmt, (SQLCHAR *)rows_sql(r, 1), SQL_NTS));
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_SIMULATE_CURSOR, (SQLPOINTER)SQL_SC_NON_UNIQUE, 0), "HY011");
}
RULE(stmt_static_makes_scrollable, SETS "SQL_ATTR_CURSOR_TYPE",
     "a static cursor makes SQL_ATTR_CURSOR_SCROLLABLE SQL_SCROLLABLE") {
    bool declared = info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_STATIC;
    MAY(declared, SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), "01S02 HYC00");
    EQ(stmt_attr(r, SQL_ATTR_CURSOR_SCROLLABLE), SQL_SCROLLABLE);
}
RULE(stmt_scrollable_changes_type, SETS "SQL_ATTR_CURSOR_SCROLLABLE",
     "SQL_SCROLLABLE moves the cursor type away from forward-only") {
    bool declared = info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_STATIC;
    MAY(declared, SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_SCROLLABLE, (SQLPOINTER)SQL_SCROLLABLE, 0), "01S02 HYC00");
    MUST(stmt_attr(r, SQL_ATTR_CURSOR_TYPE) != SQL_CURSOR_FORWARD_ONLY, "still forward-only");
}
RULE(stmt_nonscrollable_changes_type, SETS "SQL_ATTR_CURSOR_SCROLLABLE",
     "SQL_NONSCROLLABLE makes the cursor type forward-only again") {
    bool declared = info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_STATIC;
    MAY(declared, SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), "01S02 HYC00");
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_SCROLLABLE, (SQLPOINTER)SQL_NONSCROLLABLE, 0));
    EQ(stmt_attr(r, SQL_ATTR_CURSOR_TYPE), SQL_CURSOR_FORWARD_ONLY);
}
RULE(stmt_insensitive_read_only, SETS "SQL_ATTR_CURSOR_SENSITIVITY",
     "SQL_INSENSITIVE makes the concurrency read-only") {
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_SENSITIVITY, (SQLPOINTER)SQL_INSENSITIVE, 0), "01S02 HYC00");
    EQ(stmt_attr(r, SQL_ATTR_CONCURRENCY), SQL_CONCUR_READ_ONLY);
}
RULE(stmt_max_rows_limits, SETS "SQL_ATTR_MAX_ROWS", "no more rows than that are returned") {
    MAY(info_u32(r, SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES2) & SQL_CA2_MAX_ROWS_SELECT,
        SQLSetStmtAttr(r->stmt, SQL_ATTR_MAX_ROWS, (SQLPOINTER)2, 0), "01S02 HYC00");
    query(r, rows_sql(r, 5));
    OK(SQLFetch(r->stmt));
    OK(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
}
RULE(stmt_max_length_cuts, SETS "SQL_ATTR_MAX_LENGTH", "character data longer than that is cut, without a warning") {
    char v[40] = "";
    SQLLEN ind = 0;
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_MAX_LENGTH, (SQLPOINTER)3, 0), "01S02 HYC00");
    query(r, "SELECT name FROM rules_rows WHERE id = 1");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    TEXT(v, "row");
    EQ(ind, 3);
}
RULE(stmt_retrieve_off_keeps_buffer, SETS "SQL_ATTR_RETRIEVE_DATA",
     "SQL_RD_OFF: the cursor moves, bound buffers are not written") {
    SQLINTEGER v = -5;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_RETRIEVE_DATA, (SQLPOINTER)SQL_RD_OFF, 0), "HYC00");
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(v, -5);
}
RULE(stmt_noscan_leaves_escapes, SETS "SQL_ATTR_NOSCAN",
     "SQL_NOSCAN_ON: escape sequences go to the data source as they are") {
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_ON, 0));
    judge(r, "E", SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT {guid '00000000-0000-0000-0000-000000000000'}", SQL_NTS),
          "SQLExecDirect({guid ...})");
}
