/* Descriptor fields: who may write which, and what they hold at first. One rule per field and kind of descriptor. */
#include "rules.h"

enum kind { N16, N32, NLEN, PTRV, TXT };
enum which { ARD, APD, IRD, IPD };

static const SQLINTEGER ATTR_OF[] = { SQL_ATTR_APP_ROW_DESC, SQL_ATTR_APP_PARAM_DESC, SQL_ATTR_IMP_ROW_DESC,
                                      SQL_ATTR_IMP_PARAM_DESC };

struct field_line {
    struct row row;
    SQLSMALLINT field;
    enum kind kind;
    enum which which;
    char right;             /* W read and write, R read, U unused */
    bool header;
    SQLSMALLINT type;       /* the concise type the field needs to make sense; 0 = any */
    intptr_t value;         /* a valid one, for writing */
};

#define ROW(name, d) { "desc_" #d "_" #name, "SQLSetDescField / Comments / Initialization of Descriptor Fields", \
    "SQL_DESC_" #name " of an " #d ": the right to read, to write (else HY091, for an IRD HY016) or neither" }
#define ONE(name, kind, d, right, head, type, value) { ROW(name, d), SQL_DESC_##name, kind, d, right, head, type, \
    value }
#define FIELD(name, kind, rights, head, type, value) \
    ONE(name, kind, ARD, rights[0], head, type, value), ONE(name, kind, APD, rights[1], head, type, value), \
    ONE(name, kind, IRD, rights[2], head, type, value), ONE(name, kind, IPD, rights[3], head, type, value)

static SQLULEN number_there;
static SQLUSMALLINT status_there[4];

static const struct field_line LINES[] = {
    FIELD(ALLOC_TYPE, N16, "RRRR", true, 0, SQL_DESC_ALLOC_USER),
    FIELD(ARRAY_SIZE, NLEN, "WWUU", true, 0, 4),
    FIELD(ARRAY_STATUS_PTR, PTRV, "WWWW", true, 0, (intptr_t)status_there),
    FIELD(BIND_OFFSET_PTR, PTRV, "WWUU", true, 0, (intptr_t)&number_there),
    FIELD(BIND_TYPE, N32, "WWUU", true, 0, 24),
    FIELD(COUNT, N16, "WWRW", true, 0, 3),
    FIELD(ROWS_PROCESSED_PTR, PTRV, "UUWW", true, 0, (intptr_t)&number_there),
    FIELD(AUTO_UNIQUE_VALUE, N32, "UURU", false, 0, 1),
    FIELD(BASE_COLUMN_NAME, TXT, "UURU", false, 0, 0),
    FIELD(BASE_TABLE_NAME, TXT, "UURU", false, 0, 0),
    FIELD(CASE_SENSITIVE, N32, "UURR", false, 0, 1),
    FIELD(CATALOG_NAME, TXT, "UURU", false, 0, 0),
    FIELD(CONCISE_TYPE, N16, "WWRW", false, 0, SQL_TYPE_TIMESTAMP),
    ONE(DATA_PTR, PTRV, ARD, 'W', false, SQL_C_CHAR, (intptr_t)&number_there),
    ONE(DATA_PTR, PTRV, APD, 'W', false, SQL_C_CHAR, (intptr_t)&number_there),
    ONE(DATA_PTR, PTRV, IRD, 'U', false, SQL_C_CHAR, (intptr_t)&number_there),
    FIELD(DATETIME_INTERVAL_CODE, N16, "WWRW", false, SQL_TYPE_DATE, SQL_CODE_TIMESTAMP),
    FIELD(DATETIME_INTERVAL_PRECISION, N32, "WWRW", false, SQL_INTERVAL_DAY_TO_SECOND, 5),
    FIELD(DISPLAY_SIZE, NLEN, "UURU", false, 0, 9),
    FIELD(FIXED_PREC_SCALE, N16, "UURR", false, 0, 1),
    FIELD(INDICATOR_PTR, PTRV, "WWUU", false, 0, (intptr_t)&number_there),
    FIELD(LABEL, TXT, "UURU", false, 0, 0),
    FIELD(LENGTH, NLEN, "WWRW", false, SQL_CHAR, 33),
    FIELD(LITERAL_PREFIX, TXT, "UURU", false, 0, 0),
    FIELD(LITERAL_SUFFIX, TXT, "UURU", false, 0, 0),
    FIELD(LOCAL_TYPE_NAME, TXT, "UURR", false, 0, 0),
    FIELD(NAME, TXT, "UURW", false, 0, 0),
    FIELD(NULLABLE, N16, "UURR", false, 0, 1),
    FIELD(NUM_PREC_RADIX, N32, "WWRW", false, SQL_INTEGER, 10),
    FIELD(OCTET_LENGTH, NLEN, "WWRW", false, SQL_CHAR, 44),
    FIELD(OCTET_LENGTH_PTR, PTRV, "WWUU", false, 0, (intptr_t)&number_there),
    FIELD(PARAMETER_TYPE, N16, "UUUW", false, 0, SQL_PARAM_INPUT),
    FIELD(PRECISION, N16, "WWRW", false, SQL_NUMERIC, 12),
    FIELD(ROWVER, N16, "UURR", false, 0, 1),
    FIELD(SCALE, N16, "WWRW", false, SQL_NUMERIC, 3),
    FIELD(SCHEMA_NAME, TXT, "UURU", false, 0, 0),
    FIELD(SEARCHABLE, N16, "UURU", false, 0, 1),
    FIELD(TABLE_NAME, TXT, "UURU", false, 0, 0),
    FIELD(TYPE, N16, "WWRW", false, 0, SQL_INTEGER),
    FIELD(TYPE_NAME, TXT, "UURR", false, 0, 0),
    FIELD(UNNAMED, N16, "UURW", false, 0, SQL_UNNAMED),
    FIELD(UNSIGNED, N16, "UURR", false, 0, 1),
    FIELD(UPDATABLE, N16, "UURU", false, 0, 1),
};

/* The value, by the size the reference gives the field; -1 for text. */
static intptr_t get_field(struct run *r, SQLHDESC d, const struct field_line *line) {
    char text[400];
    union { SQLSMALLINT n16; SQLINTEGER n32; intptr_t whole; } value = { .whole = 0 };
    SQLINTEGER len = -1;
    SQLPOINTER to = line->kind == TXT ? (SQLPOINTER)text : (SQLPOINTER)&value;
    OK(SQLGetDescField(d, line->header ? 0 : 1, line->field, to, line->kind == TXT ? (SQLINTEGER)sizeof text : 0,
        &len));
    if (line->kind == TXT) {
        EQ(len, strlen(text));
        return -1;
    }
    return line->kind == N16 ? value.n16 : line->kind == N32 ? value.n32 : value.whole;
}

static SQLRETURN set_field(SQLHDESC d, const struct field_line *line) {
    SQLSMALLINT rec = line->header ? 0 : 1;
    if (line->kind == TXT) return SQLSetDescField(d, rec, line->field, "given", SQL_NTS);
    return SQLSetDescField(d, rec, line->field, (SQLPOINTER)line->value, line->kind == PTRV ? SQL_IS_POINTER : 0);
}

static void check_write(struct run *r, SQLHDESC d, const struct field_line *line) {
    char text[40] = "";
    if (line->type) OK(SQLSetDescField(d, 1, SQL_DESC_CONCISE_TYPE, (SQLPOINTER)(intptr_t)line->type, 0));
    OK(set_field(d, line));
    if (line->kind == TXT) {
        OK(SQLGetDescField(d, 1, line->field, text, sizeof text, NULL));
        TEXT(text, "given");
    } else if (line->field == SQL_DESC_UNNAMED || line->field == SQL_DESC_CONCISE_TYPE ||
        line->field == SQL_DESC_TYPE) {
        SQLSMALLINT now = 0;
        OK(SQLGetDescField(d, 1, line->field, &now, 0, NULL));
        EQ(now, line->value);
    } else {
        EQ(get_field(r, d, line), line->value);
    }
}

static void check_field(struct run *r, const void *arg) {
    const struct field_line *line = arg;
    SQLHDESC d = NULL;
    if (line->which == IRD) query(r, rows_sql(r, 1));
    d = desc_of(r, ATTR_OF[line->which]);
    if (line->right == 'W') {
        check_write(r, d, line);
        if (line->header) SQLSetDescField(d, 0, line->field, NULL, 0);
        return;
    }
    if (!line->header && line->which != IRD) OK(SQLSetDescField(d, 1, SQL_DESC_TYPE, (SQLPOINTER)SQL_INTEGER, 0));
    if (line->right == 'R') get_field(r, d, line);
    ERR_ON(SQL_HANDLE_DESC, d, set_field(d, line),
           line->which == IRD ? "HY016 HY091" : "HY091");
}
RULE_TABLE(LINES, check_field)

/* ---- defaults ---- */

struct default_line {
    struct row row;
    SQLSMALLINT field;
    enum kind kind;
    enum which which;
    bool header;
    intptr_t value;
};
#define DEFAULT(name, kind, d, head, value) { { "desc_default_" #d "_" #name, \
    "SQLSetDescField / Comments / Initialization of Descriptor Fields", \
        "SQL_DESC_" #name " of a new " #d " is " #value }, \
    SQL_DESC_##name, kind, d, head, (intptr_t)(value) }

static const struct default_line DEFAULTS[] = {
    DEFAULT(ALLOC_TYPE, N16, ARD, true, SQL_DESC_ALLOC_AUTO), DEFAULT(ALLOC_TYPE, N16, APD, true, SQL_DESC_ALLOC_AUTO),
    DEFAULT(ALLOC_TYPE, N16, IRD, true, SQL_DESC_ALLOC_AUTO), DEFAULT(ALLOC_TYPE, N16, IPD, true, SQL_DESC_ALLOC_AUTO),
    DEFAULT(ARRAY_SIZE, NLEN, ARD, true, 1), DEFAULT(ARRAY_SIZE, NLEN, APD, true, 1),
    DEFAULT(ARRAY_STATUS_PTR, PTRV, ARD, true, 0), DEFAULT(ARRAY_STATUS_PTR, PTRV, APD, true, 0),
    DEFAULT(ARRAY_STATUS_PTR, PTRV, IRD, true, 0), DEFAULT(ARRAY_STATUS_PTR, PTRV, IPD, true, 0),
    DEFAULT(BIND_OFFSET_PTR, PTRV, ARD, true, 0), DEFAULT(BIND_OFFSET_PTR, PTRV, APD, true, 0),
    DEFAULT(BIND_TYPE, N32, ARD, true, SQL_BIND_BY_COLUMN), DEFAULT(BIND_TYPE, N32, APD, true, SQL_BIND_BY_COLUMN),
    DEFAULT(COUNT, N16, ARD, true, 0), DEFAULT(COUNT, N16, APD, true, 0), DEFAULT(COUNT, N16, IPD, true, 0),
    DEFAULT(ROWS_PROCESSED_PTR, PTRV, IRD, true, 0), DEFAULT(ROWS_PROCESSED_PTR, PTRV, IPD, true, 0),
    DEFAULT(CONCISE_TYPE, N16, ARD, false, SQL_C_DEFAULT), DEFAULT(CONCISE_TYPE, N16, APD, false, SQL_C_DEFAULT),
    DEFAULT(TYPE, N16, ARD, false, SQL_C_DEFAULT), DEFAULT(TYPE, N16, APD, false, SQL_C_DEFAULT),
    DEFAULT(DATA_PTR, PTRV, ARD, false, 0), DEFAULT(DATA_PTR, PTRV, APD, false, 0),
    DEFAULT(INDICATOR_PTR, PTRV, ARD, false, 0), DEFAULT(INDICATOR_PTR, PTRV, APD, false, 0),
    DEFAULT(OCTET_LENGTH_PTR, PTRV, ARD, false, 0), DEFAULT(OCTET_LENGTH_PTR, PTRV, APD, false, 0),
    DEFAULT(PARAMETER_TYPE, N16, IPD, false, SQL_PARAM_INPUT),
};

static void check_default(struct run *r, const void *arg) {
    const struct default_line *line = arg;
    SQLHDESC d = desc_of(r, ATTR_OF[line->which]);
    struct field_line as = { .field = line->field, .kind = line->kind, .header = line->header };
    if (line->which == IRD) query(r, rows_sql(r, 1));
    if (!line->header) OK(SQLSetDescField(d, 0, SQL_DESC_COUNT, (SQLPOINTER)1, 0));
    EQ(get_field(r, d, &as), line->value);
}
RULE_TABLE(DEFAULTS, check_default)
