/* Parameters: which SQL type is written how, NULL, and values as expressions. */
#include "from_c_priv.h"
#include "kernel.h"

static const struct from_sql TYPES[] = {
    {SQL_CHAR, SQL_C_CHAR, from_put_text, "STRING", false},
    {SQL_VARCHAR, SQL_C_CHAR, from_put_text, "STRING", false},
    {SQL_LONGVARCHAR, SQL_C_CHAR, from_put_text, "STRING", false},
    {SQL_WCHAR, SQL_C_WCHAR, from_put_text, "STRING", false},
    {SQL_WVARCHAR, SQL_C_WCHAR, from_put_text, "STRING", false},
    {SQL_WLONGVARCHAR, SQL_C_WCHAR, from_put_text, "STRING", false},
    {SQL_BIT, SQL_C_BIT, from_put_bit, "BOOLEAN", false},
    {SQL_TINYINT, SQL_C_STINYINT, from_put_int, "TINYINT", false},
    {SQL_SMALLINT, SQL_C_SSHORT, from_put_int, "SMALLINT", false},
    {SQL_INTEGER, SQL_C_SLONG, from_put_int, "INT", false},
    {SQL_BIGINT, SQL_C_SBIGINT, from_put_int, "BIGINT", false},
    {SQL_REAL, SQL_C_FLOAT, from_put_real, "FLOAT", false},
    {SQL_FLOAT, SQL_C_DOUBLE, from_put_double, "DOUBLE", false},
    {SQL_DOUBLE, SQL_C_DOUBLE, from_put_double, "DOUBLE", false},
    {SQL_DECIMAL, SQL_C_CHAR, from_put_decimal, "DECIMAL(38,0)", false},
    {SQL_NUMERIC, SQL_C_CHAR, from_put_decimal, "DECIMAL(38,0)", false},
    {SQL_TYPE_DATE, SQL_C_TYPE_DATE, from_put_date, "DATE", false},
    {SQL_DATE, SQL_C_TYPE_DATE, from_put_date, "DATE", false},
    {SQL_TYPE_TIME, SQL_C_TYPE_TIME, from_put_time, "STRING", false},
    {SQL_TIME, SQL_C_TYPE_TIME, from_put_time, "STRING", false},
    {SQL_TYPE_TIMESTAMP, SQL_C_TYPE_TIMESTAMP, from_put_stamp, "TIMESTAMP", false},
    {SQL_TIMESTAMP, SQL_C_TYPE_TIMESTAMP, from_put_stamp, "TIMESTAMP", false},
    {SQL_BINARY, SQL_C_BINARY, from_put_binary, "BINARY", true},
    {SQL_VARBINARY, SQL_C_BINARY, from_put_binary, "BINARY", true},
    {SQL_LONGVARBINARY, SQL_C_BINARY, from_put_binary, "BINARY", true},
    {SQL_GUID, SQL_C_GUID, from_put_guid, "STRING", false},
};

static bool is_interval(SQLSMALLINT code) {
    return code >= SQL_INTERVAL_YEAR && code <= SQL_INTERVAL_MINUTE_TO_SECOND;
}

static bool find_sql(SQLSMALLINT code, struct from_sql *out) {
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (TYPES[i].code != code) continue;
        *out = TYPES[i];
        return true;
    }
    *out = (struct from_sql){code, code, from_put_interval, NULL, true};
    return is_interval(code);
}

enum conv_issue from_join(struct arena *a, const struct sv *pieces, int n, struct sv *out) {
    size_t len = 0;
    for (int i = 0; i < n; i++) len += pieces[i].len;
    char *p = arena_alloc(a, len + 1);
    if (!p) return CONV_NOMEM;
    *out = sv_make(p, len);
    for (int i = 0; i < n; i++) {
        if (pieces[i].len) memcpy(p, pieces[i].ptr, pieces[i].len);
        p += pieces[i].len;
    }
    return CONV_OK;
}

enum conv_issue from_interval_type(struct arena *a, struct interval_kind kind, const char **out) {
    bool single = kind.first == kind.last;
    struct sv text, pieces[] = {SV_LIT("INTERVAL "), sv_of(interval_field_name(kind.first)), SV_LIT(" TO "),
                                sv_of(interval_field_name(kind.last))};
    enum conv_issue issue = from_join(a, pieces, single ? 2 : 4, &text);
    *out = text.ptr;
    return issue;
}

static enum conv_issue cast_null(struct arena *a, const char *type, struct sv *out) {
    struct sv pieces[] = {SV_LIT("CAST(NULL AS "), sv_of(type), SV_LIT(")")};
    return from_join(a, pieces, 3, out);
}

/* SQL_C_BINARY for a type that is neither text nor binary: "the data is the C structure of the type", in full. */
static enum conv_issue read_value(const struct from_job *j, struct from_value *v) {
    const struct from_c_in *in = j->in;
    SQLSMALLINT c_type = in->c_type == SQL_C_DEFAULT ? j->sql->c_type : in->c_type;
    bool is_plain = j->sql->put == from_put_text || j->sql->put == from_put_binary;
    if (c_type != SQL_C_BINARY || is_plain) return from_c_read(in, c_type, j->arena, v);

    struct from_c_in as_struct = *in;
    SQL_NUMERIC_STRUCT number;
    SQLSMALLINT native = j->sql->put == from_put_decimal ? SQL_C_NUMERIC : j->sql->c_type;
    if (in->length < 0) return CONV_LENGTH;
    if (in->length != conv_c_size(native)) return CONV_RANGE;
    if (!in->data) return CONV_NO_VALUE;
    if (native == SQL_C_NUMERIC) {      /* nothing else tells the scale */
        memcpy(&number, in->data, sizeof number);
        as_struct.scale = number.scale;
    }
    return from_c_read(&as_struct, native, j->arena, v);
}

enum conv_issue from_c(const struct from_c_in *in, struct arena *a, struct from_c_out *out) {
    struct from_sql sql;
    struct from_value v = {0};
    *out = (struct from_c_out){NULL, SV_NULL, SV_NULL};
    if (!find_sql(in->sql_type, &sql) || !conv_is_c_type(in->c_type)) return CONV_RESTRICTED;
    out->type = sql.type;
    if (is_interval(sql.code)) {
        enum conv_issue issue = from_interval_type(a, interval_fields_of(sql.code), &out->type);
        if (issue != CONV_OK) return issue;
    }
    if (in->length == SQL_NULL_DATA) return sql.is_spliced ? cast_null(a, out->type, &out->expression) : CONV_OK;

    struct from_job job = {in, a, out, &sql};
    enum conv_issue issue = read_value(&job, &v);
    return issue == CONV_OK ? sql.put(&job, &v) : issue;
}

/* ---- values as expressions --------------------------------------------------------------------------------------- */

/* How a byte stands in a literal: by itself, behind a backslash, or as \uXXXX. A dollar sign before a brace would begin
 * a variable, which Spark replaces even inside of strings. */
static size_t escape_one(const char *s, size_t left, char out[6]) {
    static const char HEX[] = "0123456789abcdef";
    unsigned char c = (unsigned char)*s;
    bool is_variable = c == '$' && left > 1 && s[1] == '{';
    const char *letter = c == '\n' ? "n" : c == '\r' ? "r" : c == '\t' ? "t"
                       : c == '\'' ? "'" : c == '\\' ? "\\" : NULL;
    if (!letter && c >= 0x20 && c != 0x7F && !is_variable) return out[0] = (char)c, 1;
    out[0] = '\\';
    if (letter) return out[1] = *letter, 2;
    memcpy(out + 1, "u00", 3);
    out[4] = HEX[c >> 4];
    out[5] = HEX[c & 15];
    return 6;
}

static enum conv_issue quote(struct arena *a, struct sv text, struct sv *out) {
    char one[6];
    size_t len = 2;
    for (size_t i = 0; i < text.len; i++) len += escape_one(text.ptr + i, text.len - i, one);
    char *p = arena_alloc(a, len + 1);
    if (!p) return CONV_NOMEM;
    *out = sv_make(p, len);
    *p++ = '\'';
    for (size_t i = 0; i < text.len; i++) {
        size_t n = escape_one(text.ptr + i, text.len - i, one);
        memcpy(p, one, n);
        p += n;
    }
    *p = '\'';
    return CONV_OK;
}

enum conv_issue from_c_literal(const struct from_c_in *in, struct arena *a, struct from_c_out *value, struct sv *out) {
    struct sv quoted;
    enum conv_issue issue = from_c(in, a, value);
    *out = value->expression;
    if (issue != CONV_OK || !sv_is_null(value->expression)) return issue;
    if (sv_is_null(value->value)) return cast_null(a, value->type, out);
    issue = quote(a, value->value, &quoted);
    *out = quoted;
    if (issue != CONV_OK || strcmp(value->type, "STRING") == 0) return issue;
    struct sv pieces[] = {SV_LIT("CAST("), quoted, SV_LIT(" AS "), sv_of(value->type), SV_LIT(")")};
    return from_join(a, pieces, 5, out);
}
