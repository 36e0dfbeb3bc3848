/* Scrollable cursors: where each fetch goes, attributes and what they imply, bookmarks, positions, rows on disk. */
#include "conform.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SET(c, attr, v) SQLSetStmtAttr((c)->stmt, attr, (SQLPOINTER)(SQLULEN)(v), 0)

static SQLULEN get_attr(SQLHSTMT stmt, SQLINTEGER attr) {
    SQLULEN v = 999;
    CHECK('S', SQLGetStmtAttr(stmt, attr, &v, 0, NULL));
    return v;
}

static void close_one(struct conn *c) {
    SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
    SQLDisconnect(c->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, c->env);
}

/* ---- attributes -------------------------------------------------------------------------------------------------- */

static void keyset_and_dynamic_become_static_visibly(void **state) {
    static const SQLULEN KINDS[] = { SQL_CURSOR_KEYSET_DRIVEN, SQL_CURSOR_DYNAMIC };
    struct conn *c = *state;
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY));
        assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_SCROLLABLE), SQL_NONSCROLLABLE);
        CHECK('I', SET(c, SQL_ATTR_CURSOR_TYPE, KINDS[i]));
        assert_state(SQL_HANDLE_STMT, c->stmt, "01S02");
        assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_TYPE), SQL_CURSOR_STATIC);
        assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_SCROLLABLE), SQL_SCROLLABLE);
        assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_SENSITIVITY), SQL_INSENSITIVE);
    }
    CHECK('E', SET(c, SQL_ATTR_CURSOR_TYPE, 17));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY024");
}

static void cursor_attributes_imply_one_another(void **state) {
    struct conn *c = *state;
    CHECK('S', SET(c, SQL_ATTR_CURSOR_SCROLLABLE, SQL_SCROLLABLE));
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_TYPE), SQL_CURSOR_STATIC);
    CHECK('S', SET(c, SQL_ATTR_CURSOR_SCROLLABLE, SQL_NONSCROLLABLE));
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_TYPE), SQL_CURSOR_FORWARD_ONLY);
    CHECK('S', SET(c, SQL_ATTR_CURSOR_SENSITIVITY, SQL_INSENSITIVE));
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_TYPE), SQL_CURSOR_STATIC);
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CONCURRENCY), SQL_CONCUR_READ_ONLY);
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY));
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_SCROLLABLE), SQL_NONSCROLLABLE);
    CHECK('S', SET(c, SQL_ATTR_CURSOR_SENSITIVITY, SQL_UNSPECIFIED));
    CHECK('S', SET(c, SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY));
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CURSOR_SENSITIVITY), SQL_INSENSITIVE);
    CHECK('I', SET(c, SQL_ATTR_CONCURRENCY, SQL_CONCUR_LOCK));
    assert_state(SQL_HANDLE_STMT, c->stmt, "01S02");
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_CONCURRENCY), SQL_CONCUR_READ_ONLY);
    CHECK('E', SET(c, SQL_ATTR_CURSOR_SENSITIVITY, SQL_SENSITIVE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYC00");
}

static void the_kind_of_a_cursor_is_settled_before_it_opens(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT 1", SQL_NTS));
    CHECK('E', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY011");
    CHECK('S', SQLExecute(c->stmt));
    CHECK('E', SET(c, SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY));
    assert_state(SQL_HANDLE_STMT, c->stmt, "24000");
    CHECK('E', SET(c, SQL_ATTR_USE_BOOKMARKS, SQL_UB_VARIABLE));
}

static void the_kind_set_on_a_connection_is_that_of_its_statements(void **state) {
    struct conn *c = *state;
    SQLHSTMT other = NULL;
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other));
    assert_int_equal(get_attr(other, SQL_ATTR_CURSOR_TYPE), SQL_CURSOR_STATIC);
    assert_int_equal(get_attr(other, SQL_ATTR_CURSOR_SCROLLABLE), SQL_SCROLLABLE);
    CHECK('S', SQLFreeHandle(SQL_HANDLE_STMT, other));
}

static SQLUINTEGER info(struct conn *c, SQLUSMALLINT id) {
    SQLUINTEGER v = 0;
    CHECK('S', SQLGetInfo(c->dbc, id, &v, sizeof v, NULL));
    return v;
}

static void info_claims_what_cursors_do(void **state) {
    struct conn *c = *state;
    assert_int_equal(info(c, SQL_SCROLL_OPTIONS), SQL_SO_FORWARD_ONLY | SQL_SO_STATIC);
    assert_int_equal(info(c, SQL_FETCH_DIRECTION) & 0x3f, 0x3f);
    SQLUINTEGER a = info(c, SQL_STATIC_CURSOR_ATTRIBUTES1);
    assert_int_equal(a & (SQL_CA1_NEXT | SQL_CA1_ABSOLUTE | SQL_CA1_RELATIVE | SQL_CA1_BOOKMARK),
                     SQL_CA1_NEXT | SQL_CA1_ABSOLUTE | SQL_CA1_RELATIVE | SQL_CA1_BOOKMARK);
    assert_int_equal(a & (SQL_CA1_POS_UPDATE | SQL_CA1_POS_DELETE | SQL_CA1_BULK_ADD | SQL_CA1_LOCK_EXCLUSIVE), 0);
    assert_int_equal(info(c, SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1) & (SQL_CA1_ABSOLUTE | SQL_CA1_BOOKMARK), 0);
    assert_int_equal(info(c, SQL_KEYSET_CURSOR_ATTRIBUTES1), 0);
    assert_int_equal(info(c, SQL_DYNAMIC_CURSOR_ATTRIBUTES1), 0);
    assert_int_not_equal(info(c, SQL_BOOKMARK_PERSISTENCE), 0);
    assert_int_equal(info(c, SQL_GETDATA_EXTENSIONS), SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER |
                     SQL_GD_BLOCK | SQL_GD_BOUND);
}

/* ---- where a fetch goes ------------------------------------------------------------------------------------------ */

struct step { SQLSMALLINT how; SQLLEN offset; SQLULEN size; char want; SQLBIGINT first; SQLULEN rows; };

enum { MOST = 20 };

/* Ten rows, 1 … 10. NEXT goes on by the size of the fetch before, all others by that of now. */
static const struct step WALK[] = {
    { SQL_FETCH_PRIOR, 0, 3, 'N', 0, 0 },       { SQL_FETCH_RELATIVE, 0, 3, 'N', 0, 0 },
    { SQL_FETCH_RELATIVE, -1, 3, 'N', 0, 0 },   { SQL_FETCH_NEXT, 0, 3, 'S', 1, 3 },
    { SQL_FETCH_PRIOR, 0, 3, 'N', 0, 0 },       { SQL_FETCH_NEXT, 0, 3, 'S', 1, 3 },
    { SQL_FETCH_NEXT, 0, 4, 'S', 4, 4 },        { SQL_FETCH_NEXT, 0, 2, 'S', 8, 2 },
    { SQL_FETCH_NEXT, 0, 3, 'S', 10, 1 },       { SQL_FETCH_NEXT, 0, 3, 'N', 0, 0 },
    { SQL_FETCH_NEXT, 0, 3, 'N', 0, 0 },        { SQL_FETCH_PRIOR, 0, 3, 'S', 8, 3 },
    { SQL_FETCH_PRIOR, 0, 4, 'S', 4, 4 },       { SQL_FETCH_PRIOR, 0, 3, 'S', 1, 3 },
    { SQL_FETCH_ABSOLUTE, 3, 3, 'S', 3, 3 },    { SQL_FETCH_PRIOR, 0, 3, 'I', 1, 3 },
    { SQL_FETCH_ABSOLUTE, 4, 2, 'S', 4, 2 },    { SQL_FETCH_PRIOR, 0, 4, 'I', 1, 4 },
    { SQL_FETCH_LAST, 0, 3, 'S', 8, 3 },        { SQL_FETCH_NEXT, 0, 3, 'N', 0, 0 },
    { SQL_FETCH_PRIOR, 0, 12, 'I', 1, 10 },     { SQL_FETCH_LAST, 0, 12, 'S', 1, 10 },
    { SQL_FETCH_FIRST, 0, 2, 'S', 1, 2 },       { SQL_FETCH_ABSOLUTE, 0, 2, 'N', 0, 0 },
    { SQL_FETCH_NEXT, 0, 2, 'S', 1, 2 },        { SQL_FETCH_ABSOLUTE, -1, 2, 'S', 10, 1 },
    { SQL_FETCH_ABSOLUTE, -10, 2, 'S', 1, 2 },  { SQL_FETCH_ABSOLUTE, -11, 12, 'I', 1, 10 },
    { SQL_FETCH_ABSOLUTE, -11, 11, 'I', 1, 10 }, { SQL_FETCH_ABSOLUTE, -11, 10, 'N', 0, 0 },
    { SQL_FETCH_RELATIVE, 2, 3, 'S', 2, 3 },    { SQL_FETCH_RELATIVE, 2, 3, 'S', 4, 3 },
    { SQL_FETCH_RELATIVE, 0, 2, 'S', 4, 2 },    { SQL_FETCH_RELATIVE, -1, 3, 'S', 3, 3 },
    { SQL_FETCH_RELATIVE, -3, 3, 'I', 1, 3 },   { SQL_FETCH_RELATIVE, -1, 3, 'N', 0, 0 },
    { SQL_FETCH_ABSOLUTE, 3, 3, 'S', 3, 3 },    { SQL_FETCH_RELATIVE, -4, 3, 'N', 0, 0 },
    { SQL_FETCH_ABSOLUTE, 11, 3, 'N', 0, 0 },   { SQL_FETCH_RELATIVE, 0, 3, 'N', 0, 0 },
    { SQL_FETCH_RELATIVE, -2, 3, 'S', 9, 2 },   { SQL_FETCH_RELATIVE, 9, 3, 'N', 0, 0 },
    { SQL_FETCH_RELATIVE, -12, 12, 'I', 1, 10 }, { SQL_FETCH_ABSOLUTE, 10, 3, 'S', 10, 1 },
    { SQL_FETCH_ABSOLUTE, INTPTR_MAX, 3, 'N', 0, 0 }, { SQL_FETCH_ABSOLUTE, INTPTR_MIN, 3, 'N', 0, 0 },
    { SQL_FETCH_FIRST, 0, 3, 'S', 1, 3 },       { SQL_FETCH_RELATIVE, INTPTR_MAX, 3, 'N', 0, 0 },
    { SQL_FETCH_LAST, 0, 10, 'S', 1, 10 },      { SQL_FETCH_RELATIVE, INTPTR_MIN, 10, 'N', 0, 0 },
};

static void check_step(struct conn *c, size_t i, const struct step *t, const SQLBIGINT *id, const SQLUSMALLINT *status,
                       SQLULEN fetched, SQLRETURN rc) {
    if (letter(rc) != t->want || fetched != t->rows || (t->rows && id[0] != t->first))
        fail_msg("step %zu (fetch type %d, offset %ld, size %lu): %c, %lu rows from %ld", i, t->how, (long)t->offset,
                 (unsigned long)t->size, letter(rc), (unsigned long)fetched, (long)id[0]);
    if (t->want == 'I') assert_state(SQL_HANDLE_STMT, c->stmt, "01S06");
    for (SQLULEN k = 0; k < t->size; k++) assert_int_equal(status[k], k < t->rows ? SQL_ROW_SUCCESS : SQL_ROW_NOROW);
    for (SQLULEN k = 0; k < t->rows; k++) assert_int_equal(id[k], t->first + (SQLBIGINT)k);
    if (t->rows) assert_int_equal(get_attr(c->stmt, SQL_ATTR_ROW_NUMBER), t->first);
}

static void walk(struct conn *c) {
    SQLBIGINT id[MOST];
    SQLLEN ind[MOST];
    SQLUSMALLINT status[MOST];
    SQLULEN fetched = 0;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, id, 0, ind));
    for (size_t i = 0; i < COUNT(WALK); i++) {
        CHECK('S', SET(c, SQL_ATTR_ROW_ARRAY_SIZE, WALK[i].size));
        memset(status, 0x55, sizeof status);
        SQLRETURN rc = SQLFetchScroll(c->stmt, WALK[i].how, WALK[i].offset);
        check_step(c, i, &WALK[i], id, status, fetched, rc);
    }
    CHECK('S', SQLFreeStmt(c->stmt, SQL_UNBIND));       /* nothing of this frame is written to later */
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, NULL, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROWS_FETCHED_PTR, NULL, 0));
}

static void walk_with(const char *keys) {
    struct conn c;
    open_conn_with(&c, keys, SQL_OV_ODBC3_80);
    CHECK('S', SET(&c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    exec(&c, "SELECT id + 1 AS id FROM range(10) ORDER BY id");
    walk(&c);
    CHECK('S', SQLCloseCursor(c.stmt));
    exec(&c, "SELECT id FROM range(10) WHERE id > 100");
    CHECK('S', SET(&c, SQL_ATTR_ROW_ARRAY_SIZE, 3));
    CHECK('N', SQLFetchScroll(c.stmt, SQL_FETCH_LAST, 0));
    CHECK('N', SQLFetchScroll(c.stmt, SQL_FETCH_FIRST, 0));
    CHECK('N', SQLFetchScroll(c.stmt, SQL_FETCH_PRIOR, 0));
    CHECK('N', SQLFetchScroll(c.stmt, SQL_FETCH_ABSOLUTE, -1));
    CHECK('N', SQLFetch(c.stmt));
    close_one(&c);
}

static void every_fetch_goes_where_the_tables_of_SQLFetchScroll_say(void **state) { (void)state; walk_with(""); }
static void the_same_with_rows_as_json(void **state) { (void)state; walk_with("EnableArrow=0;"); }
static void the_same_with_rows_on_disk(void **state) { (void)state; walk_with("MaxCursorMemory=0;"); }
static void the_same_through_links(void **state) { (void)state; walk_with("EnableSQLExecHybridResults=0;"); }

static void rows_of_the_driver_itself_scroll_too(void **state) {
    struct conn *c = *state;
    char first[300];
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SQLColumns(c->stmt, (SQLCHAR *)"samples", SQL_NTS, (SQLCHAR *)"tpch", SQL_NTS, (SQLCHAR *)"nation",
                          SQL_NTS, NULL, 0));
    CHECK('S', SQLFetch(c->stmt));
    snprintf(first, sizeof first, "%s", get_text(c->stmt, 4));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_LAST, 0));
    assert_string_equal(get_text(c->stmt, 4), "n_comment");
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_FIRST, 0));
    assert_string_equal(get_text(c->stmt, 4), first);
}

static void max_rows_is_where_a_static_cursor_ends(void **state) {
    struct conn *c = *state;
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SET(c, SQL_ATTR_MAX_ROWS, 5));
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT id FROM range(100) ORDER BY id", SQL_NTS));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_LAST, 0));
    assert_int_equal(get_long(c->stmt, 1), 4);
    CHECK('N', SQLFetch(c->stmt));
    CHECK('N', SQLFetchScroll(c->stmt, SQL_FETCH_ABSOLUTE, 6));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_ABSOLUTE, 5));
}

static void a_forward_only_cursor_goes_forward_only(void **state) {
    static const SQLSMALLINT HOW[] = { SQL_FETCH_FIRST, SQL_FETCH_LAST, SQL_FETCH_PRIOR, SQL_FETCH_ABSOLUTE,
                                       SQL_FETCH_RELATIVE, SQL_FETCH_BOOKMARK };
    struct conn *c = *state;
    exec(c, "SELECT id FROM range(3)");
    CHECK('S', SQLFetch(c->stmt));
    for (size_t i = 0; i < COUNT(HOW); i++) {
        CHECK('E', SQLFetchScroll(c->stmt, HOW[i], 1));
        assert_state(SQL_HANDLE_STMT, c->stmt, "HY106");
    }
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_NEXT, 0));
    assert_int_equal(get_long(c->stmt, 1), 1);
}

struct record { SQLLEN ind; SQLBIGINT id; char text[20]; SQLLEN text_ind; };

static void row_wise_buffers_with_an_offset_are_filled_on_the_way_back(void **state) {
    struct conn *c = *state;
    struct record rows[2][4];
    SQLLEN offset = 0;
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SET(c, SQL_ATTR_ROW_ARRAY_SIZE, 4));
    CHECK('S', SET(c, SQL_ATTR_ROW_BIND_TYPE, sizeof rows[0][0]));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset, 0));
    exec(c, "SELECT id, concat('row ', id) FROM range(8) ORDER BY id");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &rows[0][0].id, 0, &rows[0][0].ind));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, rows[0][0].text, sizeof rows[0][0].text, &rows[0][0].text_ind));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_LAST, 0));
    offset = sizeof rows[0];
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_PRIOR, 0));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rows[0][i].id, 4 + i);
        assert_int_equal(rows[1][i].id, i);
    }
    assert_string_equal(rows[0][3].text, "row 7");
    assert_string_equal(rows[1][3].text, "row 3");
}

static void retrieve_data_off_moves_without_touching_buffers(void **state) {
    struct conn *c = *state;
    SQLBIGINT id = -5;
    SQLLEN ind = -5;
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    exec(c, "SELECT id FROM range(9) ORDER BY id");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &id, 0, &ind));
    CHECK('S', SET(c, SQL_ATTR_RETRIEVE_DATA, SQL_RD_OFF));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_ABSOLUTE, 7));
    assert_int_equal(id, -5);
    assert_int_equal(ind, -5);
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_ROW_NUMBER), 7);
    CHECK('S', SET(c, SQL_ATTR_RETRIEVE_DATA, SQL_RD_ON));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_RELATIVE, 0));
    assert_int_equal(id, 6);
}

/* ---- positions within the rowset --------------------------------------------------------------------------------- */

static void refresh_gives_the_fetched_values_again(void **state) {
    struct conn *c = *state;
    SQLBIGINT id[3];
    SQLLEN ind[3];
    SQLUSMALLINT status[3];
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SET(c, SQL_ATTR_ROW_ARRAY_SIZE, 3));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0));
    exec(c, "SELECT id FROM range(9) ORDER BY id");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, id, 0, ind));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_ABSOLUTE, 4));
    memset(id, 0x11, sizeof id);
    CHECK('S', SQLSetPos(c->stmt, 2, SQL_REFRESH, SQL_LOCK_NO_CHANGE));
    assert_int_equal(id[1], 4);
    assert_int_equal(id[0], 0x1111111111111111);
    assert_int_equal(get_attr(c->stmt, SQL_ATTR_ROW_NUMBER), 5);
    CHECK('S', SQLSetPos(c->stmt, 0, SQL_REFRESH, SQL_LOCK_NO_CHANGE));
    assert_int_equal(id[0], 3);
    assert_int_equal(id[2], 5);
    assert_int_equal(status[2], SQL_ROW_SUCCESS);
}

static void what_a_read_only_cursor_cannot_do_has_its_sqlstate(void **state) {
    struct conn *c = *state;
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SET(c, SQL_ATTR_ROW_ARRAY_SIZE, 3));
    exec(c, "SELECT id FROM range(2)");
    CHECK('E', SQLSetPos(c->stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('E', SQLSetPos(c->stmt, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY092");
    CHECK('E', SQLSetPos(c->stmt, 1, SQL_DELETE, SQL_LOCK_NO_CHANGE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY092");
    CHECK('E', SQLSetPos(c->stmt, 1, SQL_POSITION, SQL_LOCK_EXCLUSIVE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYC00");
    CHECK('E', SQLSetPos(c->stmt, 3, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY107");
    CHECK('E', SQLSetPos(c->stmt, 0, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY109");
    CHECK('E', SQLBulkOperations(c->stmt, SQL_ADD));     /* SQLGetFunctions says that it is not there */
    assert_state(SQL_HANDLE_STMT, c->stmt, "IM001");
    CHECK('S', SQLSetPos(c->stmt, 2, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_int_equal(get_long(c->stmt, 1), 1);
}

/* ---- bookmarks --------------------------------------------------------------------------------------------------- */

enum { MARK = 8 };

static void a_bookmark_leads_back_to_its_row(void **state) {
    struct conn *c = *state;
    SQLCHAR marks[3][MARK], mark[MARK];
    SQLLEN ind[3], len = 0, number = 0;
    SQLSMALLINT type = 0;
    SQLULEN size = 0;
    CHECK('E', SQLBindCol(c->stmt, 0, SQL_C_VARBOOKMARK, marks, MARK, ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07009");
    CHECK('S', SET(c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SET(c, SQL_ATTR_USE_BOOKMARKS, SQL_UB_VARIABLE));
    CHECK('S', SET(c, SQL_ATTR_ROW_ARRAY_SIZE, 3));
    exec(c, "SELECT id FROM range(20) ORDER BY id");
    CHECK('S', SQLDescribeCol(c->stmt, 0, NULL, 0, NULL, &type, &size, NULL, NULL));
    assert_int_equal(type, SQL_BINARY);
    assert_int_equal(size, MARK);
    CHECK('S', SQLColAttribute(c->stmt, 0, SQL_DESC_OCTET_LENGTH, NULL, 0, NULL, &number));
    assert_int_equal(number, MARK);
    CHECK('S', SQLBindCol(c->stmt, 0, SQL_C_VARBOOKMARK, marks, MARK, ind));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_ABSOLUTE, 5));
    assert_int_equal(ind[2], MARK);
    CHECK('S', SQLSetPos(c->stmt, 2, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    CHECK('S', SQLGetData(c->stmt, 0, SQL_C_VARBOOKMARK, mark, sizeof mark, &len));
    assert_int_equal(len, MARK);
    assert_memory_equal(mark, marks[1], MARK);
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_LAST, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_FETCH_BOOKMARK_PTR, mark, 0));
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_BOOKMARK, 0));
    assert_int_equal(get_long(c->stmt, 1), 5);
    CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_BOOKMARK, -2));
    assert_int_equal(get_long(c->stmt, 1), 3);
    CHECK('N', SQLFetchScroll(c->stmt, SQL_FETCH_BOOKMARK, 100));
    memset(mark, 0xee, sizeof mark);
    CHECK('E', SQLFetchScroll(c->stmt, SQL_FETCH_BOOKMARK, 0));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY111");
}

/* ---- rows on disk ------------------------------------------------------------------------------------------------ */

#define TYPES_SQL "SELECT id, CASE WHEN id % 3 = 0 THEN NULL ELSE id END AS n, id % 2 = 0 AS b, " \
    "CAST(id % 100 AS TINYINT) AS ti, CAST(id AS DECIMAL(20,3)) / 7 AS de, CAST(id AS DOUBLE) / 3 AS d, " \
    "CASE WHEN id % 5 = 0 THEN NULL ELSE repeat(concat('\u00e4', id), CAST(id % 7 AS INT)) END AS s, " \
    "date_add(DATE'2000-01-01', CAST(id % 9000 AS INT)) AS dt, NULL AS nothing, " \
    "CAST(concat('b', id) AS BINARY) AS bi FROM range(30000) ORDER BY id"

enum { DISK_ROWS = 30000, DISK_COLS = 10, LINE = 400 };

static void line_of(SQLHSTMT stmt, char *line) {
    int at = 0;
    for (int i = 1; i <= DISK_COLS; i++) at += snprintf(line + at, (size_t)(LINE - at), "%s|", get_text(stmt, i));
}

static void rows_come_back_from_disk_as_they_were(void **state) {
    static char lines[DISK_ROWS / 100][LINE];
    struct conn *c = *state, disk;
    char line[LINE];
    exec(c, TYPES_SQL);
    for (int i = 0; i < DISK_ROWS; i++) {
        CHECK('S', SQLFetch(c->stmt));
        if (i % 100 == 37) line_of(c->stmt, lines[i / 100]);
    }
    open_conn_with(&disk, "MaxCursorMemory=0;", SQL_OV_ODBC3_80);
    CHECK('S', SET(&disk, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    exec(&disk, TYPES_SQL);
    srand(7);
    for (int i = 0; i < 2000; i++) {
        int k = rand() % (DISK_ROWS / 100);
        CHECK('S', SQLFetchScroll(disk.stmt, SQL_FETCH_ABSOLUTE, k * 100 + 38));
        line_of(disk.stmt, line);
        assert_string_equal(line, lines[k]);
    }
    close_one(&disk);
}

static void a_folder_that_cannot_be_written_is_an_error_that_names_it(void **state) {
    struct conn c;
    SQLCHAR text[500] = "", sqlstate[6];
    (void)state;
    open_conn_with(&c, "MaxCursorMemory=0;CursorFolder=/nonexistent/folder;", SQL_OV_ODBC3_80);
    CHECK('S', SET(&c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC));
    exec(&c, "SELECT 1");
    CHECK('E', SQLFetch(c.stmt));
    CHECK('S', SQLGetDiagRec(SQL_HANDLE_STMT, c.stmt, 1, sqlstate, NULL, text, sizeof text, NULL));
    assert_string_equal((char *)sqlstate, "HY000");
    assert_non_null(strstr((char *)text, "/nonexistent/folder"));
    CHECK('E', SQLFetch(c.stmt));       /* never an early end */
    CHECK('S', SQLCloseCursor(c.stmt));
    CHECK('S', SET(&c, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY));
    exec(&c, "SELECT 1");
    CHECK('S', SQLFetch(c.stmt));
    close_one(&c);
}

/* ---- several at once --------------------------------------------------------------------------------------------- */

static void statements_of_one_connection_keep_their_places(void **state) {
    enum { N = 5 };
    struct conn *c = *state;
    SQLHSTMT stmts[N];
    for (int i = 0; i < N; i++) {
        CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &stmts[i]));
        SQLULEN kind = i % 2 ? SQL_CURSOR_STATIC : SQL_CURSOR_FORWARD_ONLY;
        CHECK('S', SQLSetStmtAttr(stmts[i], SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)kind, 0));
        CHECK('S', SQLExecDirect(stmts[i], (SQLCHAR *)"SELECT id FROM range(1000) ORDER BY id", SQL_NTS));
    }
    for (int row = 0; row < 100; row++)
        for (int i = 0; i < N; i++) {
            CHECK('S', i % 2 ? SQLFetchScroll(stmts[i], SQL_FETCH_ABSOLUTE, 1000 - row) : SQLFetch(stmts[i]));
            assert_int_equal(get_long(stmts[i], 1), i % 2 ? 999 - row : row);
        }
    for (int i = 0; i < N; i++) CHECK('S', SQLFreeHandle(SQL_HANDLE_STMT, stmts[i]));
}

enum { THREADS = 4, THREAD_ROWS = 50000 };

static void *scroll_about(void *stmt) {
    unsigned seed = (unsigned)(uintptr_t)stmt;
    intptr_t wrong = 0;
    for (int i = 0; i < 500; i++) {
        SQLBIGINT row = rand_r(&seed) % THREAD_ROWS + 1, id = -1;
        SQLLEN ind = 0;
        SQLRETURN rc = SQLFetchScroll(stmt, i % 50 ? SQL_FETCH_ABSOLUTE : SQL_FETCH_LAST, row);
        if (i % 50 == 0) row = THREAD_ROWS;
        if (rc != SQL_SUCCESS || SQLGetData(stmt, 1, SQL_C_SBIGINT, &id, 0, &ind) != SQL_SUCCESS || id != row - 1) wrong++;
    }
    return (void *)wrong;
}

static void threads_scroll_their_own_statements_of_one_connection(void **state) {
    struct conn c;
    SQLHSTMT stmts[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    open_conn_with(&c, "MaxCursorMemory=0;", SQL_OV_ODBC3_80);
    for (int i = 0; i < THREADS; i++) {
        CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c.dbc, &stmts[i]));
        CHECK('S', SQLSetStmtAttr(stmts[i], SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_STATIC, 0));
        CHECK('S', SQLExecDirect(stmts[i], (SQLCHAR *)"SELECT id FROM range(50000) ORDER BY id", SQL_NTS));
    }
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, scroll_about, stmts[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
        CHECK('S', SQLFreeHandle(SQL_HANDLE_STMT, stmts[i]));
    }
    close_one(&c);
}

const struct CMUnitTest CURSOR_TESTS[] = {
    TEST(keyset_and_dynamic_become_static_visibly), TEST(cursor_attributes_imply_one_another),
    TEST(the_kind_of_a_cursor_is_settled_before_it_opens), TEST(the_kind_set_on_a_connection_is_that_of_its_statements),
    TEST(info_claims_what_cursors_do), cmocka_unit_test(every_fetch_goes_where_the_tables_of_SQLFetchScroll_say),
    cmocka_unit_test(the_same_with_rows_as_json), cmocka_unit_test(the_same_with_rows_on_disk),
    cmocka_unit_test(the_same_through_links), TEST(rows_of_the_driver_itself_scroll_too),
    TEST(max_rows_is_where_a_static_cursor_ends), TEST(a_forward_only_cursor_goes_forward_only),
    TEST(row_wise_buffers_with_an_offset_are_filled_on_the_way_back),
    TEST(retrieve_data_off_moves_without_touching_buffers), TEST(refresh_gives_the_fetched_values_again),
    TEST(what_a_read_only_cursor_cannot_do_has_its_sqlstate), TEST(a_bookmark_leads_back_to_its_row),
    TEST(rows_come_back_from_disk_as_they_were),
    cmocka_unit_test(a_folder_that_cannot_be_written_is_an_error_that_names_it),
    TEST(statements_of_one_connection_keep_their_places),
    cmocka_unit_test(threads_scroll_their_own_statements_of_one_connection),
};
const size_t N_CURSOR_TESTS = COUNT(CURSOR_TESTS);
