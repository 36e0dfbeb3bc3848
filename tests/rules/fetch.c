/* Binding and fetching: buffers, rowsets, status arrays, offsets, scrolling, SQLSetPos. */
#include "rules.h"

#define BIND "SQLBindCol / "
#define FETCH "SQLFetch / "
#define SCROLL "SQLFetchScroll / "

static void set_attr(struct run *r, SQLINTEGER attr, const void *value) {
    OK(SQLSetStmtAttr(r->stmt, attr, (SQLPOINTER)(uintptr_t)value, 0));
}

/* ---- SQLBindCol ---- */

RULE(bind_bad_type_hy003, BIND "Diagnostics / HY003", "a TargetType that is none gives HY003") {
    SQLINTEGER v;
    ERR(SQLBindCol(r->stmt, 1, 7777, &v, 0, NULL), "HY003");
}
RULE(bind_negative_length_hy090, BIND "Diagnostics / HY090", "a negative BufferLength gives HY090") {
    char v[8];
    ERR(SQLBindCol(r->stmt, 1, SQL_C_CHAR, v, -3, NULL), "HY090");
}
RULE(bind_column_0_07009, BIND "Diagnostics / 07009",
     "column 0 without bookmarks gives 07009, at the latest in SQLFetch") {
    SQLINTEGER v;
    SQLRETURN rc = SQLBindCol(r->stmt, 0, SQL_C_BOOKMARK, &v, sizeof v, NULL);
    if (rc == SQL_SUCCESS) {
        query(r, rows_sql(r, 1));
        rc = SQLFetch(r->stmt);
    }
    ERR(rc, "07009");
}
RULE(bind_behind_last_07009, FETCH "Diagnostics / 07009",
     "a bound column behind the last one gives 07009 in SQLFetch") {
    SQLINTEGER v;
    OK(SQLBindCol(r->stmt, 5, SQL_C_SLONG, &v, 0, NULL));
    query(r, rows_sql(r, 1));
    ERR(SQLFetch(r->stmt), "07009");
}
RULE(bind_text, BIND "Comments", "text is NUL-terminated, its length in the indicator") {
    char v[20] = "";
    SQLLEN ind = 0;
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, v, sizeof v, &ind));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    TEXT(v, "row1");
    EQ(ind, 4);
}
RULE(bind_truncation_01004, FETCH "Diagnostics / 01004",
     "text too long for its buffer is cut, with 01004 and its full length") {
    char v[3] = "";
    SQLLEN ind = 0;
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, v, sizeof v, &ind));
    query(r, rows_sql(r, 1));
    INFO(SQLFetch(r->stmt), "01004");
    TEXT(v, "ro");
    EQ(ind, 4);
}
RULE(bind_null_without_indicator_22002, FETCH "Diagnostics / 22002", "NULL in a column without indicator gives 22002") {
    SQLINTEGER v;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    select_typed(r, "integer", NULL);
    ERR(SQLFetch(r->stmt), "22002");
}
RULE(bind_null_keeps_buffer, BIND "StrLen_or_IndPtr", "NULL sets the indicator and leaves the buffer") {
    SQLINTEGER v = 77;
    SQLLEN ind = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, &ind));
    select_typed(r, "integer", NULL);
    OK(SQLFetch(r->stmt));
    EQ(ind, SQL_NULL_DATA);
    EQ(v, 77);
}
RULE(bind_length_and_indicator_apart, "SQLSetDescField / SQL_DESC_INDICATOR_PTR",
     "length and indicator can be two places: the indicator is 0 for data") {
    char v[20] = "";
    SQLLEN len = -1, ind = -5;
    SQLHDESC d = desc_of(r, SQL_ATTR_APP_ROW_DESC);
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, v, sizeof v, &len));
    OK(SQLSetDescField(d, 2, SQL_DESC_INDICATOR_PTR, &ind, 0));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(len, 4);
    EQ(ind, 0);
}
RULE(bind_indicator_apart_null, "SQLSetDescField / SQL_DESC_OCTET_LENGTH_PTR",
     "for NULL the indicator says so and the length is left alone") {
    char v[20] = "";
    SQLLEN len = 55, ind = -5;
    SQLHDESC d = desc_of(r, SQL_ATTR_APP_ROW_DESC);
    OK(SQLBindCol(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &len));
    OK(SQLSetDescField(d, 1, SQL_DESC_INDICATOR_PTR, &ind, 0));
    select_typed(r, "varchar", NULL);
    OK(SQLFetch(r->stmt));
    EQ(ind, SQL_NULL_DATA);
    EQ(len, 55);
}
RULE(bind_rebinding_replaces, BIND "Binding and Unbinding",
     "a column bound again goes to the new buffer, from the next fetch on") {
    SQLINTEGER a = 0, b = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &a, 0, NULL));
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &b, 0, NULL));
    OK(SQLFetch(r->stmt));
    EQ(a, 1);
    EQ(b, 2);
}
RULE(bind_null_pointer_unbinds, BIND "TargetValuePtr", "a NULL pointer unbinds the column") {
    SQLINTEGER v = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, NULL, 0, NULL));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(v, 0);
}
RULE(bind_indicator_only, BIND "TargetValuePtr",
     "without a buffer but with an indicator the length is still returned") {
    SQLLEN ind = -9;
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, NULL, 0, &ind));
    query(r, rows_sql(r, 1));
    OKI(SQLFetch(r->stmt));
    EQ(ind, 4);
}

/* ---- rowsets ---- */

struct rowset {
    SQLINTEGER id[4];
    SQLLEN id_ind[4];
    char name[4][10];
    SQLLEN name_ind[4];
    SQLUSMALLINT status[4];
    SQLULEN rows;
};
static void bind_columns(struct run *r, struct rowset *w) {
    memset(w, 0, sizeof *w);
    for (int i = 0; i < 4; i++) w->status[i] = 77;
    set_attr(r, SQL_ATTR_ROW_ARRAY_SIZE, (void *)4);
    set_attr(r, SQL_ATTR_ROW_STATUS_PTR, w->status);
    set_attr(r, SQL_ATTR_ROWS_FETCHED_PTR, &w->rows);
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, w->id, 0, w->id_ind));
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, w->name, sizeof w->name[0], w->name_ind));
}
RULE(rowset_columns, BIND "Column-Wise Binding", "values stand one behind the other in their arrays") {
    struct rowset w;
    bind_columns(r, &w);
    query(r, rows_sql(r, 6));
    OK(SQLFetch(r->stmt));
    EQ(w.rows, 4);
    EQ(w.id[3], 4);
    TEXT(w.name[2], "row3");
    EQ(w.name_ind[3], 4);
}
RULE(rowset_last_partial, FETCH "Positioning the Cursor; Row Status Array",
     "the last rowset has fewer rows; the others are SQL_ROW_NOROW") {
    struct rowset w;
    bind_columns(r, &w);
    query(r, rows_sql(r, 6));
    OK(SQLFetch(r->stmt));
    OK(SQLFetch(r->stmt));
    EQ(w.rows, 2);
    EQ(w.id[1], 6);
    EQ(w.status[0], SQL_ROW_SUCCESS);
    EQ(w.status[1], SQL_ROW_SUCCESS);
    EQ(w.status[2], SQL_ROW_NOROW);
    EQ(w.status[3], SQL_ROW_NOROW);
    NODATA(SQLFetch(r->stmt));
}
RULE(rowset_end_zero_rows, FETCH "Rows Fetched Buffer", "at the end the count of rows fetched is 0") {
    struct rowset w;
    bind_columns(r, &w);
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
    EQ(w.rows, 0);
}
RULE(rowset_truncation_status, FETCH "Error Handling / Row Status Array",
     "a row with a warning is SQL_ROW_SUCCESS_WITH_INFO, the others SQL_ROW_SUCCESS") {
    struct rowset w;
    bind_columns(r, &w);
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, w.name, 5, w.name_ind));
    query(r, "SELECT id, name FROM rules_rows WHERE id >= 8 ORDER BY id");
    INFO(SQLFetch(r->stmt), "01004");
    EQ(w.status[0], SQL_ROW_SUCCESS);
    EQ(w.status[2], SQL_ROW_SUCCESS_WITH_INFO);
}
RULE(rowset_error_in_one_row, FETCH "Error Handling / Multi-Row Rowsets",
     "an error in one row of several gives SQL_SUCCESS_WITH_INFO and SQL_ROW_ERROR there") {
    struct rowset w;
    bind_columns(r, &w);
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, NULL, 0, NULL));
    OK(SQLBindCol(r->stmt, 1, SQL_C_STINYINT, w.id, 0, w.id_ind));
    query(r, "SELECT CASE WHEN id = 2 THEN 1000 ELSE id END FROM rules_rows WHERE id <= 4 ORDER BY id");
    judge(r, "I", SQLFetch(r->stmt), "SQLFetch with an overflow in row 2");
    EQ(w.status[0], SQL_ROW_SUCCESS);
    EQ(w.status[1], SQL_ROW_ERROR);
    EQ(w.status[2], SQL_ROW_SUCCESS);
    EQ(w.rows, 4);
}
RULE(rowset_error_row_number, "SQLGetDiagField / SQL_DIAG_ROW_NUMBER",
     "the record of an error in a rowset names its row") {
    struct rowset w;
    SQLLEN row = 0;
    bind_columns(r, &w);
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, NULL, 0, NULL));
    OK(SQLBindCol(r->stmt, 1, SQL_C_STINYINT, w.id, 0, w.id_ind));
    query(r, "SELECT CASE WHEN id = 3 THEN 1000 ELSE id END FROM rules_rows WHERE id <= 4 ORDER BY id");
    INFO(SQLFetch(r->stmt), "22003");
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_ROW_NUMBER, &row, 0, NULL));
    EQ(row, 3);
}
RULE(rowset_error_single_row, FETCH "Error Handling / Single-Row Rowsets",
     "an error in a rowset of one row gives SQL_ERROR") {
    signed char v = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_STINYINT, &v, 0, NULL));
    select_typed(r, "integer", "1000");
    ERR(SQLFetch(r->stmt), "22003");
}
struct packed { SQLINTEGER id; SQLLEN id_ind; char name[10]; SQLLEN name_ind; };
RULE(rowset_rows, BIND "Row-Wise Binding", "with a structure's size as bind type each row is one structure") {
    struct packed row[3];
    memset(row, 0, sizeof row);
    set_attr(r, SQL_ATTR_ROW_ARRAY_SIZE, (void *)3);
    set_attr(r, SQL_ATTR_ROW_BIND_TYPE, (void *)sizeof row[0]);
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &row[0].id, 0, &row[0].id_ind));
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, row[0].name, sizeof row[0].name, &row[0].name_ind));
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    EQ(row[2].id, 3);
    TEXT(row[1].name, "row2");
    EQ(row[2].name_ind, 4);
}
RULE(rowset_offset_columns, BIND "Binding Offsets", "the offset is added to buffer and indicator") {
    SQLULEN offset = 0;
    set_attr(r, SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset);
    struct packed row[2];
    memset(row, 0, sizeof row);
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &row[0].id, 0, &row[0].id_ind));
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    offset = sizeof row[0];
    OK(SQLFetch(r->stmt));
    EQ(row[0].id, 1);
    EQ(row[1].id, 2);
    EQ(row[1].id_ind, 4);
}
RULE(rowset_size_changes_between, "SQLSetStmtAttr / SQL_ATTR_ROW_ARRAY_SIZE",
     "the rowset size can change between fetches") {
    struct rowset w;
    bind_columns(r, &w);
    query(r, rows_sql(r, 6));
    OK(SQLFetch(r->stmt));
    set_attr(r, SQL_ATTR_ROW_ARRAY_SIZE, (void *)1);
    OK(SQLFetch(r->stmt));
    EQ(w.rows, 1);
    EQ(w.id[0], 5);
}
RULE(rowset_status_null, FETCH "Row Status Array", "no status array is needed") {
    SQLINTEGER v[4];
    set_attr(r, SQL_ATTR_ROW_ARRAY_SIZE, (void *)4);
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, v, 0, NULL));
    query(r, rows_sql(r, 4));
    OK(SQLFetch(r->stmt));
    EQ(v[3], 4);
}

/* ---- empty results ---- */

RULE(fetch_empty_no_data, FETCH "Returns", "an empty result gives SQL_NO_DATA at once") {
    query(r, sql_of(r, "empty"));
    NODATA(SQLFetch(r->stmt));
}
RULE(fetch_empty_is_described, "SQLNumResultCols / Comments", "an empty result has its columns") {
    SQLSMALLINT n = 0;
    query(r, sql_of(r, "empty"));
    OK(SQLNumResultCols(r->stmt, &n));
    EQ(n, 1);
}
RULE(fetch_no_result_24000, FETCH "Diagnostics / 24000", "a statement without a result cannot be fetched from") {
    query(r, "INSERT INTO rules_in VALUES (500, 'x')");
    ERR(SQLFetch(r->stmt), "24000 07005");
}
RULE(close_cursor_then_fetch, "SQLCloseCursor / Comments", "after SQLCloseCursor there is nothing to fetch") {
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    OK(SQLCloseCursor(r->stmt));
    ERR(SQLFetch(r->stmt), "HY010 24000");
}
RULE(row_count_insert, "SQLRowCount / Comments", "is the number of rows an INSERT wrote") {
    SQLLEN n = 0;
    query(r, "INSERT INTO rules_in VALUES (501, 'x'), (502, 'y'), (503, 'z')");
    OK(SQLRowCount(r->stmt, &n));
    EQ(n, 3);
}
RULE(more_results_ends, "SQLMoreResults / Returns",
     "after the only result there are no more: SQL_NO_DATA, and the cursor is closed") {
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    NODATA(SQLMoreResults(r->stmt));
    judge(r, "E", SQLFetch(r->stmt), "SQLFetch behind SQLMoreResults");
}

/* ---- scrolling ---- */

static void open_static(struct run *r, int rows) {
    bool declared = info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_STATIC;
    MAY(declared, SQLSetStmtAttr(r->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0), "01S02 HYC00");
    query(r, rows_sql(r, rows));
}
struct scroll_line {
    struct row row;
    SQLULEN rowset;
    struct { SQLSMALLINT dir; SQLLEN offset; SQLINTEGER first; } step[3];   /* first = 0: SQL_NO_DATA; −1: with 01S06 */
};
#define X(id, text, rowset, ...) { { "scroll_" #id, SCROLL "Positioning the Cursor / Cursor Positioning Rules", \
    text }, rowset, { __VA_ARGS__ } }
static const struct scroll_line SCROLLS[] = {
    X(first, "FIRST gives the first rowset", 1, { SQL_FETCH_NEXT, 0, 1 }, { SQL_FETCH_NEXT, 0, 2 }, { SQL_FETCH_FIRST,
        0, 1 }),
    X(last, "LAST gives the last rowset", 1, { SQL_FETCH_LAST, 0, 10 }, { SQL_FETCH_NEXT, 0, 0 }),
    X(last_rowset, "LAST gives a whole rowset that ends with the last row", 3, { SQL_FETCH_LAST, 0, 8 },
        { SQL_FETCH_NEXT, 0, 0 }),
    X(prior, "PRIOR gives the rowset before", 1, { SQL_FETCH_ABSOLUTE, 5, 5 }, { SQL_FETCH_PRIOR, 0, 4 }),
    X(prior_before_start, "PRIOR before the first fetch is before the start", 1, { SQL_FETCH_PRIOR, 0, 0 },
        { SQL_FETCH_NEXT, 0, 1 }),
    X(prior_at_first, "PRIOR at row 1 is before the start", 1, { SQL_FETCH_NEXT, 0, 1 }, { SQL_FETCH_PRIOR, 0, 0 },
        { SQL_FETCH_NEXT, 0, 1 }),
    X(prior_from_end, "PRIOR behind the end gives the last rowset", 1, { SQL_FETCH_LAST, 0, 10 }, { SQL_FETCH_NEXT, 0,
        0 }, { SQL_FETCH_PRIOR, 0, 10 }),
    X(prior_overlap, "PRIOR that would begin before row 1 gives the first rowset with 01S06", 4, { SQL_FETCH_ABSOLUTE,
        3, 3 }, { SQL_FETCH_PRIOR, 0, -1 }),
    X(absolute, "ABSOLUTE counts from the start", 1, { SQL_FETCH_ABSOLUTE, 7, 7 }),
    X(absolute_negative, "ABSOLUTE with a negative offset counts from the end", 1, { SQL_FETCH_ABSOLUTE, -3, 8 }),
    X(absolute_zero, "ABSOLUTE 0 is before the start", 1, { SQL_FETCH_ABSOLUTE, 0, 0 }, { SQL_FETCH_NEXT, 0, 1 }),
    X(absolute_beyond, "ABSOLUTE beyond the last row is behind the end", 1, { SQL_FETCH_ABSOLUTE, 99, 0 },
        { SQL_FETCH_PRIOR, 0, 10 }),
    X(absolute_before, "ABSOLUTE further back than there are rows is before the start", 1, { SQL_FETCH_ABSOLUTE, -99,
        0 }, { SQL_FETCH_NEXT, 0, 1 }),
    X(absolute_before_rowset,
        "ABSOLUTE further back than there are rows, but within a rowset's size, gives the first rowset with 01S06", 12,
        { SQL_FETCH_ABSOLUTE, -11, -1 }),
    X(relative, "RELATIVE moves from the current rowset", 1, { SQL_FETCH_ABSOLUTE, 4, 4 }, { SQL_FETCH_RELATIVE, 3, 7 },
        { SQL_FETCH_RELATIVE, -2, 5 }),
    X(relative_zero, "RELATIVE 0 gives the current rowset again", 1, { SQL_FETCH_ABSOLUTE, 4, 4 }, { SQL_FETCH_RELATIVE,
        0, 4 }),
    X(relative_beyond, "RELATIVE beyond the last row is behind the end", 1, { SQL_FETCH_ABSOLUTE, 9, 9 },
        { SQL_FETCH_RELATIVE, 5, 0 }),
    X(relative_before, "RELATIVE at row 1 backwards is before the start", 1, { SQL_FETCH_FIRST, 0, 1 },
        { SQL_FETCH_RELATIVE, -1, 0 }, { SQL_FETCH_NEXT, 0, 1 }),
    X(relative_before_start, "RELATIVE forwards from before the start counts as ABSOLUTE", 1, { SQL_FETCH_ABSOLUTE, 0,
        0 }, { SQL_FETCH_RELATIVE, 3, 3 }),
    X(relative_after_end, "RELATIVE backwards from behind the end counts as ABSOLUTE", 1, { SQL_FETCH_LAST, 0, 10 },
        { SQL_FETCH_NEXT, 0, 0 }, { SQL_FETCH_RELATIVE, -2, 9 }),
    X(relative_overlap,
        "RELATIVE that would begin before row 1, by less than a rowset, gives the first rowset with 01S06", 4,
        { SQL_FETCH_ABSOLUTE, 2, 2 }, { SQL_FETCH_RELATIVE, -3, -1 }),
    X(next_rowset, "NEXT moves by the rowset's size", 4, { SQL_FETCH_NEXT, 0, 1 }, { SQL_FETCH_NEXT, 0, 5 },
        { SQL_FETCH_NEXT, 0, 9 }),
    X(next_from_end, "NEXT behind the end stays there", 1, { SQL_FETCH_LAST, 0, 10 }, { SQL_FETCH_NEXT, 0, 0 },
        { SQL_FETCH_NEXT, 0, 0 }),
};
static void check_scroll(struct run *r, const void *arg) {
    const struct scroll_line *line = arg;
    SQLINTEGER id[16];
    set_attr(r, SQL_ATTR_ROW_ARRAY_SIZE, (void *)line->rowset);
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, id, 0, NULL));
    open_static(r, 10);
    for (size_t i = 0; i < COUNT(line->step) && line->step[i].dir; i++) {
        id[0] = 0;
        SQLRETURN rc = SQLFetchScroll(r->stmt, line->step[i].dir, line->step[i].offset);
        SQLINTEGER first = line->step[i].first;
        if (first < 0) judge_state(r, SQL_HANDLE_STMT, r->stmt, SQL_SUCCESS_WITH_INFO, rc, "01S06", "SQLFetchScroll");
        else judge(r, first ? "S" : "N", rc, "SQLFetchScroll");
        if (first) EQ(id[0], first < 0 ? 1 : first);
    }
}
RULE_TABLE(SCROLLS, check_scroll)

RULE(scroll_forward_only_hy106, SCROLL "Diagnostics / HY106", "a forward-only cursor fetches SQL_FETCH_NEXT only") {
    query(r, rows_sql(r, 3));
    OK(SQLFetchScroll(r->stmt, SQL_FETCH_NEXT, 0));
    ERR(SQLFetchScroll(r->stmt, SQL_FETCH_PRIOR, 0), "HY106");
}
RULE(scroll_forward_only_absolute_hy106, SCROLL "Diagnostics / HY106",
     "a forward-only cursor refuses SQL_FETCH_ABSOLUTE") {
    query(r, rows_sql(r, 3));
    ERR(SQLFetchScroll(r->stmt, SQL_FETCH_ABSOLUTE, 1), "HY106");
}
RULE(scroll_bad_direction_hy106, SCROLL "Diagnostics / HY106", "an orientation that is none gives HY106") {
    query(r, rows_sql(r, 3));
    ERR(SQLFetchScroll(r->stmt, 99, 0), "HY106 HY097");
}
RULE(scroll_bookmark_off, SCROLL "Diagnostics / HY106", "SQL_FETCH_BOOKMARK with bookmarks off gives HY106 or HYC00") {
    query(r, rows_sql(r, 3));
    ERR(SQLFetchScroll(r->stmt, SQL_FETCH_BOOKMARK, 0), "HY106 HYC00 HY111");
}
RULE(scroll_status_kept_in_order, SCROLL "Row Status Array",
     "a static cursor's rows are SQL_ROW_SUCCESS after scrolling back") {
    SQLUSMALLINT status[2] = { 77, 77 };
    set_attr(r, SQL_ATTR_ROW_ARRAY_SIZE, (void *)2);
    set_attr(r, SQL_ATTR_ROW_STATUS_PTR, status);
    open_static(r, 6);
    OK(SQLFetchScroll(r->stmt, SQL_FETCH_LAST, 0));
    OK(SQLFetchScroll(r->stmt, SQL_FETCH_FIRST, 0));
    EQ(status[1], SQL_ROW_SUCCESS);
}

/* ---- SQLSetPos ---- */

RULE(set_pos_row_behind_rowset_hy107, "SQLSetPos / Diagnostics / HY107", "a row behind the rowset gives HY107") {
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    SQLRETURN rc = SQLSetPos(r->stmt, 9, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    char state[6] = "";
    if (state_of(r, SQL_HANDLE_STMT, r->stmt, state) && has_word("HYC00 IM001", state)) unsupported(r, state,
        "no SQLSetPos");
    ERR(rc, "HY107");
}
RULE(set_pos_bad_operation_hy092, "SQLSetPos / Diagnostics / HY092", "an operation that is none gives HY092") {
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    SQLRETURN rc = SQLSetPos(r->stmt, 1, 99, SQL_LOCK_NO_CHANGE);
    char state[6] = "";
    if (state_of(r, SQL_HANDLE_STMT, r->stmt, state) && !strcmp(state, "IM001")) unsupported(r, state, "no SQLSetPos");
    ERR(rc, "HY092");
}
RULE(set_pos_update_read_only, "SQLSetPos / Diagnostics", "updating through a read-only cursor gives HY092 or HYC00") {
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    ERR(SQLSetPos(r->stmt, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE), "HY092 HYC00 IM001 HY109");
}
RULE(set_pos_delete_read_only, "SQLSetPos / Diagnostics", "deleting through a read-only cursor gives HY092 or HYC00") {
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    ERR(SQLSetPos(r->stmt, 1, SQL_DELETE, SQL_LOCK_NO_CHANGE), "HY092 HYC00 IM001 HY109");
}
RULE(set_pos_lock_exclusive, "SQLSetPos / Diagnostics / HYC00",
     "a lock the source does not have gives HYC00 or HY092") {
    if (info_u32(r, SQL_LOCK_TYPES) & SQL_LCK_EXCLUSIVE) return;
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    ERR(SQLSetPos(r->stmt, 1, SQL_POSITION, SQL_LOCK_EXCLUSIVE), "HY092 HYC00 IM001");
}
RULE(set_pos_refresh_rereads, "SQLSetPos / SQL_REFRESH", "the bound buffers of the row are filled again") {
    SQLINTEGER v = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    open_static(r, 3);
    OK(SQLFetchScroll(r->stmt, SQL_FETCH_NEXT, 0));
    v = 0;
    MAY(info_u32(r, SQL_STATIC_CURSOR_ATTRIBUTES1) & SQL_CA1_POS_REFRESH,
        SQLSetPos(r->stmt, 1, SQL_REFRESH, SQL_LOCK_NO_CHANGE), "HYC00 IM001 HY109");
    EQ(v, 1);
}

/* ---- cursor names ---- */

RULE(cursor_name_generated, "SQLGetCursorName / Comments", "a driver's own name begins with SQL_CUR") {
    char name[40] = "";
    OK(SQLExecDirect(r->stmt, (SQLCHAR *)rows_sql(r, 1), SQL_NTS));
    OK(SQLGetCursorName(r->stmt, (SQLCHAR *)name, sizeof name, NULL));
    MUST(!strncmp(name, "SQL_CUR", 7) || !strncmp(name, "SQLCUR", 6), "\"%s\"", name);
}
RULE(cursor_name_set, "SQLSetCursorName / Comments", "the name that was set comes back") {
    char name[40] = "";
    SQLSMALLINT len = 0;
    OK(SQLSetCursorName(r->stmt, (SQLCHAR *)"mine", SQL_NTS));
    OK(SQLGetCursorName(r->stmt, (SQLCHAR *)name, sizeof name, &len));
    TEXT(name, "mine");
    EQ(len, 4);
}
RULE(cursor_name_cut_01004, "SQLGetCursorName / Diagnostics / 01004",
     "too small a buffer gives 01004 and the full length") {
    char name[3] = "";
    SQLSMALLINT len = 0;
    OK(SQLSetCursorName(r->stmt, (SQLCHAR *)"mine", SQL_NTS));
    INFO(SQLGetCursorName(r->stmt, (SQLCHAR *)name, sizeof name, &len), "01004");
    TEXT(name, "mi");
    EQ(len, 4);
}
RULE(cursor_name_duplicate_3c000, "SQLSetCursorName / Diagnostics / 3C000",
     "a name that another statement has gives 3C000") {
    more(r);
    OK(SQLSetCursorName(r->stmt2, (SQLCHAR *)"twin", SQL_NTS));
    ERR(SQLSetCursorName(r->stmt, (SQLCHAR *)"twin", SQL_NTS), "3C000");
}
RULE(cursor_name_reserved_34000, "SQLSetCursorName / Diagnostics / 34000",
     "a name that begins with SQL_CUR gives 34000") {
    ERR(SQLSetCursorName(r->stmt, (SQLCHAR *)"SQL_CUR7", SQL_NTS), "34000");
}
RULE(cursor_name_null_hy009, "SQLSetCursorName / Diagnostics / HY009", "a NULL name gives HY009") {
    ERR(SQLSetCursorName(r->stmt, NULL, SQL_NTS), "HY009");
}
RULE(cursor_name_negative_hy090, "SQLSetCursorName / Diagnostics / HY090",
     "a negative length gives HY090 (unixODBC says HY009)") {
    ERR(SQLSetCursorName(r->stmt, (SQLCHAR *)"x", -8), "HY090 HY009");
}
