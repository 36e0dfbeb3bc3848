/* Appendix D: converting data from C to SQL data types, seen by what a data source says of a parameter: the row of
 * rules_rows whose id, or whose name, a parameter names. */
#include "rules.h"

struct to_line {
    struct row row;
    SQLSMALLINT c_type, sql_type;
    const void *value;
    SQLLEN len;
    SQLULEN size;
    const char *want;    /* "3": the id of the row found; "": none; "!" and the states of an error */
};

#define T(id, c, sql, value, len, size, want, text) { { "to_" #id, \
    "Appendix D: Converting Data from C to SQL Data Types: " #c " to " #sql, text }, \
    c, sql, value, len, size, want }

static const SQLSCHAR s8 = 3;
static const SQLCHAR u8 = 3, one = 1;
static const SQLSMALLINT s16 = 3;
static const SQLUSMALLINT u16 = 3;
static const SQLINTEGER s32 = 3, big32 = 2147483647;
static const SQLUINTEGER u32 = 3, over32 = 4000000000u;
static const SQLBIGINT s64 = 3, big64 = 5000000000;
static const SQLUBIGINT u64 = 3;
static const SQLREAL real = 3.0f;
static const SQLDOUBLE dbl = 3.0, half = 3.5, huge = 1e30;
static const SQL_NUMERIC_STRUCT num = { .precision = 5, .scale = 0, .sign = 1, .val = { 3 } };
static const SQL_DATE_STRUCT date = { 2024, 2, 29 };
static const SQL_DATE_STRUCT bad_date = { 2023, 2, 29 };
static const SQL_TIMESTAMP_STRUCT bad_ts = { 2024, 13, 1, 0, 0, 0, 0 };
static const SQL_TIME_STRUCT bad_time = { 25, 0, 0 };
static const SQLWCHAR wide3[] = { '3', 0 };
static const SQLWCHAR wide_row3[] = { 'r', 'o', 'w', '3', 0 };

static const struct to_line LINES[] = {
    T(stinyint_integer, SQL_C_STINYINT, SQL_INTEGER, &s8, 0, 0, "3", "a signed byte becomes an integer"),
    T(utinyint_integer, SQL_C_UTINYINT, SQL_INTEGER, &u8, 0, 0, "3", "an unsigned byte becomes an integer"),
    T(sshort_integer, SQL_C_SSHORT, SQL_INTEGER, &s16, 0, 0, "3", "a short becomes an integer"),
    T(ushort_integer, SQL_C_USHORT, SQL_INTEGER, &u16, 0, 0, "3", "an unsigned short becomes an integer"),
    T(slong_integer, SQL_C_SLONG, SQL_INTEGER, &s32, 0, 0, "3", "a long becomes an integer"),
    T(slong_smallint, SQL_C_SLONG, SQL_SMALLINT, &s32, 0, 0, "3", "a long becomes a smallint"),
    T(slong_bigint, SQL_C_SLONG, SQL_BIGINT, &s32, 0, 0, "3", "a long becomes a bigint"),
    T(slong_double, SQL_C_SLONG, SQL_DOUBLE, &s32, 0, 0, "3", "a long becomes a double"),
    T(slong_decimal, SQL_C_SLONG, SQL_DECIMAL, &s32, 0, 10, "3", "a long becomes a decimal"),
    T(slong_smallint_over, SQL_C_SLONG, SQL_SMALLINT, &big32, 0, 0, "!22003",
        "a long too great for a smallint gives 22003"),
    T(ulong_integer, SQL_C_ULONG, SQL_INTEGER, &u32, 0, 0, "3", "an unsigned long becomes an integer"),
    T(ulong_integer_over, SQL_C_ULONG, SQL_INTEGER, &over32, 0, 0, "!22003",
        "an unsigned long too great for an integer gives 22003"),
    T(sbigint_integer, SQL_C_SBIGINT, SQL_INTEGER, &s64, 0, 0, "3", "a bigint becomes an integer"),
    T(sbigint_integer_over, SQL_C_SBIGINT, SQL_INTEGER, &big64, 0, 0, "!22003",
        "a bigint too great for an integer gives 22003"),
    T(ubigint_bigint, SQL_C_UBIGINT, SQL_BIGINT, &u64, 0, 0, "3", "an unsigned bigint becomes a bigint"),
    T(float_double, SQL_C_FLOAT, SQL_DOUBLE, &real, 0, 0, "3", "a float becomes a double"),
    T(double_double, SQL_C_DOUBLE, SQL_DOUBLE, &dbl, 0, 0, "3", "a double stays one"),
    T(double_integer, SQL_C_DOUBLE, SQL_INTEGER, &dbl, 0, 0, "3", "a whole double becomes an integer"),
    T(double_integer_fraction, SQL_C_DOUBLE, SQL_INTEGER, &half, 0, 0, "3", "a fraction is cut without a word"),
    T(double_integer_over, SQL_C_DOUBLE, SQL_INTEGER, &huge, 0, 0, "!22003",
        "a double too great for an integer gives 22003"),
    T(bit_integer, SQL_C_BIT, SQL_INTEGER, &one, 0, 0, "1", "a bit becomes an integer"),
    T(numeric_decimal, SQL_C_NUMERIC, SQL_DECIMAL, &num, sizeof num, 10, "3", "a numeric becomes a decimal"),
    T(numeric_integer, SQL_C_NUMERIC, SQL_INTEGER, &num, sizeof num, 0, "3", "a numeric becomes an integer"),
    T(char_integer, SQL_C_CHAR, SQL_INTEGER, "3", SQL_NTS, 0, "3", "digits become an integer"),
    T(char_integer_length, SQL_C_CHAR, SQL_INTEGER, "3999", 1, 0, "3", "the length counts, not the NUL"),
    T(char_integer_blanks, SQL_C_CHAR, SQL_INTEGER, " 3 ", SQL_NTS, 0, "3", "blanks around a number are ignored"),
    T(char_integer_word, SQL_C_CHAR, SQL_INTEGER, "three", SQL_NTS, 0, "!22018", "text that is no number gives 22018"),
    T(char_integer_over, SQL_C_CHAR, SQL_INTEGER, "99999999999", SQL_NTS, 0, "!22001 22003",
        "whole digits that would be lost give 22001 (22003 in the standard)"),
    T(char_decimal, SQL_C_CHAR, SQL_DECIMAL, "3", SQL_NTS, 10, "3", "digits become a decimal"),
    T(char_double, SQL_C_CHAR, SQL_DOUBLE, "3e0", SQL_NTS, 0, "3", "an exponent becomes a double"),
    T(char_double_word, SQL_C_CHAR, SQL_DOUBLE, "x", SQL_NTS, 0, "!22018",
        "text that is no number is no double (22018)"),
    T(char_date_word, SQL_C_CHAR, SQL_TYPE_DATE, "soon", SQL_NTS, 0, "!22018 22007",
        "text that is no date gives 22018"),
    T(char_date_bad, SQL_C_CHAR, SQL_TYPE_DATE, "2023-02-29", SQL_NTS, 0, "!22018 22007 22008",
        "a day that does not exist gives 22018 or 22008"),
    T(char_timestamp_word, SQL_C_CHAR, SQL_TYPE_TIMESTAMP, "soon", SQL_NTS, 0, "!22018 22007",
        "text that is no timestamp gives 22018"),
    T(wchar_integer, SQL_C_WCHAR, SQL_INTEGER, wide3, SQL_NTS, 0, "3", "wide digits become an integer"),
    T(date_struct_bad, SQL_C_TYPE_DATE, SQL_TYPE_DATE, &bad_date, 0, 10, "!22007 22008",
        "a day that does not exist gives 22007"),
    T(time_struct_bad, SQL_C_TYPE_TIME, SQL_TYPE_TIME, &bad_time, 0, 8, "!22007 22008 HYC00",
        "an hour that does not exist gives 22007"),
    T(timestamp_struct_bad, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, &bad_ts, 0, 26, "!22007 22008",
        "a month that does not exist gives 22007"),
    T(date_to_integer, SQL_C_TYPE_DATE, SQL_INTEGER, &date, 0, 0, "!07006", "a date is no integer (07006)"),
    T(double_to_date, SQL_C_DOUBLE, SQL_TYPE_DATE, &dbl, 0, 0, "!07006", "a double is no date (07006)"),
    T(slong_to_timestamp, SQL_C_SLONG, SQL_TYPE_TIMESTAMP, &s32, 0, 0, "!07006", "an integer is no timestamp (07006)"),
    T(time_to_date, SQL_C_TYPE_TIME, SQL_TYPE_DATE, &bad_time, 0, 0, "!07006", "a time is no date (07006)"),
    T(bit_to_date, SQL_C_BIT, SQL_TYPE_DATE, &one, 0, 0, "!07006", "a bit is no date (07006)"),
    T(numeric_to_time, SQL_C_NUMERIC, SQL_TYPE_TIME, &num, 0, 0, "!07006 HYC00", "a numeric is no time (07006)"),
    T(date_to_binary, SQL_C_TYPE_DATE, SQL_BINARY, &date, 0, 6, "!07006", "a date is no binary (07006)"),
    T(null_integer, SQL_C_SLONG, SQL_INTEGER, &s32, SQL_NULL_DATA, 0, "",
        "SQL_NULL_DATA is NULL, which equals nothing"),
};

static void check_to(struct run *r, const void *arg) {
    const struct to_line *line = arg;
    SQLLEN ind = line->len;
    SQLINTEGER id = 0;
    bool refused = line->want[0] == '!';
    SQLRETURN rc = SQLPrepare(r->stmt, (SQLCHAR *)"SELECT id FROM rules_rows WHERE id = ?", SQL_NTS);
    judge(r, "S", rc, "SQLPrepare");
    rc = SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, line->c_type, line->sql_type, line->size, 0,
                          (SQLPOINTER)(uintptr_t)line->value, 0, &ind);
    if (rc == SQL_SUCCESS) rc = SQLExecute(r->stmt);
    if (refused) {
        judge_state(r, SQL_HANDLE_STMT, r->stmt, SQL_ERROR, rc, line->want + 1, "SQLBindParameter, SQLExecute");
        return;
    }
    judge(r, "S", rc, "SQLExecute");
    rc = SQLFetch(r->stmt);
    judge(r, line->want[0] ? "S" : "N", rc, "SQLFetch");
    if (!line->want[0]) return;
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &id, 0, NULL));
    EQ(id, atoi(line->want));
}
RULE_TABLE(LINES, check_to)

struct text_line { struct row row; SQLSMALLINT c_type, sql_type; const void *value; SQLLEN len; };
#define X(id, c, sql, value, len, text) { { "to_text_" #id, \
    "Appendix D: Converting Data from C to SQL Data Types: " #c " to " #sql, text }, c, sql, value, len }
static const struct text_line TEXTS[] = {
    X(char_varchar, SQL_C_CHAR, SQL_VARCHAR, "row3", SQL_NTS, "text finds its row"),
    X(char_varchar_length, SQL_C_CHAR, SQL_VARCHAR, "row3456", 4, "text of a given length finds its row"),
    X(char_char, SQL_C_CHAR, SQL_CHAR, "row3", SQL_NTS, "text as CHAR finds its row"),
    X(char_longvarchar, SQL_C_CHAR, SQL_LONGVARCHAR, "row3", SQL_NTS, "text as LONGVARCHAR finds its row"),
    X(wchar_wvarchar, SQL_C_WCHAR, SQL_WVARCHAR, wide_row3, SQL_NTS, "wide text finds its row"),
    X(wchar_wvarchar_length, SQL_C_WCHAR, SQL_WVARCHAR, wide_row3, 8,
        "wide text of a given length in bytes finds its row"),
    X(wchar_varchar, SQL_C_WCHAR, SQL_VARCHAR, wide_row3, SQL_NTS, "wide text as VARCHAR finds its row"),
    X(char_wvarchar, SQL_C_CHAR, SQL_WVARCHAR, "row3", SQL_NTS, "text as WVARCHAR finds its row"),
    X(default_varchar, SQL_C_DEFAULT, SQL_VARCHAR, "row3", SQL_NTS, "SQL_C_DEFAULT of VARCHAR is text"),
};
static void check_text(struct run *r, const void *arg) {
    const struct text_line *line = arg;
    SQLLEN ind = line->len;
    SQLINTEGER id = 0;
    OK(SQLPrepare(r->stmt, (SQLCHAR *)"SELECT id FROM rules_rows WHERE name = ?", SQL_NTS));
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, line->c_type, line->sql_type, 20, 0,
                        (SQLPOINTER)(uintptr_t)line->value, 0, &ind));
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &id, 0, NULL));
    EQ(id, 3);
}
RULE_TABLE(TEXTS, check_text)
