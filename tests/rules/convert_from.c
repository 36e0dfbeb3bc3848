/* Appendix D: converting data from SQL to C data types. A line is one value, one C type, and what must come of it:
 * the value as text, or a SQLSTATE. */
#include "rules.h"

#include <inttypes.h>

struct from_line {
    struct row row;
    const char *type, *value;     /* SQL NULL never: those are rules of SQLGetData */
    SQLSMALLINT c_type;
    const char *want;             /* text of the C value; or "!" and the SQLSTATEs of an error,
        "~" those of a warning */
};
#define F(id, type, value, c, want, text) { { "from_" #id, \
    "Appendix D: Converting Data from SQL to C Data Types: " type " to " #c, text }, \
    type, value, c, want }

static const struct from_line LINES[] = {
    /* character */
    F(char_char, "varchar", "abc", SQL_C_CHAR, "abc", "text stays text"),
    F(char_wchar, "varchar", "abc", SQL_C_WCHAR, "abc", "text becomes wide text"),
    F(char_slong, "varchar", "123", SQL_C_SLONG, "123", "digits become an integer"),
    F(char_slong_sign, "varchar", "-123", SQL_C_SLONG, "-123", "a sign is read"),
    F(char_slong_blanks, "varchar", "  123  ", SQL_C_SLONG, "123", "leading and trailing blanks are ignored"),
    F(char_slong_fraction, "varchar", "123.75", SQL_C_SLONG, "~01S07", "fractional truncation gives 01S07"),
    F(char_slong_overflow, "varchar", "99999999999", SQL_C_SLONG, "!22003", "digits lost before the point give 22003"),
    F(char_slong_word, "varchar", "abc", SQL_C_SLONG, "!22018", "text that is no number gives 22018"),
    F(char_slong_empty, "varchar", "", SQL_C_SLONG, "!22018", "empty text is no number (22018)"),
    F(char_sshort, "varchar", "-32768", SQL_C_SSHORT, "-32768", "the least short fits"),
    F(char_sshort_over, "varchar", "32768", SQL_C_SSHORT, "!22003", "one more than the greatest short does not fit"),
    F(char_ushort, "varchar", "65535", SQL_C_USHORT, "65535", "the greatest unsigned short fits"),
    F(char_ushort_negative, "varchar", "-1", SQL_C_USHORT, "!22003", "a negative number does not fit an unsigned one"),
    F(char_stinyint, "varchar", "-128", SQL_C_STINYINT, "-128", "the least signed byte fits"),
    F(char_utinyint, "varchar", "255", SQL_C_UTINYINT, "255", "the greatest unsigned byte fits"),
    F(char_utinyint_over, "varchar", "256", SQL_C_UTINYINT, "!22003", "256 does not fit a byte"),
    F(char_ulong, "varchar", "4294967295", SQL_C_ULONG, "4294967295", "the greatest unsigned long fits"),
    F(char_sbigint, "varchar", "-9223372036854775808", SQL_C_SBIGINT, "-9223372036854775808", "the least bigint fits"),
    F(char_sbigint_over, "varchar", "9223372036854775808", SQL_C_SBIGINT, "!22003",
        "one more than the greatest bigint does not fit"),
    F(char_ubigint, "varchar", "18446744073709551615", SQL_C_UBIGINT, "18446744073709551615",
        "the greatest unsigned bigint fits"),
    F(char_double, "varchar", "1.5e3", SQL_C_DOUBLE, "1500", "an exponent is read"),
    F(char_double_word, "varchar", "x1.5", SQL_C_DOUBLE, "!22018", "text that is no number gives 22018"),
    F(char_float, "varchar", "0.25", SQL_C_FLOAT, "0.25", "text becomes a float"),
    F(char_bit_1, "varchar", "1", SQL_C_BIT, "1", "1 is true"),
    F(char_bit_0, "varchar", "0", SQL_C_BIT, "0", "0 is false"),
    F(char_bit_between, "varchar", "0.5", SQL_C_BIT, "~01S07", "between 0 and 2 but neither 0 nor 1 gives 01S07"),
    F(char_bit_2, "varchar", "2", SQL_C_BIT, "!22003", "2 is no bit (22003)"),
    F(char_bit_word, "varchar", "abc", SQL_C_BIT, "!22018", "text that is no number is no bit (22018)"),
    F(char_numeric, "varchar", "123.45", SQL_C_NUMERIC, "123",
        "a numeric of the default scale 0 holds the whole number, 01S07 allowed"),
    F(char_binary, "varchar", "abc", SQL_C_BINARY, "616263", "text becomes its bytes"),
    F(char_date, "varchar", "2024-02-29", SQL_C_TYPE_DATE, "2024-02-29", "a date is read"),
    F(char_date_bad, "varchar", "2023-02-29", SQL_C_TYPE_DATE, "!22018 22007",
        "a day that does not exist gives 22018 or 22007"),
    F(char_date_word, "varchar", "today", SQL_C_TYPE_DATE, "!22018 22007", "text that is no date gives 22018 or 22007"),
    F(char_date_of_timestamp, "varchar", "2024-02-29 00:00:00", SQL_C_TYPE_DATE, "2024-02-29",
        "the date of a timestamp at midnight"),
    F(char_date_of_timestamp_time, "varchar", "2024-02-29 12:30:00", SQL_C_TYPE_DATE, "~01S07",
        "a time that is lost gives 01S07"),
    F(char_time, "varchar", "23:59:58", SQL_C_TYPE_TIME, "23:59:58", "a time is read"),
    F(char_time_bad, "varchar", "25:00:00", SQL_C_TYPE_TIME, "!22018 22007",
        "an hour that does not exist gives 22018 or 22007"),
    F(char_time_of_timestamp, "varchar", "2024-02-29 12:30:05", SQL_C_TYPE_TIME, "12:30:05",
        "the time of a timestamp; its date is ignored"),
    F(char_timestamp, "varchar", "2024-02-29 12:30:05.123456789", SQL_C_TYPE_TIMESTAMP, "2024-02-29 12:30:05.123456789",
        "a timestamp with nanoseconds is read"),
    F(char_timestamp_of_date, "varchar", "2024-02-29", SQL_C_TYPE_TIMESTAMP, "2024-02-29 00:00:00.0",
        "a date becomes midnight"),
    F(char_timestamp_bad, "varchar", "2024-13-01 00:00:00", SQL_C_TYPE_TIMESTAMP, "!22018 22007",
        "a month that does not exist gives 22018 or 22007"),
    F(char_guid, "varchar", "6f9619ff-8b86-d011-b42d-00c04fc964ff", SQL_C_GUID, "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        "a GUID is read"),
    F(char_guid_bad, "varchar", "not-a-guid", SQL_C_GUID, "!22018", "text that is no GUID gives 22018"),
    F(char_interval_day, "varchar", "42", SQL_C_INTERVAL_DAY, "42", "a number of days is read"),
    F(char_interval_bad, "varchar", "abc", SQL_C_INTERVAL_DAY, "!22018", "text that is no interval gives 22018"),
    /* exact numeric */
    F(integer_char, "integer", "-42", SQL_C_CHAR, "-42", "an integer becomes text"),
    F(integer_wchar, "integer", "-42", SQL_C_WCHAR, "-42", "an integer becomes wide text"),
    F(integer_slong, "integer", "2147483647", SQL_C_SLONG, "2147483647", "the greatest integer fits"),
    F(integer_ulong_negative, "integer", "-1", SQL_C_ULONG, "!22003", "a negative one does not fit unsigned"),
    F(integer_sshort_over, "integer", "40000", SQL_C_SSHORT, "!22003", "too great for a short"),
    F(integer_stinyint_over, "integer", "128", SQL_C_STINYINT, "!22003", "too great for a signed byte"),
    F(integer_utinyint, "integer", "200", SQL_C_UTINYINT, "200", "fits an unsigned byte"),
    F(integer_sbigint, "integer", "5", SQL_C_SBIGINT, "5", "an integer becomes a bigint"),
    F(integer_double, "integer", "5", SQL_C_DOUBLE, "5", "an integer becomes a double"),
    F(integer_float, "integer", "5", SQL_C_FLOAT, "5", "an integer becomes a float"),
    F(integer_numeric, "integer", "-500", SQL_C_NUMERIC, "-500", "an integer becomes a numeric with its sign"),
    F(integer_bit, "integer", "1", SQL_C_BIT, "1", "1 is a bit"),
    F(integer_bit_over, "integer", "7", SQL_C_BIT, "!22003", "7 is no bit"),
    F(integer_binary, "integer", "1", SQL_C_BINARY, "01000000", "as binary it is the four bytes of the integer"),
    F(integer_date, "integer", "1", SQL_C_TYPE_DATE, "!07006", "an integer is no date (07006)"),
    F(integer_time, "integer", "1", SQL_C_TYPE_TIME, "!07006", "an integer is no time (07006)"),
    F(integer_timestamp, "integer", "1", SQL_C_TYPE_TIMESTAMP, "!07006", "an integer is no timestamp (07006)"),
    F(integer_guid, "integer", "1", SQL_C_GUID, "!07006", "an integer is no GUID (07006)"),
    F(integer_interval, "integer", "42", SQL_C_INTERVAL_DAY, "42", "an exact number becomes a single-field interval"),
    F(integer_interval_2, "integer", "42", SQL_C_INTERVAL_DAY_TO_SECOND, "!07006",
        "but no interval of several fields (07006)"),
    F(bigint_char, "bigint", "9223372036854775807", SQL_C_CHAR, "9223372036854775807",
        "every digit of a bigint is text"),
    F(bigint_slong_over, "bigint", "2147483648", SQL_C_SLONG, "!22003", "too great for a long"),
    F(bigint_ubigint, "bigint", "9223372036854775807", SQL_C_UBIGINT, "9223372036854775807", "fits unsigned"),
    F(bigint_float, "bigint", "16777216", SQL_C_FLOAT, "16777216", "becomes a float"),
    F(smallint_char, "smallint", "-32768", SQL_C_CHAR, "-32768", "becomes text"),
    F(smallint_sshort, "smallint", "-32768", SQL_C_SSHORT, "-32768", "stays a short"),
    F(smallint_ushort_negative, "smallint", "-1", SQL_C_USHORT, "!22003", "a negative one does not fit unsigned"),
    F(tinyint_stinyint, "tinyint", "100", SQL_C_STINYINT, "100", "stays a byte"),
    F(tinyint_char, "tinyint", "100", SQL_C_CHAR, "100", "becomes text"),
    F(decimal_char, "decimal", "123.45", SQL_C_CHAR, "123.45", "becomes text with its scale"),
    F(decimal_char_negative, "decimal", "-0.05", SQL_C_CHAR, "-0.05", "a negative fraction keeps sign and zero"),
    F(decimal_wchar, "decimal", "123.45", SQL_C_WCHAR, "123.45", "becomes wide text with its scale"),
    F(decimal_slong, "decimal", "123.00", SQL_C_SLONG, "123", "without fraction it becomes an integer"),
    F(decimal_slong_fraction, "decimal", "123.45", SQL_C_SLONG, "~01S07", "a fraction that is lost gives 01S07"),
    F(decimal_stinyint_over, "decimal", "1000.00", SQL_C_STINYINT, "!22003", "whole digits that are lost give 22003"),
    F(decimal_double, "decimal", "123.45", SQL_C_DOUBLE, "123.45", "becomes a double"),
    F(decimal_sbigint, "decimal", "-99999999.00", SQL_C_SBIGINT, "-99999999", "becomes a bigint"),
    F(decimal_ulong_negative, "decimal", "-1.00", SQL_C_ULONG, "!22003", "a negative one does not fit unsigned"),
    F(decimal_bit, "decimal", "1.00", SQL_C_BIT, "1", "1 is a bit"),
    F(decimal_bit_fraction, "decimal", "1.50", SQL_C_BIT, "~01S07", "1.5 is cut to a bit with 01S07"),
    F(decimal_date, "decimal", "1.00", SQL_C_TYPE_DATE, "!07006", "a decimal is no date (07006)"),
    /* approximate numeric */
    F(double_char, "double", "0.5", SQL_C_CHAR, "0.5", "becomes text"),
    F(double_double, "double", "-2.25", SQL_C_DOUBLE, "-2.25", "stays a double"),
    F(double_float, "double", "2.25", SQL_C_FLOAT, "2.25", "becomes a float"),
    F(double_float_over, "double", "1e300", SQL_C_FLOAT, "!22003", "too great for a float (22003)"),
    F(double_slong, "double", "7", SQL_C_SLONG, "7", "a whole one becomes an integer"),
    F(double_slong_fraction, "double", "7.5", SQL_C_SLONG, "~01S07", "a fraction that is lost gives 01S07"),
    F(double_slong_over, "double", "1e12", SQL_C_SLONG, "!22003", "too great for a long (22003)"),
    F(double_sbigint_over, "double", "1e30", SQL_C_SBIGINT, "!22003", "too great for a bigint (22003)"),
    F(double_bit, "double", "1", SQL_C_BIT, "1", "1 is a bit"),
    F(double_date, "double", "1", SQL_C_TYPE_DATE, "!07006", "a double is no date (07006)"),
    F(double_interval, "double", "1", SQL_C_INTERVAL_DAY, "!07006", "an approximate number is no interval (07006)"),
    F(real_char, "real", "0.5", SQL_C_CHAR, "0.5", "becomes text"),
    F(real_float, "real", "0.5", SQL_C_FLOAT, "0.5", "stays a float"),
    F(real_double, "real", "0.5", SQL_C_DOUBLE, "0.5", "becomes a double"),
    /* bit */
    F(bit_char, "bit", "1", SQL_C_CHAR, "1", "true is the text 1"),
    F(bit_char_0, "bit", "0", SQL_C_CHAR, "0", "false is the text 0"),
    F(bit_bit, "bit", "1", SQL_C_BIT, "1", "stays a bit"),
    F(bit_slong, "bit", "1", SQL_C_SLONG, "1", "becomes an integer"),
    F(bit_double, "bit", "1", SQL_C_DOUBLE, "1", "becomes a double"),
    F(bit_date, "bit", "1", SQL_C_TYPE_DATE, "!07006", "a bit is no date (07006)"),
    /* binary */
    F(binary_binary, "binary", "00FF10", SQL_C_BINARY, "00FF10", "bytes stay bytes, zero included"),
    F(binary_char, "binary", "00FF10", SQL_C_CHAR, "00FF10", "each byte becomes two hexadecimal digits"),
    F(binary_wchar, "binary", "00FF10", SQL_C_WCHAR, "00FF10", "each byte becomes two wide hexadecimal digits"),
    F(binary_slong, "binary", "01", SQL_C_SLONG, "!07006", "binary is no integer (07006)"),
    F(binary_date, "binary", "01", SQL_C_TYPE_DATE, "!07006", "binary is no date (07006)"),
    /* date, time, timestamp */
    F(date_char, "date", "2024-02-29", SQL_C_CHAR, "2024-02-29", "becomes yyyy-mm-dd"),
    F(date_wchar, "date", "2024-02-29", SQL_C_WCHAR, "2024-02-29", "becomes wide yyyy-mm-dd"),
    F(date_date, "date", "2024-02-29", SQL_C_TYPE_DATE, "2024-02-29", "stays a date"),
    F(date_timestamp, "date", "2024-02-29", SQL_C_TYPE_TIMESTAMP, "2024-02-29 00:00:00.0", "becomes midnight"),
    F(date_time, "date", "2024-02-29", SQL_C_TYPE_TIME, "!07006", "a date is no time (07006)"),
    F(date_slong, "date", "2024-02-29", SQL_C_SLONG, "!07006", "a date is no integer (07006)"),
    F(date_double, "date", "2024-02-29", SQL_C_DOUBLE, "!07006", "a date is no double (07006)"),
    F(date_bit, "date", "2024-02-29", SQL_C_BIT, "!07006", "a date is no bit (07006)"),
    F(date_guid, "date", "2024-02-29", SQL_C_GUID, "!07006", "a date is no GUID (07006)"),
    F(date_binary, "date", "2024-02-29", SQL_C_BINARY, "E80702001D00",
        "as binary it is the six bytes of a DATE_STRUCT"),
    F(time_char, "time", "12:30:05", SQL_C_CHAR, "12:30:05", "becomes hh:mm:ss"),
    F(time_time, "time", "12:30:05", SQL_C_TYPE_TIME, "12:30:05", "stays a time"),
    F(time_date, "time", "12:30:05", SQL_C_TYPE_DATE, "!07006", "a time is no date (07006)"),
    F(timestamp_char, "timestamp", "2024-02-29 12:30:05", SQL_C_CHAR, "2024-02-29 12:30:05",
        "becomes yyyy-mm-dd hh:mm:ss"),
    F(timestamp_timestamp, "timestamp", "2024-02-29 12:30:05.123456", SQL_C_TYPE_TIMESTAMP,
        "2024-02-29 12:30:05.123456", "stays a timestamp; the fraction counts nanoseconds"),
    F(timestamp_date, "timestamp", "2024-02-29 00:00:00", SQL_C_TYPE_DATE, "2024-02-29", "the date of midnight"),
    F(timestamp_date_lost, "timestamp", "2024-02-29 12:30:05", SQL_C_TYPE_DATE, "~01S07",
        "a time that is lost gives 01S07"),
    F(timestamp_time, "timestamp", "2024-02-29 12:30:05", SQL_C_TYPE_TIME, "12:30:05", "the time; the date is ignored"),
    F(timestamp_time_lost, "timestamp", "2024-02-29 12:30:05.5", SQL_C_TYPE_TIME, "~01S07",
        "a fraction that is lost gives 01S07"),
    F(timestamp_slong, "timestamp", "2024-02-29 12:30:05", SQL_C_SLONG, "!07006", "a timestamp is no integer (07006)"),
    F(guid_char, "guid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", SQL_C_CHAR, "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "becomes 36 characters"),
    F(guid_guid, "guid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", SQL_C_GUID, "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        "stays a GUID"),
};

static void hex_of(char *to, const unsigned char *from, SQLLEN n) {
    for (SQLLEN i = 0; i < n; i++) snprintf(to + i * 2, 3, "%02X", from[i]);
    to[n * 2] = 0;
}

union c_value {
    char text[200];
    unsigned char bytes[200];
    SQLWCHAR wide[100];
    SQLCHAR byte;
    SQLSCHAR sbyte;
    SQLSMALLINT s16;
    SQLUSMALLINT u16;
    SQLINTEGER s32;
    SQLUINTEGER u32;
    SQLBIGINT s64;
    SQLUBIGINT u64;
    SQLREAL real;
    SQLDOUBLE dbl;
    SQL_DATE_STRUCT date;
    SQL_TIME_STRUCT time;
    SQL_TIMESTAMP_STRUCT ts;
    SQL_NUMERIC_STRUCT num;
    SQL_INTERVAL_STRUCT interval;
    SQLGUID guid;
};

static void numeric_text(const SQL_NUMERIC_STRUCT *n, char *to, size_t size) {
    unsigned long long v = 0;
    for (int i = 7; i >= 0; i--) v = v << 8 | n->val[i];
    snprintf(to, size, "%s%llu", n->sign ? "" : "-", v);
}

static void timestamp_text(const SQL_TIMESTAMP_STRUCT *t, char *to, size_t size) {
    int n = snprintf(to, size, "%04d-%02u-%02u %02u:%02u:%02u.%09u", t->year, t->month, t->day, t->hour, t->minute,
                     t->second, (unsigned)t->fraction);
    while (n > 2 && to[n - 1] == '0' && to[n - 2] != '.') to[--n] = 0;
}

static void text_of(struct run *r, const union c_value *v, SQLSMALLINT type, SQLLEN ind, char *to, size_t size) {
    switch (type) {
    case SQL_C_CHAR: snprintf(to, size, "%s", v->text); break;
    case SQL_C_WCHAR:
        for (SQLLEN i = 0; i <= ind / 2; i++) to[i] = (char)v->wide[i];
        break;
    case SQL_C_BINARY: hex_of(to, v->bytes, ind); break;
    case SQL_C_BIT: case SQL_C_UTINYINT: snprintf(to, size, "%u", v->byte); break;
    case SQL_C_STINYINT: snprintf(to, size, "%d", v->sbyte); break;
    case SQL_C_SSHORT: snprintf(to, size, "%d", v->s16); break;
    case SQL_C_USHORT: snprintf(to, size, "%u", v->u16); break;
    case SQL_C_SLONG: snprintf(to, size, "%d", (int)v->s32); break;
    case SQL_C_ULONG: snprintf(to, size, "%u", (unsigned)v->u32); break;
    case SQL_C_SBIGINT: snprintf(to, size, "%lld", (long long)v->s64); break;
    case SQL_C_UBIGINT: snprintf(to, size, "%llu", (unsigned long long)v->u64); break;
    case SQL_C_FLOAT: snprintf(to, size, "%.9g", (double)v->real); break;
    case SQL_C_DOUBLE: snprintf(to, size, "%.15g", v->dbl); break;
    case SQL_C_NUMERIC: numeric_text(&v->num, to, size); break;
    case SQL_C_TYPE_DATE: snprintf(to, size, "%04d-%02u-%02u", v->date.year, v->date.month, v->date.day); break;
    case SQL_C_TYPE_TIME: snprintf(to, size, "%02u:%02u:%02u", v->time.hour, v->time.minute, v->time.second); break;
    case SQL_C_TYPE_TIMESTAMP: timestamp_text(&v->ts, to, size); break;
    case SQL_C_INTERVAL_DAY: snprintf(to, size, "%u", (unsigned)v->interval.intval.day_second.day); break;
    case SQL_C_GUID:
        snprintf(to, size, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", (unsigned)v->guid.Data1, v->guid.Data2,
                 v->guid.Data3, v->guid.Data4[0], v->guid.Data4[1], v->guid.Data4[2], v->guid.Data4[3],
                     v->guid.Data4[4],
                 v->guid.Data4[5], v->guid.Data4[6], v->guid.Data4[7]);
        break;
    default: fail(r, "no such C type here");
    }
}

static void check_from(struct run *r, const void *arg) {
    const struct from_line *line = arg;
    union c_value v;
    SQLLEN ind = -77;
    char got[420] = "";
    memset(&v, 0, sizeof v);
    select_typed(r, line->type, line->value);
    OK(SQLFetch(r->stmt));
    SQLRETURN rc = SQLGetData(r->stmt, 1, line->c_type, &v, sizeof v, &ind);
    if (line->want[0] == '!' || line->want[0] == '~') {
        judge_state(r, SQL_HANDLE_STMT, r->stmt, line->want[0] == '!' ? SQL_ERROR : SQL_SUCCESS_WITH_INFO, rc,
                    line->want + 1, "SQLGetData");
        return;
    }
    judge(r, line->c_type == SQL_C_NUMERIC ? "SI" : "S", rc, "SQLGetData");
    text_of(r, &v, line->c_type, ind, got, sizeof got);
    TEXT(got, line->want);
    if (line->c_type == SQL_C_CHAR) EQ(ind, strlen(line->want));
}
RULE_TABLE(LINES, check_from)

/* ---- truncation of values whose whole part does not fit the text buffer ---- */

struct narrow_line { struct row row; const char *type, *value; SQLSMALLINT c_type; SQLLEN room; const char *states;
    bool warning; };
#define N(id, type, value, c, room, states, warning, text) { { "narrow_" #id, \
    "Appendix D: Converting Data from SQL to C Data Types: " type " to " #c ", length", text }, type, value, c, room, \
        states, warning }
static const struct narrow_line NARROWS[] = {
    N(integer, "integer", "12345", SQL_C_CHAR, 5, "22003", false, "whole digits that do not fit the buffer give 22003"),
    N(integer_wide, "integer", "12345", SQL_C_WCHAR, 10, "22003", false,
        "whole digits that do not fit the wide buffer give 22003"),
    N(decimal_fraction, "decimal", "123.45", SQL_C_CHAR, 6, "01004", true,
        "fractional digits that do not fit are cut with 01004"),
    N(decimal_whole, "decimal", "12345.67", SQL_C_CHAR, 4, "22003", false,
        "whole digits of a decimal that do not fit give 22003"),
    N(date, "date", "2024-02-29", SQL_C_CHAR, 10, "22003", false, "a date needs 11 bytes, else 22003"),
    N(timestamp_fraction, "timestamp", "2024-02-29 12:30:05.123456", SQL_C_CHAR, 22, "01004", true,
        "a timestamp's fraction that does not fit is cut with 01004"),
    N(timestamp, "timestamp", "2024-02-29 12:30:05", SQL_C_CHAR, 19, "22003", false,
        "a timestamp needs 20 bytes, else 22003"),
    N(time, "time", "12:30:05", SQL_C_CHAR, 8, "22003", false, "a time needs 9 bytes, else 22003"),
    N(guid, "guid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", SQL_C_CHAR, 36, "22003", false,
        "a GUID needs 37 bytes, else 22003"),
    N(bit, "bit", "1", SQL_C_CHAR, 1, "22003", false, "a bit needs 2 bytes, else 22003"),
    N(integer_binary, "integer", "1", SQL_C_BINARY, 3, "22003", false, "an integer's bytes that do not fit give 22003"),
};
static void check_narrow(struct run *r, const void *arg) {
    const struct narrow_line *line = arg;
    char v[80];
    SQLLEN ind;
    select_typed(r, line->type, line->value);
    OK(SQLFetch(r->stmt));
    judge_state(r, SQL_HANDLE_STMT, r->stmt, line->warning ? SQL_SUCCESS_WITH_INFO : SQL_ERROR,
                SQLGetData(r->stmt, 1, line->c_type, v, line->room, &ind), line->states, "SQLGetData");
}
RULE_TABLE(NARROWS, check_narrow)
