/* SQLGetData: in parts, at every buffer size, in any order; and what it says of mistakes. */
#include "rules.h"

#define AT "SQLGetData / "
#define PARTS AT "Comments / Retrieving Variable-Length Data in Parts"

static void fetch_typed(struct run *r, const char *type, const char *value) {
    select_typed(r, type, value);
    OK(SQLFetch(r->stmt));
}

/* "abcdefghij" read through a buffer of so many bytes: what each call says, and that nothing is lost. */
struct part_line { struct row row; SQLSMALLINT type; SQLLEN room; };
#define P(id, type, room, text) { { "getdata_parts_" #id, PARTS, text }, type, room }
static const struct part_line PART_LINES[] = {
    P(char_1, SQL_C_CHAR, 1, "one byte holds the NUL alone: 01004, no progress, the whole length"),
    P(char_2, SQL_C_CHAR, 2, "two bytes give one character at a time"),
    P(char_3, SQL_C_CHAR, 3, "three bytes give two characters at a time"),
    P(char_10, SQL_C_CHAR, 10, "room for all but the last character needs two calls"),
    P(char_11, SQL_C_CHAR, 11, "room for all and the NUL needs one call"),
    P(char_12, SQL_C_CHAR, 12, "more room than data needs one call"),
    P(wchar_4, SQL_C_WCHAR, 4, "two wide characters of room give one at a time"),
    P(wchar_5, SQL_C_WCHAR, 5, "an odd number of bytes gives whole wide characters only"),
    P(wchar_20, SQL_C_WCHAR, 20, "wide room for all but the last needs two calls"),
    P(wchar_22, SQL_C_WCHAR, 22, "wide room for all and the NUL needs one call"),
};
static void check_parts(struct run *r, const void *arg) {
    const struct part_line *line = arg;
    bool wide = line->type == SQL_C_WCHAR;
    SQLLEN unit = wide ? 2 : 1, left = 10 * unit, ind = 0;
    SQLLEN step = (line->room / unit - 1) * unit;
    char all[11] = "", buffer[40];
    size_t have = 0;
    fetch_typed(r, "varchar", "abcdefghij");
    if (!step) {
        INFO(SQLGetData(r->stmt, 1, line->type, buffer, line->room, &ind), "01004");
        EQ(ind, left);
        EQ(buffer[0], 0);
        return;
    }
    while (left > 0) {
        memset(buffer, '#', sizeof buffer);
        SQLRETURN rc = SQLGetData(r->stmt, 1, line->type, buffer, line->room, &ind);
        bool last = left <= step;
        if (last) judge(r, "S", rc, "SQLGetData of the last part");
        else judge_state(r, SQL_HANDLE_STMT, r->stmt, SQL_SUCCESS_WITH_INFO, rc, "01004", "SQLGetData of a part");
        MUST(ind == left || (!last && ind == SQL_NO_TOTAL), "the length is %ld instead of %ld", (long)ind, (long)left);
        SQLLEN got = last ? left : step;
        MUST(!buffer[got] && (!wide || !buffer[got + 1]), "no NUL behind the part");
        MUST(buffer[line->room] == '#', "written beyond the buffer");
        for (SQLLEN i = 0; i < got; i += unit) all[have++] = buffer[i];
        left -= got;
    }
    all[have] = 0;
    TEXT(all, "abcdefghij");
    NODATA(SQLGetData(r->stmt, 1, line->type, buffer, line->room, &ind));
}
RULE_TABLE(PART_LINES, check_parts)

RULE(getdata_parts_binary, PARTS, "binary data comes in parts without NULs") {
    unsigned char v[3];
    SQLLEN ind = 0;
    fetch_typed(r, "binary", "0102030405");
    INFO(SQLGetData(r->stmt, 1, SQL_C_BINARY, v, 3, &ind), "01004");
    MUST(v[0] == 1 && v[2] == 3 && (ind == 5 || ind == SQL_NO_TOTAL), "length %ld", (long)ind);
    OK(SQLGetData(r->stmt, 1, SQL_C_BINARY, v, 3, &ind));
    MUST(v[0] == 4 && v[1] == 5 && ind == 2, "length %ld", (long)ind);
    NODATA(SQLGetData(r->stmt, 1, SQL_C_BINARY, v, 3, &ind));
}
RULE(getdata_parts_binary_as_char, "Appendix D: SQL to C: Binary",
     "bytes become whole pairs of digits: of an even BufferLength the last byte is not used") {
    char v[4];
    char all[11] = "";
    SQLLEN ind = 0;
    fetch_typed(r, "binary", "0102030A0F");
    for (int i = 0; i < 5; i++) {
        SQLRETURN rc = SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind);
        judge(r, i < 4 ? "I" : "S", rc, "SQLGetData(SQL_C_CHAR)");
        EQ(strlen(v), 2);
        memcpy(all + (size_t)i * 2, v, 3);
    }
    TEXT(all, "0102030A0F");
}
RULE(getdata_length_without_buffer, AT "Arguments / TargetValuePtr",
     "a length of 0 asks for the length of character data") {
    char v[2] = "#";
    SQLLEN ind = 0;
    fetch_typed(r, "varchar", "abcdefghij");
    INFO(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, 0, &ind), "01004");
    EQ(ind, 10);
    EQ(v[0], '#');
}
RULE(getdata_length_then_data, PARTS, "after asking for the length all data is still there") {
    char v[20] = "";
    SQLLEN ind = 0;
    fetch_typed(r, "varchar", "abcdefghij");
    INFO(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, 0, &ind), "01004");
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    TEXT(v, "abcdefghij");
}
RULE(getdata_null_pointer_hy009, AT "Diagnostics / HY009", "a NULL TargetValuePtr gives HY009") {
    SQLLEN ind = 0;
    fetch_typed(r, "integer", "5");
    ERR(SQLGetData(r->stmt, 1, SQL_C_SLONG, NULL, 0, &ind), "HY009");
}
RULE(getdata_negative_length_hy090, AT "Diagnostics / HY090", "a negative BufferLength gives HY090") {
    char v[4];
    fetch_typed(r, "varchar", "abc");
    ERR(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, -2, NULL), "HY090");
}
RULE(getdata_bad_type_hy003, AT "Diagnostics / HY003", "a TargetType that is none gives HY003") {
    char v[40];
    fetch_typed(r, "integer", "5");
    ERR(SQLGetData(r->stmt, 1, 7777, v, sizeof v, NULL), "HY003");
}
RULE(getdata_column_behind_last_07009, AT "Diagnostics / 07009", "a column number behind the last gives 07009") {
    SQLINTEGER v;
    fetch_typed(r, "integer", "5");
    ERR(SQLGetData(r->stmt, 2, SQL_C_SLONG, &v, 0, NULL), "07009");
}
RULE(getdata_column_0_07009, AT "Diagnostics / 07009", "column 0 without bookmarks gives 07009") {
    SQLINTEGER v;
    fetch_typed(r, "integer", "5");
    ERR(SQLGetData(r->stmt, 0, SQL_C_BOOKMARK, &v, sizeof v, NULL), "07009");
}
RULE(getdata_null_indicator, AT "Comments / Retrieving Data with SQLGetData",
     "NULL sets the indicator to SQL_NULL_DATA") {
    SQLINTEGER v = 9;
    SQLLEN ind = 0;
    fetch_typed(r, "integer", NULL);
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, &ind));
    EQ(ind, SQL_NULL_DATA);
}
RULE(getdata_null_without_indicator_22002, AT "Diagnostics / 22002", "NULL without an indicator gives 22002") {
    SQLINTEGER v;
    fetch_typed(r, "integer", NULL);
    ERR(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL), "22002");
}
RULE(getdata_fixed_twice_no_data, AT "Returns / SQL_NO_DATA",
     "fixed-length data is there once: the second call gives SQL_NO_DATA") {
    SQLINTEGER v = 0;
    fetch_typed(r, "integer", "5");
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    NODATA(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
}
RULE(getdata_text_twice_no_data, AT "Returns / SQL_NO_DATA",
     "character data that was read whole is gone: SQL_NO_DATA") {
    char v[40];
    fetch_typed(r, "varchar", "abc");
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, NULL));
    NODATA(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, NULL));
}
RULE(getdata_null_twice_no_data, AT "Returns / SQL_NO_DATA", "a NULL that was read is gone: SQL_NO_DATA") {
    char v[40];
    SQLLEN ind;
    fetch_typed(r, "varchar", NULL);
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    NODATA(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
}
RULE(getdata_empty_text, AT "Comments / Retrieving Data with SQLGetData",
     "an empty string is no NULL: length 0 and a NUL") {
    char v[4] = "###";
    SQLLEN ind = -7;
    fetch_typed(r, "varchar", "");
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    EQ(ind, 0);
    EQ(v[0], 0);
}
RULE(getdata_empty_text_twice, AT "Returns / SQL_NO_DATA", "an empty string is there once as well") {
    char v[4];
    SQLLEN ind = -7;
    fetch_typed(r, "varchar", "");
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    NODATA(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
}
RULE(getdata_empty_binary, AT "Comments / Retrieving Data with SQLGetData", "an empty binary value has length 0") {
    char v[4] = "###";
    SQLLEN ind = -7;
    fetch_typed(r, "binary", "");
    OK(SQLGetData(r->stmt, 1, SQL_C_BINARY, v, sizeof v, &ind));
    EQ(ind, 0);
    EQ(v[0], '#');
}
RULE(getdata_other_column_restarts, PARTS,
     "going to another column and back starts anew, where columns come in any order") {
    char v[3];
    SQLINTEGER id;
    if (!(info_u32(r, SQL_GETDATA_EXTENSIONS) & SQL_GD_ANY_ORDER)) unsupported(r, "",
        "SQL_GD_ANY_ORDER is not claimed");
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    INFO(SQLGetData(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL), "01004");
    TEXT(v, "ro");
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &id, 0, NULL));
    INFO(SQLGetData(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL), "01004");
    TEXT(v, "ro");
}
RULE(getdata_next_row_restarts, PARTS, "the next row starts anew, whatever was left") {
    char v[3];
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    INFO(SQLGetData(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL), "01004");
    OK(SQLFetch(r->stmt));
    INFO(SQLGetData(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL), "01004");
    TEXT(v, "ro");
}
RULE(getdata_long_in_parts, PARTS, "10,000 characters come through 100 bytes, with the rest's length each time") {
    char v[101];
    SQLLEN ind = 0, left = 10000;
    int calls = 0;
    query(r, sql_of(r, "long_text"));
    OK(SQLFetch(r->stmt));
    for (SQLRETURN rc; (rc = SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind)) != SQL_NO_DATA; calls++) {
        MUST(SQL_SUCCEEDED(rc) && calls < 200, "call %d: %c", calls, letter_of(rc));
        MUST(ind == left || ind == SQL_NO_TOTAL, "call %d: length %ld instead of %ld", calls, (long)ind, (long)left);
        MUST(!strncmp(v, "abcdefghij", 10), "call %d: \"%.10s\"", calls, v);
        left -= 100;
    }
    EQ(calls, 100);
}
RULE(getdata_default_type, AT "TargetType / SQL_C_DEFAULT", "SQL_C_DEFAULT is the type's default C type") {
    SQLINTEGER v = 0;
    fetch_typed(r, "integer", "77");
    OK(SQLGetData(r->stmt, 1, SQL_C_DEFAULT, &v, sizeof v, NULL));
    EQ(v, 77);
}
RULE(getdata_ard_type, AT "TargetType / SQL_ARD_TYPE", "SQL_ARD_TYPE takes type and precision from the ARD record") {
    SQL_NUMERIC_STRUCT v;
    memset(&v, 0, sizeof v);
    SQLHDESC ard = desc_of(r, SQL_ATTR_APP_ROW_DESC);
    fetch_typed(r, "decimal", "12.34");
    OK(SQLSetDescField(ard, 1, SQL_DESC_TYPE, (SQLPOINTER)SQL_C_NUMERIC, 0));
    OK(SQLSetDescField(ard, 1, SQL_DESC_PRECISION, (SQLPOINTER)10, 0));
    OK(SQLSetDescField(ard, 1, SQL_DESC_SCALE, (SQLPOINTER)2, 0));
    OK(SQLGetData(r->stmt, 1, SQL_ARD_TYPE, &v, sizeof v, NULL));
    EQ(v.val[0] + 256 * v.val[1], 1234);
    EQ(v.scale, 2);
}
RULE(getdata_leaves_ard, AT "Comments / Descriptors and SQLGetData", "SQLGetData does not change the ARD") {
    SQLINTEGER v;
    SQLSMALLINT count = -1;
    fetch_typed(r, "integer", "5");
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    OK(SQLGetDescField(desc_of(r, SQL_ATTR_APP_ROW_DESC), 0, SQL_DESC_COUNT, &count, 0, NULL));
    EQ(count, 0);
}
RULE(getdata_no_split_character, AT "Comments / Retrieving Variable-Length Data in Parts",
     "wide text read two characters at a time loses nothing, surrogate pairs included") {
    SQLWCHAR v[3], all[32];
    size_t n = 0;
    SQLLEN ind;
    query(r, sql_of(r, "unicode_text"));
    OK(SQLFetch(r->stmt));
    for (SQLRETURN rc; (rc = SQLGetData(r->stmt, 1, SQL_C_WCHAR, v, sizeof v, &ind)) != SQL_NO_DATA;) {
        MUST(SQL_SUCCEEDED(rc) && n < 28, "%c", letter_of(rc));
        for (int i = 0; i < 2 && v[i]; i++) all[n++] = v[i];
    }
    static const SQLWCHAR WANT[] = { 'a', 0x20AC, 0xDF, 0xD83D, 0xDE00, 'z' };
    EQ(n, 6);
    MUST(!memcmp(all, WANT, sizeof WANT), "other characters");
}
RULE(getdata_after_block_fetch, AT "Comments; SQL_GD_BLOCK",
     "in a block of more than one row SQLGetData needs SQL_GD_BLOCK and SQLSetPos") {
    SQLINTEGER v = 0;
    SQLULEN rows = 0;
    bool claimed = info_u32(r, SQL_GETDATA_EXTENSIONS) & SQL_GD_BLOCK;
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)3, 0));
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &rows, 0));
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    EQ(rows, 3);
    MAY(claimed, SQLSetPos(r->stmt, 2, SQL_POSITION, SQL_LOCK_NO_CHANGE), "HYC00 IM001 HY109 HY092");
    MAY(claimed, SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL), "HYC00 07009 HY109");
    EQ(v, 2);
}
