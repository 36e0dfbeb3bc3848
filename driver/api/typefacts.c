#include "typefacts.h"

#include "driver/conf/options.h"
#include "driver/handle/desc.h"

enum { DEFAULT_DECIMAL_PRECISION = 10, BYTES_PER_UTF8 = 4 };

static const struct {
    const char *sea, *sql;
    SQLSMALLINT odbc;
    int size, display, octets, searchable, case_sensitive;
    const char *prefix, *suffix;
} TYPES[] = {
#define DBX_TYPE(id, sea_name, sql_name, odbc_type, size, display, octets, searchable, case_sensitive, prefix, suffix) \
    { sea_name, sql_name, odbc_type, size, display, octets, searchable, case_sensitive, prefix, suffix },
#include "tbl/types.h"
#undef DBX_TYPE
};

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static enum dbx_type type_named(struct sv name) {
    static const struct { struct sv alias; enum dbx_type type; } ALIASES[] = {
        { { "INTEGER", 7 }, DBX_INT }, { { "DEC", 3 }, DBX_DECIMAL }, { { "NUMERIC", 7 }, DBX_DECIMAL },
        { { "REAL", 4 }, DBX_FLOAT }, { { "TIMESTAMP_LTZ", 13 }, DBX_TIMESTAMP }, { { "CHARACTER", 9 }, DBX_CHAR },
        { { "BOOL", 4 }, DBX_BOOLEAN },
    };
    for (int i = 0; i < DBX_OTHER; i++)
        if (sv_ieq(name, sv_of(TYPES[i].sql))) return (enum dbx_type)i;
    for (int i = 0; i < DBX_OTHER; i++)
        if (sv_ieq(name, sv_of(TYPES[i].sea))) return (enum dbx_type)i;
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (sv_ieq(name, ALIASES[i].alias)) return ALIASES[i].type;
    return DBX_OTHER;
}

static int number_of(struct sv text) {
    long long v = 0;
    return sv_to_i64(sv_trim(text), &v) && v >= 0 && v <= INT32_MAX ? (int)v : 0;
}

struct type_spec type_parse(struct sv text) {
    struct sv args = SV_NULL, name = text = sv_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '(' && text.ptr[i] != '<' && text.ptr[i] != ' ') continue;
        name = sv_make(text.ptr, i);
        if (text.ptr[i] == '(') args = sv_make(text.ptr + i + 1, text.len - i - 1);
        break;
    }
    struct type_spec t = { .type = type_named(name) };
    struct sv inside = args, rest = SV_NULL, first = SV_NULL, second = SV_NULL;
    if (!sv_is_null(args)) (void)sv_cut(args, ')', &inside, &rest);
    if (!sv_cut(inside, ',', &first, &second)) first = inside;
    if (t.type == DBX_DECIMAL) {
        t.precision = number_of(first) ? number_of(first) : DEFAULT_DECIMAL_PRECISION;
        t.scale = number_of(second);
    } else if (t.type == DBX_VARCHAR || t.type == DBX_CHAR) {
        t.length = number_of(first);
    }
    return t;
}

struct type_spec type_of_column(const struct sea_column *c) {
    struct type_spec t = { .type = c->type, .precision = c->precision, .scale = c->scale };
    if (c->type == DBX_VARCHAR || c->type == DBX_CHAR) t.length = type_parse(sv_of(c->type_text)).length;
    if (c->type == DBX_DECIMAL && t.precision == 0) t.precision = DEFAULT_DECIMAL_PRECISION;
    return t;
}

/* The one of a group of SQL types that the table has. */
static SQLSMALLINT family(SQLSMALLINT concise) {
    switch (concise) {
    case SQL_LONGVARCHAR: case SQL_WVARCHAR: case SQL_WLONGVARCHAR: case SQL_GUID: return SQL_VARCHAR;
    case SQL_WCHAR: return SQL_CHAR;
    case SQL_NUMERIC: return SQL_DECIMAL;
    case SQL_FLOAT: return SQL_DOUBLE;
    case SQL_BINARY: case SQL_LONGVARBINARY: return SQL_VARBINARY;
    default: return concise;
    }
}

struct type_spec type_of_sql(SQLSMALLINT concise) {
    struct type_spec t = { .type = DBX_OTHER };
    if (concise >= SQL_INTERVAL_YEAR && concise <= SQL_INTERVAL_MINUTE_TO_SECOND) t.type = DBX_INTERVAL;
    for (int i = 0; t.type == DBX_OTHER && i < DBX_OTHER; i++)
        if (TYPES[i].odbc == family(concise)) t.type = (enum dbx_type)i;
    if (t.type == DBX_DECIMAL) t.precision = DEFAULT_DECIMAL_PRECISION;
    return t;
}

/* ---- describing --------------------------------------------------------------------------------------------------- */

SQLSMALLINT type_wide(SQLSMALLINT concise) {
    switch (concise) {
    case SQL_CHAR: return SQL_WCHAR;
    case SQL_VARCHAR: return SQL_WVARCHAR;
    case SQL_LONGVARCHAR: return SQL_WLONGVARCHAR;
    default: return concise;
    }
}

SQLSMALLINT type_for_version(SQLSMALLINT concise, SQLINTEGER odbc_version) {
    if (odbc_version != SQL_OV_ODBC2) return concise;
    switch (concise) {
    case SQL_TYPE_DATE: return SQL_DATE;
    case SQL_TYPE_TIME: return SQL_TIME;
    case SQL_TYPE_TIMESTAMP: return SQL_TIMESTAMP;
    default: return concise;
    }
}

static SQLULEN size_of(const struct type_spec *t, const struct options *o) {
    int size = TYPES[t->type].size;
    if (size == -1) return (SQLULEN)(t->length > 0 ? t->length : o->string_length);
    if (size == -2) return (SQLULEN)o->binary_length;
    if (size == -3) return (SQLULEN)t->precision;
    return (SQLULEN)size;
}

/* A type without a length of its own. VOID is one of them: what is prepared as SELECT ? is text once ? has a value. */
static bool is_unlimited(const struct type_spec *t) {
    return t->length == 0 && (TYPES[t->type].size == -1 || TYPES[t->type].size == -2);
}

static void make_long(struct type_facts *f) {
    f->concise = f->is_binary ? SQL_LONGVARBINARY : SQL_LONGVARCHAR;
    if (f->size < TYPE_LEAST_LONG) f->size = TYPE_LEAST_LONG;
}

static SQLLEN display_of(const struct type_spec *t, SQLULEN size) {
    int display = TYPES[t->type].display;
    if (display == -1) return (SQLLEN)size;
    if (display == -2) return (SQLLEN)(2 * size);
    if (display == -3) return (SQLLEN)t->precision + 2;
    return display;
}

static SQLLEN octets_of(const struct type_spec *t, SQLULEN size, bool wide) {
    int octets = TYPES[t->type].octets;
    if (octets == -1) return (SQLLEN)(size * (wide ? sizeof(SQLWCHAR) : BYTES_PER_UTF8));
    if (octets == -2) return (SQLLEN)size;
    if (octets == -3) return (SQLLEN)t->precision + 2;
    return octets;
}

static void set_numbers(const struct type_spec *t, struct type_facts *f) {
    switch (t->type) {
    case DBX_TINYINT: case DBX_SMALLINT: case DBX_INT: case DBX_BIGINT:
        f->has_digits = true;
        f->radix = 10;
        f->precision = (SQLSMALLINT)f->size;
        break;
    case DBX_DECIMAL:
        f->has_digits = true;
        f->digits = (SQLSMALLINT)t->scale;
        f->radix = 10;
        f->precision = (SQLSMALLINT)t->precision;
        break;
    case DBX_FLOAT: case DBX_DOUBLE:
        f->radix = 10;
        f->precision = (SQLSMALLINT)f->size;
        break;
    case DBX_TIMESTAMP: case DBX_TIMESTAMP_NTZ: case DBX_TIME:
        f->has_digits = true;
        f->digits = f->precision = 6;
        break;
    default:
        f->precision = 0;
    }
}

void type_describe(const struct type_spec *spec, const struct options *o, struct type_facts *out) {
    struct type_facts *f = out;
    bool wide = o->wide_types;
    *f = (struct type_facts){ .concise = TYPES[spec->type].odbc, .name = TYPES[spec->type].sql };
    f->is_text = f->concise == SQL_CHAR || f->concise == SQL_VARCHAR;
    f->is_binary = f->concise == SQL_VARBINARY;
    f->size = size_of(spec, o);
    if (o->long_strings && is_unlimited(spec)) make_long(f);
    if (wide) f->concise = type_wide(f->concise);
    desc_split_type(f->concise, &f->verbose, &f->sub);
    f->display = display_of(spec, f->size);
    f->octets = octets_of(spec, f->size, wide);
    f->buffer = f->octets;
    f->searchable = (SQLSMALLINT)TYPES[spec->type].searchable;
    f->case_sensitive = TYPES[spec->type].case_sensitive != 0;
    f->prefix = TYPES[spec->type].prefix;
    f->suffix = TYPES[spec->type].suffix;
    set_numbers(spec, f);
}
