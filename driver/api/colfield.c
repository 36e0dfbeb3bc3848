#include "colfield.h"

#include <float.h>
#include <sqlucode.h>

#include "driver/conf/options.h"
#include "driver/result/batch.h"
#include "typefacts.h"

static bool text_field(const struct column *c, const struct type_facts *f, SQLUSMALLINT field, struct sv *out) {
    switch (field) {
    case SQL_DESC_NAME: case SQL_DESC_LABEL: case SQL_COLUMN_NAME: *out = sv_of(c->sea.name); return true;
    case SQL_DESC_TYPE_NAME: *out = sv_of(f->name); return true;
    case SQL_DESC_LITERAL_PREFIX: *out = sv_of(f->prefix); return true;
    case SQL_DESC_LITERAL_SUFFIX: *out = sv_of(f->suffix); return true;
    case SQL_DESC_BASE_COLUMN_NAME: case SQL_DESC_BASE_TABLE_NAME: case SQL_DESC_TABLE_NAME: case SQL_DESC_SCHEMA_NAME:
    case SQL_DESC_CATALOG_NAME: case SQL_DESC_LOCAL_TYPE_NAME:
        *out = SV_LIT("");      /* the server does not say where a column comes from */
        return true;
    default: return false;
    }
}

static bool is_approximate(const struct type_facts *f) { return f->concise == SQL_REAL || f->concise == SQL_DOUBLE; }

/* "The number of bits of the mantissa for an approximate numeric type", since their radix is 2. */
static SQLLEN precision_of(const struct type_facts *f) {
    if (is_approximate(f)) return f->concise == SQL_REAL ? FLT_MANT_DIG : DBL_MANT_DIG;
    if (f->is_text || f->is_binary) return f->size > INT16_MAX ? 0 : (SQLLEN)f->size;
    return f->precision;
}

/* SQL_DESC_UNSIGNED: "SQL_TRUE if the column is unsigned or not numeric". */
static bool number_field(const struct column *c, const struct type_facts *f, SQLUSMALLINT field, SQLLEN *out) {
    switch (field) {
    case SQL_DESC_CONCISE_TYPE: *out = f->concise; return true;
    case SQL_DESC_TYPE: *out = f->verbose; return true;
    case SQL_DESC_DATETIME_INTERVAL_CODE: *out = f->sub; return true;
    case SQL_DESC_LENGTH: case SQL_COLUMN_PRECISION: *out = (SQLLEN)f->size; return true;
    case SQL_DESC_OCTET_LENGTH: case SQL_COLUMN_LENGTH: *out = f->octets; return true;
    case SQL_DESC_DISPLAY_SIZE: *out = f->display; return true;
    case SQL_DESC_PRECISION: *out = precision_of(f); return true;
    case SQL_DESC_SCALE: case SQL_COLUMN_SCALE: *out = f->digits; return true;
    case SQL_DESC_NUM_PREC_RADIX: *out = is_approximate(f) ? 2 : f->radix; return true;
    case SQL_DESC_NULLABLE: case SQL_COLUMN_NULLABLE:
        *out = c->nullable == NULLABLE_NO ? SQL_NO_NULLS : SQL_NULLABLE;
        return true;
    case SQL_DESC_UNSIGNED: *out = f->radix == 0 ? SQL_TRUE : SQL_FALSE; return true;
    case SQL_DESC_SEARCHABLE: *out = f->searchable; return true;
    case SQL_DESC_CASE_SENSITIVE: *out = f->case_sensitive ? SQL_TRUE : SQL_FALSE; return true;
    case SQL_DESC_FIXED_PREC_SCALE: case SQL_DESC_AUTO_UNIQUE_VALUE: case SQL_DESC_ROWVER:
    case SQL_DESC_DATETIME_INTERVAL_PRECISION: *out = SQL_FALSE; return true;
    case SQL_DESC_UPDATABLE: *out = SQL_ATTR_READONLY; return true;
    case SQL_DESC_UNNAMED: *out = c->sea.name[0] ? SQL_NAMED : SQL_UNNAMED; return true;
    default: return false;
    }
}

bool colfield_get(const struct column *c, const struct options *o, SQLUSMALLINT field, struct colfield *out) {
    struct type_facts f;
    struct type_spec spec = type_of_column(&c->sea);
    type_describe(&spec, o, &f);
    out->is_text = text_field(c, &f, field, &out->text);
    return out->is_text || number_field(c, &f, field, &out->number);
}
