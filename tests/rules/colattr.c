/* SQLDescribeCol and SQLColAttribute. */
#include "rules.h"

#define DESCRIBE "SQLDescribeCol / "
#define ATTR "SQLColAttribute / "
#define TABLE_SQL "SELECT k, note, amount, day FROM rules_keyed"

RULE(describe_col_name_cut_01004, DESCRIBE "Diagnostics / 01004",
     "a name too long for its buffer is cut with 01004 and its full length") {
    SQLCHAR name[3] = "";
    SQLSMALLINT len = 0;
    query(r, TABLE_SQL);
    INFO(SQLDescribeCol(r->stmt, 2, name, sizeof name, &len, NULL, NULL, NULL, NULL), "01004");
    TEXT(name, "no");
    EQ(len, 4);
}
RULE(describe_col_number_07009, DESCRIBE "Diagnostics / 07009", "a number behind the last column gives 07009") {
    query(r, TABLE_SQL);
    ERR(SQLDescribeCol(r->stmt, 9, NULL, 0, NULL, NULL, NULL, NULL, NULL), "07009");
}
RULE(describe_col_0_07009, DESCRIBE "Diagnostics / 07009", "column 0 with bookmarks off gives 07009") {
    query(r, TABLE_SQL);
    ERR(SQLDescribeCol(r->stmt, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL), "07009");
}
RULE(describe_col_negative_hy090, DESCRIBE "Diagnostics / HY090", "a negative BufferLength gives HY090") {
    SQLCHAR name[3];
    query(r, TABLE_SQL);
    ERR(SQLDescribeCol(r->stmt, 1, name, -1, NULL, NULL, NULL, NULL, NULL), "HY090");
}
RULE(describe_col_nulls_allowed, DESCRIBE "Arguments", "any output pointer can be NULL") {
    query(r, TABLE_SQL);
    OK(SQLDescribeCol(r->stmt, 1, NULL, 0, NULL, NULL, NULL, NULL, NULL));
}
RULE(attr_number_07009, ATTR "Diagnostics / 07009", "a number behind the last column gives 07009") {
    SQLLEN v;
    query(r, TABLE_SQL);
    ERR(SQLColAttribute(r->stmt, 9, SQL_DESC_CONCISE_TYPE, NULL, 0, NULL, &v), "07009");
}
RULE(attr_unknown_field_hy091, ATTR "Diagnostics / HY091", "a field that is none gives HY091") {
    SQLLEN v;
    query(r, TABLE_SQL);
    ERR(SQLColAttribute(r->stmt, 1, 9999, NULL, 0, NULL, &v), "HY091");
}
RULE(attr_count, ATTR "SQL_DESC_COUNT", "is the number of columns, whatever the column asked") {
    SQLLEN v = 0;
    query(r, TABLE_SQL);
    OK(SQLColAttribute(r->stmt, 1, SQL_DESC_COUNT, NULL, 0, NULL, &v));
    EQ(v, 4);
}
RULE(attr_name_length_in_bytes, ATTR "StringLengthPtr",
     "the length of a string comes in bytes, also without a buffer") {
    SQLSMALLINT len = 0;
    query(r, TABLE_SQL);
    OKI(SQLColAttribute(r->stmt, 3, SQL_DESC_NAME, NULL, 0, &len, NULL));
    EQ(len, 6);
}
RULE(attr_name_cut_01004, ATTR "Diagnostics / 01004", "a string too long for its buffer is cut with 01004") {
    char name[4] = "";
    SQLSMALLINT len = 0;
    query(r, TABLE_SQL);
    INFO(SQLColAttribute(r->stmt, 3, SQL_DESC_NAME, name, sizeof name, &len, NULL), "01004");
    TEXT(name, "amo");
    EQ(len, 6);
}

/* ---- numbers: column, field, value ---- */

struct number_line { struct row row; SQLUSMALLINT column, field; SQLLEN least, most; };
#define N(id, col, field, least, most, text) { { "attr_" #id, ATTR #field, text }, col, field, least, most }
static const struct number_line NUMBERS[] = {
    N(auto_unique, 1, SQL_DESC_AUTO_UNIQUE_VALUE, 0, 0, "a plain column is SQL_FALSE"),
    N(case_sensitive_number, 1, SQL_DESC_CASE_SENSITIVE, 0, 0, "a number is not case-sensitive"),
    N(case_sensitive_text, 2, SQL_DESC_CASE_SENSITIVE, 0, 1, "text is SQL_TRUE or SQL_FALSE"),
    N(concise_type_int, 1, SQL_DESC_CONCISE_TYPE, SQL_INTEGER, SQL_INTEGER, "INTEGER is SQL_INTEGER"),
    N(concise_type_date, 4, SQL_DESC_CONCISE_TYPE, SQL_TYPE_DATE, SQL_TYPE_DATE, "DATE is SQL_TYPE_DATE"),
    N(type_date, 4, SQL_DESC_TYPE, SQL_DATETIME, SQL_DATETIME, "the verbose type of DATE is SQL_DATETIME"),
    N(type_int, 1, SQL_DESC_TYPE, SQL_INTEGER, SQL_INTEGER, "the verbose type of INTEGER is itself"),
    N(display_int, 1, SQL_DESC_DISPLAY_SIZE, 11, 11, "11 characters show any INTEGER"),
    N(display_text, 2, SQL_DESC_DISPLAY_SIZE, 20, 0x7FFFFFFF,
        "as many characters as a VARCHAR(20) may have fit, at least"),
    N(display_decimal, 3, SQL_DESC_DISPLAY_SIZE, 12, 12, "precision + 2 show any DECIMAL(10,2)"),
    N(display_date, 4, SQL_DESC_DISPLAY_SIZE, 10, 10, "10 characters show any DATE"),
    N(fixed_prec_scale, 3, SQL_DESC_FIXED_PREC_SCALE, 0, 0, "a DECIMAL column is no money: SQL_FALSE"),
    N(length_text, 2, SQL_DESC_LENGTH, 20, 0x7FFFFFFF,
        "is the greatest length of a text, for a VARCHAR(20) at least 20"),
    N(length_date, 4, SQL_DESC_LENGTH, 10, 10, "is the number of characters of a DATE"),
    N(nullable_no, 1, SQL_DESC_NULLABLE, 0, 2, "is SQL_NO_NULLS, SQL_NULLABLE or SQL_NULLABLE_UNKNOWN"),
    N(nullable_yes, 2, SQL_DESC_NULLABLE, 1, 2, "a column that takes NULL is not SQL_NO_NULLS"),
    N(radix_int, 1, SQL_DESC_NUM_PREC_RADIX, 10, 10, "an exact number has radix 10"),
    N(radix_text, 2, SQL_DESC_NUM_PREC_RADIX, 0, 0, "text has radix 0"),
    N(octets_int, 1, SQL_DESC_OCTET_LENGTH, 4, 4, "an INTEGER takes 4 bytes"),
    N(octets_text, 2, SQL_DESC_OCTET_LENGTH, 20, 0x7FFFFFFF, "a VARCHAR(20) takes at least 20 bytes"),
    N(octets_decimal, 3, SQL_DESC_OCTET_LENGTH, 12, 12, "a DECIMAL(10,2) takes precision + 2 bytes"),
    N(octets_date, 4, SQL_DESC_OCTET_LENGTH, 6, 6, "a DATE takes the 6 bytes of its structure"),
    N(precision_int, 1, SQL_DESC_PRECISION, 10, 10, "an INTEGER has 10 digits"),
    N(precision_decimal, 3, SQL_DESC_PRECISION, 10, 10, "a DECIMAL(10,2) has 10 digits"),
    N(scale_decimal, 3, SQL_DESC_SCALE, 2, 2, "a DECIMAL(10,2) has scale 2"),
    N(scale_int, 1, SQL_DESC_SCALE, 0, 0, "an INTEGER has scale 0"),
    N(searchable, 1, SQL_DESC_SEARCHABLE, SQL_PRED_NONE, SQL_PRED_SEARCHABLE, "is one of the SQL_PRED_ values"),
    N(unnamed, 1, SQL_DESC_UNNAMED, SQL_NAMED, SQL_NAMED, "a column with a name is SQL_NAMED"),
    N(unsigned_int, 1, SQL_DESC_UNSIGNED, 0, 0, "an INTEGER is signed"),
    N(unsigned_text, 2, SQL_DESC_UNSIGNED, 1, 1, "a column that is no number is unsigned (SQL_TRUE)"),
    N(updatable, 1, SQL_DESC_UPDATABLE, SQL_ATTR_READONLY, SQL_ATTR_READWRITE_UNKNOWN,
        "is one of the SQL_ATTR_ values"),
    N(old_length, 2, SQL_COLUMN_LENGTH, 20, 0x7FFFFFFF, "the ODBC 2 length of a VARCHAR(20) is its bytes, at least 20"),
    N(old_precision, 3, SQL_COLUMN_PRECISION, 10, 10, "the ODBC 2 precision of DECIMAL(10,2) is 10"),
    N(old_scale, 3, SQL_COLUMN_SCALE, 2, 2, "the ODBC 2 scale of DECIMAL(10,2) is 2"),
    N(old_nullable, 2, SQL_COLUMN_NULLABLE, 1, 2, "the ODBC 2 nullability is answered"),
};
static void check_number(struct run *r, const void *arg) {
    const struct number_line *line = arg;
    SQLLEN v = -99;
    query(r, TABLE_SQL);
    OK(SQLColAttribute(r->stmt, line->column, line->field, NULL, 0, NULL, &v));
    MUST(v >= line->least && v <= line->most, "%ld instead of %ld to %ld", (long)v, (long)line->least,
        (long)line->most);
}
RULE_TABLE(NUMBERS, check_number)

struct text_line { struct row row; SQLUSMALLINT column, field; const char *want; };   /* NULL: any text */
#define X(id, col, field, want, text) { { "attr_text_" #id, ATTR #field, text }, col, field, want }
static const struct text_line TEXTS[] = {
    X(name, 2, SQL_DESC_NAME, "note", "is the column's name"), X(label, 2, SQL_DESC_LABEL, "note",
        "is the name where there is no label"),
    X(base_column, 2, SQL_DESC_BASE_COLUMN_NAME, NULL, "is a string, empty if unknown"),
    X(base_table, 2, SQL_DESC_BASE_TABLE_NAME, NULL, "is a string, empty if unknown"),
    X(table, 2, SQL_DESC_TABLE_NAME, NULL, "is a string, empty if unknown"), X(schema, 2, SQL_DESC_SCHEMA_NAME, NULL,
        "is a string, empty if unknown"),
    X(catalog, 2, SQL_DESC_CATALOG_NAME, NULL, "is a string, empty if unknown"),
    X(prefix_text, 2, SQL_DESC_LITERAL_PREFIX, "'", "text begins with a quote"), X(suffix_text, 2,
        SQL_DESC_LITERAL_SUFFIX, "'", "text ends with a quote"),
    X(prefix_int, 1, SQL_DESC_LITERAL_PREFIX, "", "a number begins with nothing"),
    X(local_type, 1, SQL_DESC_LOCAL_TYPE_NAME, NULL, "is a string, empty if there is none"),
};
static void check_text(struct run *r, const void *arg) {
    const struct text_line *line = arg;
    char v[300] = "";
    SQLSMALLINT len = -1;
    query(r, TABLE_SQL);
    OK(SQLColAttribute(r->stmt, line->column, line->field, v, sizeof v, &len, NULL));
    EQ(len, strlen(v));
    if (line->want) TEXT(v, line->want);
}
RULE_TABLE(TEXTS, check_text)

RULE(attr_type_name_known, ATTR "SQL_DESC_TYPE_NAME", "is the TYPE_NAME of SQLColumns") {
    char attr[100] = "", column[100] = "";
    query(r, TABLE_SQL);
    OK(SQLColAttribute(r->stmt, 4, SQL_DESC_TYPE_NAME, attr, sizeof attr, NULL, NULL));
    OK(SQLCloseCursor(r->stmt));
    OK(SQLColumns(r->stmt, NULL, 0, NULL, 0, (SQLCHAR *)"rules_keyed", SQL_NTS, (SQLCHAR *)"day", SQL_NTS));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 6, SQL_C_CHAR, column, sizeof column, NULL));
    TEXT(attr, column);
}
struct same_line { struct row row; SQLUSMALLINT column; };
#define SAME(col, name) { { "describe_agrees_" name, DESCRIBE "Comments; " ATTR "Comments", \
    "SQLDescribeCol and SQLColAttribute say the same of column " name }, col }
static const struct same_line SAMES[] = { SAME(1, "integer"), SAME(2, "varchar"), SAME(3, "decimal"), SAME(4, "date") };
static void check_same(struct run *r, const void *arg) {
    const struct same_line *line = arg;
    SQLSMALLINT type = 0, digits = 0, nullable = 0;
    SQLULEN size = 0;
    SQLLEN t = 0, s = 0, n = 0;
    bool number = line->column == 1 || line->column == 3;
    query(r, TABLE_SQL);
    OK(SQLDescribeCol(r->stmt, line->column, NULL, 0, NULL, &type, &size, &digits, &nullable));
    OK(SQLColAttribute(r->stmt, line->column, SQL_DESC_CONCISE_TYPE, NULL, 0, NULL, &t));
    OK(SQLColAttribute(r->stmt, line->column, number ? SQL_DESC_PRECISION : SQL_DESC_LENGTH, NULL, 0, NULL, &s));
    OK(SQLColAttribute(r->stmt, line->column, SQL_DESC_NULLABLE, NULL, 0, NULL, &n));
    EQ(type, t);
    EQ(size, s);
    EQ(nullable, n);
    if (line->column == 3) EQ(digits, 2);
}
RULE_TABLE(SAMES, check_same)

RULE(attr_octets_hold_length, ATTR "SQL_DESC_OCTET_LENGTH",
     "for text the bytes are no fewer than the characters of SQL_DESC_LENGTH") {
    SQLLEN length = 0, octets = 0;
    query(r, TABLE_SQL);
    OK(SQLColAttribute(r->stmt, 2, SQL_DESC_LENGTH, NULL, 0, NULL, &length));
    OK(SQLColAttribute(r->stmt, 2, SQL_DESC_OCTET_LENGTH, NULL, 0, NULL, &octets));
    MUST(octets >= length, "%ld bytes for %ld characters", (long)octets, (long)length);
}
RULE(attr_display_is_length, ATTR "SQL_DESC_DISPLAY_SIZE", "for text it is SQL_DESC_LENGTH") {
    SQLLEN length = 0, display = 0;
    query(r, TABLE_SQL);
    OK(SQLColAttribute(r->stmt, 2, SQL_DESC_LENGTH, NULL, 0, NULL, &length));
    OK(SQLColAttribute(r->stmt, 2, SQL_DESC_DISPLAY_SIZE, NULL, 0, NULL, &display));
    EQ(display, length);
}
