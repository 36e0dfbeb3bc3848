/* Parameters as SQL expressions: whatever the application's bytes are, the expression is one value. The scanner that
 * reads statements finds it whole between its neighbours: no token of theirs is swallowed, none is added.
 *
 * Input: C type, SQL type, column size, decimal digits, APD scale, one byte each; then the value. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/sqlscan.h"
#include "core/utf.h"
#include "driver/convert/from_c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const SQLSMALLINT C_TYPES[] = {
    SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY, SQL_C_DEFAULT, SQL_C_STINYINT, SQL_C_UTINYINT, SQL_C_SSHORT, SQL_C_USHORT,
    SQL_C_SLONG, SQL_C_ULONG, SQL_C_SBIGINT, SQL_C_UBIGINT, SQL_C_BIT, SQL_C_FLOAT, SQL_C_DOUBLE, SQL_C_NUMERIC,
    SQL_C_TYPE_DATE, SQL_C_TYPE_TIME, SQL_C_TYPE_TIMESTAMP, SQL_C_GUID, SQL_C_INTERVAL_YEAR, SQL_C_INTERVAL_MONTH,
    SQL_C_INTERVAL_DAY, SQL_C_INTERVAL_HOUR, SQL_C_INTERVAL_MINUTE, SQL_C_INTERVAL_SECOND, SQL_C_INTERVAL_YEAR_TO_MONTH,
    SQL_C_INTERVAL_DAY_TO_HOUR, SQL_C_INTERVAL_DAY_TO_MINUTE, SQL_C_INTERVAL_DAY_TO_SECOND,
    SQL_C_INTERVAL_HOUR_TO_MINUTE, SQL_C_INTERVAL_HOUR_TO_SECOND, SQL_C_INTERVAL_MINUTE_TO_SECOND,
};

static const SQLSMALLINT SQL_TYPES[] = {
    SQL_CHAR, SQL_VARCHAR, SQL_LONGVARCHAR, SQL_WCHAR, SQL_WVARCHAR, SQL_WLONGVARCHAR, SQL_BIT, SQL_TINYINT,
    SQL_SMALLINT, SQL_INTEGER, SQL_BIGINT, SQL_REAL, SQL_FLOAT, SQL_DOUBLE, SQL_DECIMAL, SQL_NUMERIC, SQL_TYPE_DATE,
    SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP, SQL_BINARY, SQL_VARBINARY, SQL_LONGVARBINARY, SQL_GUID, SQL_INTERVAL_YEAR,
    SQL_INTERVAL_MONTH, SQL_INTERVAL_DAY, SQL_INTERVAL_HOUR, SQL_INTERVAL_MINUTE, SQL_INTERVAL_SECOND,
    SQL_INTERVAL_YEAR_TO_MONTH, SQL_INTERVAL_DAY_TO_HOUR, SQL_INTERVAL_DAY_TO_MINUTE, SQL_INTERVAL_DAY_TO_SECOND,
    SQL_INTERVAL_HOUR_TO_MINUTE, SQL_INTERVAL_HOUR_TO_SECOND, SQL_INTERVAL_MINUTE_TO_SECOND, SQL_DATE, SQL_TIME,
    SQL_TIMESTAMP,
};

static void check(bool ok) {
    if (!ok) abort();
}

static bool is_our_word(const struct sqltoken *t) {
    static const char *const WORDS[] = {
        "CAST", "AS", "NULL", "X", "INTERVAL", "TO", "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "STRING",
        "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP", "BINARY",
        "concat", "current_date",
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (sqltoken_is(t, WORDS[i])) return true;
    return false;
}

/* Between "SELECT a," and ", b": words of ours, balanced parentheses, at most one value, no comma of its own. */
static void check_one_expression(struct arena *a, struct sv literal) {
    static const struct sv HEAD = {"SELECT a,", 9}, TAIL = {", b", 3};
    size_t len = HEAD.len + literal.len + TAIL.len;
    char *text = arena_alloc(a, len + 1);
    if (!text) return;
    memcpy(text, HEAD.ptr, HEAD.len);
    memcpy(text + HEAD.len, literal.ptr, literal.len);
    memcpy(text + HEAD.len + literal.len, TAIL.ptr, TAIL.len);
    struct sqlscan s = {sv_make(text, len), HEAD.len, false};
    const char *end = text + HEAD.len + literal.len;
    int depth = 0, strings = 0, tokens = 0;
    struct sqltoken t = sqlscan_next(&s);
    for (; t.kind != SQLTOK_END && t.text.ptr < end; t = sqlscan_next(&s), tokens++) {
        check(t.text.ptr + t.text.len <= end);
        if (t.kind == SQLTOK_STRING) strings++;
        else if (t.kind == SQLTOK_WORD) check(is_our_word(&t));
        else if (sqltoken_is_punct(&t, "(")) depth++;
        else if (sqltoken_is_punct(&t, ")")) check(depth-- > 0);
        else check(t.kind == SQLTOK_NUMBER || (sqltoken_is_punct(&t, ",") && depth > 0));
    }
    check(tokens > 0 && depth == 0 && strings <= 1);
    check(sqltoken_is_punct(&t, ",") && t.text.ptr == end);
    t = sqlscan_next(&s);
    check(sqltoken_is(&t, "b"));
    check(sqlscan_next(&s).kind == SQLTOK_END);
}

static void convert(const struct from_c_in *in) {
    struct arena a = ARENA_INIT;
    struct from_c_out out, same;
    struct sv literal;
    enum conv_issue issue = from_c(in, &a, &out);
    check((unsigned)issue < CONV_ISSUE_COUNT);
    check(from_c_literal(in, &a, &same, &literal) == issue);
    if (issue == CONV_OK) {
        check(out.type != NULL);
        check(sv_is_null(out.value) || utf8_is_valid(out.value.ptr, out.value.len));
        check(utf8_is_valid(literal.ptr, literal.len));
        check_one_expression(&a, literal);
    }
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct from_c_in in = {0};
    if (size < 5) return 0;
    in.c_type = C_TYPES[data[0] % (sizeof C_TYPES / sizeof *C_TYPES)];
    in.sql_type = SQL_TYPES[data[1] % (sizeof SQL_TYPES / sizeof *SQL_TYPES)];
    in.column_size = data[2] < 128 ? 0 : data[2] - 128u;
    in.digits = (SQLSMALLINT)(data[3] % 40);
    in.scale = (int8_t)data[4];
    in.precision = (SQLSMALLINT)(data[4] % 10);
    in.leading = data[3] % 12;
    size_t len = size - 5, room = len < 64 ? 64 : len;      /* structures are zeros where the input ends */
    char *value = calloc(1, room);
    if (!value) return 0;
    memcpy(value, data + 5, len);
    in.data = value;
    in.length = (SQLLEN)len;
    convert(&in);
    in.length = SQL_NULL_DATA;
    convert(&in);
    free(value);
    return 0;
}
