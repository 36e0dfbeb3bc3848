/* Escape sequences: what a driver claims in its bitmaps gives the answer that ODBC defines. */
#include "rules.h"

struct escape_line {
    struct row row;
    SQLUSMALLINT info;      /* 0: every driver */
    SQLUINTEGER bit;
    const char *expression, *want;
};
#define E(id, info, bit, expression, want) { { "escape_" #id, \
    "Appendix E: Scalar Functions; Appendix C: ODBC Escape Sequences", \
    expression " is " want ", where it is claimed" }, info, bit, expression, want }
#define STR(name, ex, want) E(str_##name, SQL_STRING_FUNCTIONS, SQL_FN_STR_##name, ex, want)
#define NUM(name, ex, want) E(num_##name, SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_##name, ex, want)
#define TD(name, ex, want) E(td_##name, SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_##name, ex, want)
#define ADD(name, ex, want) E(add_##name, SQL_TIMEDATE_ADD_INTERVALS, SQL_FN_TSI_##name, ex, want)
#define DIFF(name, ex, want) E(diff_##name, SQL_TIMEDATE_DIFF_INTERVALS, SQL_FN_TSI_##name, ex, want)
#define AT "{ts '2024-03-15 12:30:45'}"

static const struct escape_line LINES[] = {
    STR(ASCII, "{fn ASCII('A')}", "65"), STR(CHAR, "{fn CHAR(65)}", "A"), STR(CONCAT, "{fn CONCAT('a', 'b')}", "ab"),
    STR(INSERT, "{fn INSERT('abcdef', 2, 3, 'XY')}", "aXYef"), STR(LCASE, "{fn LCASE('AbC')}", "abc"),
    STR(LEFT, "{fn LEFT('abcdef', 2)}", "ab"), STR(LENGTH, "{fn LENGTH('abc  ')}", "3"),
    STR(LOCATE, "{fn LOCATE('c', 'abcabc', 4)}", "6"), STR(LOCATE_2, "{fn LOCATE('c', 'abcabc')}", "3"),
    STR(LTRIM, "{fn LTRIM('  a')}", "a"), STR(REPEAT, "{fn REPEAT('ab', 3)}", "ababab"),
    STR(REPLACE, "{fn REPLACE('abcb', 'b', 'x')}", "axcx"), STR(RIGHT, "{fn RIGHT('abcdef', 2)}", "ef"),
    STR(RTRIM, "{fn CONCAT({fn RTRIM('a  ')}, 'b')}", "ab"), STR(SOUNDEX, "{fn SOUNDEX('Robert')}", "R163"),
    STR(SPACE, "{fn CONCAT('a', {fn CONCAT({fn SPACE(2)}, 'b')})}", "a  b"), STR(SUBSTRING,
        "{fn SUBSTRING('abcdef', 2, 3)}", "bcd"),
    STR(UCASE, "{fn UCASE('aBc')}", "ABC"), STR(BIT_LENGTH, "{fn BIT_LENGTH('ab')}", "16"),
    STR(CHAR_LENGTH, "{fn CHAR_LENGTH('abc')}", "3"), STR(CHARACTER_LENGTH, "{fn CHARACTER_LENGTH('abc')}", "3"),
    STR(OCTET_LENGTH, "{fn OCTET_LENGTH('abc')}", "3"), STR(POSITION, "{fn POSITION('c' IN 'abc')}", "3"),
    STR(DIFFERENCE, "{fn DIFFERENCE('Robert', 'Rupert')}", "4"),
    NUM(ABS, "{fn ABS(-5)}", "5"), NUM(ACOS, "{fn ROUND({fn ACOS(1)}, 3)}", "0"), NUM(ASIN,
        "{fn ROUND({fn ASIN(0)}, 3)}", "0"),
    NUM(ATAN, "{fn ROUND({fn ATAN(0)}, 3)}", "0"), NUM(ATAN2, "{fn ROUND({fn ATAN2(0, 1)}, 3)}", "0"),
    NUM(CEILING, "{fn CEILING(1.2)}", "2"), NUM(COS, "{fn ROUND({fn COS(0)}, 3)}", "1"), NUM(COT,
        "{fn FLOOR({fn COT(0.5)})}", "1"),
    NUM(EXP, "{fn ROUND({fn EXP(0)}, 3)}", "1"), NUM(FLOOR, "{fn FLOOR(1.8)}", "1"), NUM(LOG,
        "{fn ROUND({fn LOG(1)}, 3)}", "0"),
    NUM(LOG10, "{fn ROUND({fn LOG10(1000)}, 3)}", "3"), NUM(MOD, "{fn MOD(17, 5)}", "2"), NUM(PI,
        "{fn FLOOR({fn PI()})}", "3"),
    NUM(POWER, "{fn POWER(2, 10)}", "1024"), NUM(RADIANS, "{fn FLOOR({fn RADIANS(180)})}", "3"),
    NUM(DEGREES, "{fn DEGREES(0)}", "0"), NUM(RAND, "{fn FLOOR({fn RAND()})}", "0"), NUM(ROUND, "{fn ROUND(15.6, 0)}",
        "16"),
    NUM(SIGN, "{fn SIGN(-3)}", "-1"), NUM(SIN, "{fn ROUND({fn SIN(0)}, 3)}", "0"), NUM(SQRT, "{fn SQRT(16)}", "4"),
    NUM(TAN, "{fn ROUND({fn TAN(0)}, 3)}", "0"), NUM(TRUNCATE, "{fn TRUNCATE(15.67, 0)}", "15"),
    TD(DAYNAME, "{fn DAYNAME({d '2024-03-15'})}", "Friday"), TD(DAYOFMONTH, "{fn DAYOFMONTH({d '2024-03-15'})}", "15"),
    TD(DAYOFWEEK, "{fn DAYOFWEEK({d '2024-03-15'})}", "6"), TD(DAYOFYEAR, "{fn DAYOFYEAR({d '2024-03-15'})}", "75"),
    TD(EXTRACT, "{fn EXTRACT(MONTH FROM {d '2024-03-15'})}", "3"), TD(HOUR, "{fn HOUR(" AT ")}", "12"),
    TD(MINUTE, "{fn MINUTE(" AT ")}", "30"), TD(MONTH, "{fn MONTH({d '2024-03-15'})}", "3"),
    TD(MONTHNAME, "{fn MONTHNAME({d '2024-03-15'})}", "March"), TD(QUARTER, "{fn QUARTER({d '2024-03-15'})}", "1"),
    TD(SECOND, "{fn SECOND(" AT ")}", "45"), TD(WEEK, "{fn WEEK({d '2024-03-15'})}", "11"), TD(YEAR,
        "{fn YEAR({d '2024-03-15'})}", "2024"),
    TD(CURDATE, "{fn YEAR({fn CURDATE()})} - {fn YEAR({fn CURDATE()})}", "0"), TD(NOW,
        "{fn YEAR({fn NOW()})} - {fn YEAR({fn NOW()})}", "0"),
    TD(CURRENT_DATE, "{fn YEAR({fn CURRENT_DATE()})} - {fn YEAR({fn CURDATE()})}", "0"),
    TD(CURRENT_TIMESTAMP, "{fn YEAR({fn CURRENT_TIMESTAMP()})} - {fn YEAR({fn NOW()})}", "0"),
    ADD(SECOND, "{fn SECOND({fn TIMESTAMPADD(SQL_TSI_SECOND, 5, " AT ")})}", "50"),
    ADD(MINUTE, "{fn MINUTE({fn TIMESTAMPADD(SQL_TSI_MINUTE, 5, " AT ")})}", "35"),
    ADD(HOUR, "{fn HOUR({fn TIMESTAMPADD(SQL_TSI_HOUR, 5, " AT ")})}", "17"),
    ADD(DAY, "{fn DAYOFMONTH({fn TIMESTAMPADD(SQL_TSI_DAY, 5, " AT ")})}", "20"),
    ADD(WEEK, "{fn DAYOFMONTH({fn TIMESTAMPADD(SQL_TSI_WEEK, 1, " AT ")})}", "22"),
    ADD(MONTH, "{fn MONTH({fn TIMESTAMPADD(SQL_TSI_MONTH, 5, " AT ")})}", "8"),
    ADD(QUARTER, "{fn MONTH({fn TIMESTAMPADD(SQL_TSI_QUARTER, 1, " AT ")})}", "6"),
    ADD(YEAR, "{fn YEAR({fn TIMESTAMPADD(SQL_TSI_YEAR, -4, " AT ")})}", "2020"),
    DIFF(SECOND, "{fn TIMESTAMPDIFF(SQL_TSI_SECOND, " AT ", {ts '2024-03-15 12:31:00'})}", "15"),
    DIFF(MINUTE, "{fn TIMESTAMPDIFF(SQL_TSI_MINUTE, " AT ", {ts '2024-03-15 12:40:45'})}", "10"),
    DIFF(HOUR, "{fn TIMESTAMPDIFF(SQL_TSI_HOUR, " AT ", {ts '2024-03-15 17:30:45'})}", "5"),
    DIFF(DAY, "{fn TIMESTAMPDIFF(SQL_TSI_DAY, " AT ", {ts '2024-03-20 12:30:45'})}", "5"),
    DIFF(WEEK, "{fn TIMESTAMPDIFF(SQL_TSI_WEEK, " AT ", {ts '2024-03-29 12:30:45'})}", "2"),
    DIFF(MONTH, "{fn TIMESTAMPDIFF(SQL_TSI_MONTH, " AT ", {ts '2024-05-15 12:30:45'})}", "2"),
    DIFF(QUARTER, "{fn TIMESTAMPDIFF(SQL_TSI_QUARTER, " AT ", {ts '2024-09-15 12:30:45'})}", "2"),
    DIFF(YEAR, "{fn TIMESTAMPDIFF(SQL_TSI_YEAR, " AT ", {ts '2027-03-15 12:30:45'})}", "3"),
    E(sys_IFNULL, SQL_SYSTEM_FUNCTIONS, SQL_FN_SYS_IFNULL, "{fn IFNULL(NULL, 'x')}", "x"),
    E(sys_USERNAME, SQL_SYSTEM_FUNCTIONS, SQL_FN_SYS_USERNAME, "CASE WHEN {fn USER()} = {fn USER()} THEN 'same' END",
        "same"),
    E(sys_DBNAME, SQL_SYSTEM_FUNCTIONS, SQL_FN_SYS_DBNAME,
        "CASE WHEN {fn DATABASE()} = {fn DATABASE()} THEN 'same' END", "same"),
    E(convert_integer, SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CONVERT, "{fn CONVERT('42', SQL_INTEGER)} + 1", "43"),
    E(convert_varchar, SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CONVERT, "{fn CONVERT(42, SQL_VARCHAR)}", "42"),
    E(convert_date, SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CONVERT, "{fn YEAR({fn CONVERT('2024-03-15', SQL_DATE)})}",
        "2024"),
    E(convert_cast, SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CAST, "CAST('42' AS INTEGER) + 1", "43"),
    E(date, 0, 0, "{d '2024-03-15'}", "2024-03-15"), E(nested, 0, 0, "{fn UCASE({fn LCASE('AbC')})}", "ABC"),
    E(spaces, 0, 0, "{  fn   ucase  ( 'a' ) }", "A"), E(in_string, 0, 0, "'{fn ucase(1)}'", "{fn ucase(1)}"),
    E(like, 0, 0, "CASE WHEN 'a_b' LIKE 'a!_b' {escape '!'} THEN 'yes' ELSE 'no' END", "yes"),
};

/* "5", "5.0", "5.000" and " 5" are one number. */
static bool same_value(const char *got, const char *want) {
    char *end;
    if (!strcmp(got, want)) return true;
    double a = strtod(got, &end);
    if (*end || end == got) return false;
    double b = strtod(want, &end);
    return !*end && end != want && a == b;
}
static void check_escape(struct run *r, const void *arg) {
    const struct escape_line *line = arg;
    char sql[300], got[100] = "", state[6] = "";
    bool claimed = !line->info || (info_u32(r, line->info) & line->bit);
    snprintf(sql, sizeof sql, "SELECT %s", line->expression);
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)sql, SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLFetch(r->stmt);
    if (rc == SQL_ERROR && !claimed) {
        MUST(state_of(r, SQL_HANDLE_STMT, r->stmt, state), "no diagnostic record");
        unsupported(r, state, "not claimed");
    }
    judge(r, "S", rc, sql);
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, got, sizeof got, NULL));
    MUST(same_value(got, line->want), "\"%s\" instead of \"%s\"%s", got, line->want,
        claimed ? "" : " (not claimed, but not refused)");
}
RULE_TABLE(LINES, check_escape)

RULE(escape_time, "Appendix C: Date, Time, and Timestamp Escape Sequences", "{t 'hh:mm:ss'} is a time of the day") {
    char got[40] = "";
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT {t '12:30:45'}", SQL_NTS);
    MAY(false, rc, "HYC00 42000 37000 42846");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, got, sizeof got, NULL));
    MUST(strstr(got, "12:30:45"), "\"%s\"", got);
}
RULE(escape_timestamp, "Appendix C: Date, Time, and Timestamp Escape Sequences", "{ts '...'} is a timestamp") {
    SQL_TIMESTAMP_STRUCT t;
    memset(&t, 0, sizeof t);
    query(r, "SELECT {ts '2024-03-15 12:30:45'}");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_TYPE_TIMESTAMP, &t, sizeof t, NULL));
    MUST(t.year == 2024 && t.day == 15 && t.hour == 12 && t.second == 45, "%d-%u %u:%u", t.year, t.day, t.hour,
        t.second);
}
RULE(escape_outer_join, "Appendix C: Outer Join Escape Sequence", "{oj ...} is an outer join") {
    if (!(info_u32(r, SQL_OJ_CAPABILITIES) & SQL_OJ_LEFT)) unsupported(r, "", "not claimed");
    SQLINTEGER n = 0;
    query(r, "SELECT COUNT(*) FROM {oj rules_rows a LEFT OUTER JOIN rules_keyed b ON a.id = b.k}");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &n, 0, NULL));
    EQ(n, 10);
}
RULE(escape_with_parameter, "Appendix C: ODBC Escape Sequences",
     "a parameter can be an argument of a scalar function") {
    char got[20] = "", v[] = "abc";
    SQLLEN ind = SQL_NTS;
    if (!(info_u32(r, SQL_STRING_FUNCTIONS) & SQL_FN_STR_UCASE)) unsupported(r, "", "UCASE is not claimed");
    OK(SQLPrepare(r->stmt, (SQLCHAR *)"SELECT {fn UCASE(?)} FROM rules_rows WHERE id = 1", SQL_NTS));
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, v, 0, &ind));
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, got, sizeof got, NULL));
    TEXT(got, "ABC");
}

/* ---- SQLNativeSql ---- */

#define NATIVE "SQLNativeSql / "
RULE(native_plain_unchanged, NATIVE "Comments", "a statement without escapes comes back as it is") {
    char out[60] = "";
    SQLINTEGER len = 0;
    OK(SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT 1", SQL_NTS, (SQLCHAR *)out, sizeof out, &len));
    TEXT(out, "SELECT 1");
    EQ(len, 8);
}
RULE(native_translates, NATIVE "Comments", "an escape sequence is gone from the result") {
    char out[200] = "";
    OK(SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT {fn UCASE('a')}", SQL_NTS, (SQLCHAR *)out, sizeof out, NULL));
    MUST(!strstr(out, "{fn"), "\"%s\"", out);
}
RULE(native_cut_01004, NATIVE "Diagnostics / 01004", "too small a buffer gives 01004 and the full length") {
    char out[5] = "";
    SQLINTEGER len = 0;
    INFO_ON(SQL_HANDLE_DBC, r->dbc, SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT 1", SQL_NTS, (SQLCHAR *)out, sizeof out,
        &len), "01004");
    TEXT(out, "SELE");
    EQ(len, 8);
}
RULE(native_length_only, NATIVE "OutStatementText", "the length can be asked without a buffer") {
    SQLINTEGER len = 0;
    OKI(SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT 1", SQL_NTS, NULL, 0, &len));
    EQ(len, 8);
}
RULE(native_null_hy009, NATIVE "Diagnostics / HY009", "a NULL statement gives HY009") {
    char out[5];
    DBC_ERR(SQLNativeSql(r->dbc, NULL, SQL_NTS, (SQLCHAR *)out, sizeof out, NULL), "HY009");
}
RULE(native_negative_hy090, NATIVE "Diagnostics / HY090", "a negative length gives HY090") {
    char out[5];
    DBC_ERR(SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT 1", -7, (SQLCHAR *)out, sizeof out, NULL), "HY090");
}
RULE(native_unconnected_08003, NATIVE "Diagnostics / 08003", "without a connection the call gives 08003") {
    char out[50];
    unconnected(r);
    DBC_ERR(SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT 1", SQL_NTS, (SQLCHAR *)out, sizeof out, NULL), "08003");
}
