/* SQLGetInfo: every information type answers in the type, length and values the reference gives it. */
#include "rules.h"

enum kind { YESNO, TEXTUAL, VERSION, U16, U32 };

struct info_line {
    struct row row;
    SQLUSMALLINT id;
    enum kind kind;
    SQLUINTEGER limit;   /* of U16: the greatest value; of U32: all bits that have a meaning */
};

#define ANY 0xFFFFFFFFu
#define IN "SQLGetInfo / Information Types / "
#define Y(name)        { { "info_" #name, IN "SQL_" #name, "a character string \"Y\" or \"N\"" }, SQL_##name, YESNO, \
    0 }
#define T(name)        { { "info_" #name, IN "SQL_" #name, \
    "a character string, whole or cut with 01004 and its full length" }, SQL_##name, TEXTUAL, 0 }
#define V(name)        { { "info_" #name, IN "SQL_" #name, "a version that begins ##.##" }, SQL_##name, VERSION, 0 }
#define S(name, most)  { { "info_" #name, IN "SQL_" #name, \
    "an SQLUSMALLINT with a defined value; two bytes are written" }, SQL_##name, U16, most }
#define M(name, bits)  { { "info_" #name, IN "SQL_" #name, \
    "an SQLUINTEGER of defined bits or values; four bytes are written" }, SQL_##name, U32, bits }
#define CVT(name)      M(CONVERT_##name, 0x1FFFFFF)

static const struct info_line LINES[] = {
    Y(ACCESSIBLE_PROCEDURES), Y(ACCESSIBLE_TABLES), S(ACTIVE_ENVIRONMENTS, 0xFFFF), M(AGGREGATE_FUNCTIONS, 0x7F),
    M(ALTER_DOMAIN, 0x1FF), M(ALTER_TABLE, 0x7FFFF), M(ASYNC_DBC_FUNCTIONS, 1), M(ASYNC_MODE, 3),
    M(ASYNC_NOTIFICATION, 1), M(BATCH_ROW_COUNT, 7), M(BATCH_SUPPORT, 0xF), M(BOOKMARK_PERSISTENCE, 0x7F),
    S(CATALOG_LOCATION, 2), Y(CATALOG_NAME), T(CATALOG_NAME_SEPARATOR), T(CATALOG_TERM), M(CATALOG_USAGE, 0x1F),
    T(COLLATION_SEQ), Y(COLUMN_ALIAS), S(CONCAT_NULL_BEHAVIOR, 1),
    CVT(BIGINT), CVT(BINARY), CVT(BIT), CVT(CHAR), CVT(DATE), CVT(DECIMAL), CVT(DOUBLE), CVT(FLOAT), CVT(GUID),
    CVT(INTEGER), CVT(INTERVAL_DAY_TIME), CVT(INTERVAL_YEAR_MONTH), CVT(LONGVARBINARY), CVT(LONGVARCHAR),
    CVT(NUMERIC), CVT(REAL), CVT(SMALLINT), CVT(TIME), CVT(TIMESTAMP), CVT(TINYINT), CVT(VARBINARY), CVT(VARCHAR),
    CVT(WCHAR), CVT(WLONGVARCHAR), CVT(WVARCHAR), M(CONVERT_FUNCTIONS, 3),
    S(CORRELATION_NAME, 2), M(CREATE_ASSERTION, 0xF1), M(CREATE_CHARACTER_SET, 7), M(CREATE_COLLATION, 1),
    M(CREATE_DOMAIN, 0x1F7), M(CREATE_SCHEMA, 7), M(CREATE_TABLE, 0x3FFF), M(CREATE_TRANSLATION, 1),
    M(CREATE_VIEW, 0xF), S(CURSOR_COMMIT_BEHAVIOR, 2), S(CURSOR_ROLLBACK_BEHAVIOR, 2), M(CURSOR_SENSITIVITY, 3),
    T(DATA_SOURCE_NAME), Y(DATA_SOURCE_READ_ONLY), T(DATABASE_NAME), M(DATETIME_LITERALS, 0xFFFF), T(DBMS_NAME),
    V(DBMS_VER), M(DDL_INDEX, 3), M(DEFAULT_TXN_ISOLATION, 0xF), Y(DESCRIBE_PARAMETER), V(DM_VER),
    M(DRIVER_AWARE_POOLING_SUPPORTED, 1), T(DRIVER_NAME), V(DRIVER_ODBC_VER), V(DRIVER_VER), M(DROP_ASSERTION, 1),
    M(DROP_CHARACTER_SET, 1), M(DROP_COLLATION, 1), M(DROP_DOMAIN, 7), M(DROP_SCHEMA, 7), M(DROP_TABLE, 7),
    M(DROP_TRANSLATION, 1), M(DROP_VIEW, 7), M(DYNAMIC_CURSOR_ATTRIBUTES1, 0xFFFFF),
    M(DYNAMIC_CURSOR_ATTRIBUTES2, 0x1FFFF), Y(EXPRESSIONS_IN_ORDERBY), S(FILE_USAGE, 2),
    M(FORWARD_ONLY_CURSOR_ATTRIBUTES1, 0xFFFFF), M(FORWARD_ONLY_CURSOR_ATTRIBUTES2, 0x1FFFF),
    M(GETDATA_EXTENSIONS, 0x1F), S(GROUP_BY, 4), S(IDENTIFIER_CASE, 4), T(IDENTIFIER_QUOTE_CHAR),
    M(INDEX_KEYWORDS, 3), M(INFO_SCHEMA_VIEWS, 0x7FFFFF), M(INSERT_STATEMENT, 7), Y(INTEGRITY),
    M(KEYSET_CURSOR_ATTRIBUTES1, 0xFFFFF), M(KEYSET_CURSOR_ATTRIBUTES2, 0x1FFFF), T(KEYWORDS), Y(LIKE_ESCAPE_CLAUSE),
    M(MAX_ASYNC_CONCURRENT_STATEMENTS, ANY), M(MAX_BINARY_LITERAL_LEN, ANY), S(MAX_CATALOG_NAME_LEN, 0xFFFF),
    M(MAX_CHAR_LITERAL_LEN, ANY), S(MAX_COLUMN_NAME_LEN, 0xFFFF), S(MAX_COLUMNS_IN_GROUP_BY, 0xFFFF),
    S(MAX_COLUMNS_IN_INDEX, 0xFFFF), S(MAX_COLUMNS_IN_ORDER_BY, 0xFFFF), S(MAX_COLUMNS_IN_SELECT, 0xFFFF),
    S(MAX_COLUMNS_IN_TABLE, 0xFFFF), S(MAX_CONCURRENT_ACTIVITIES, 0xFFFF), S(MAX_CURSOR_NAME_LEN, 0xFFFF),
    S(MAX_DRIVER_CONNECTIONS, 0xFFFF), S(MAX_IDENTIFIER_LEN, 0xFFFF), M(MAX_INDEX_SIZE, ANY),
    S(MAX_PROCEDURE_NAME_LEN, 0xFFFF), M(MAX_ROW_SIZE, ANY), Y(MAX_ROW_SIZE_INCLUDES_LONG),
    S(MAX_SCHEMA_NAME_LEN, 0xFFFF), M(MAX_STATEMENT_LEN, ANY), S(MAX_TABLE_NAME_LEN, 0xFFFF),
    S(MAX_TABLES_IN_SELECT, 0xFFFF), S(MAX_USER_NAME_LEN, 0xFFFF), Y(MULT_RESULT_SETS), Y(MULTIPLE_ACTIVE_TXN),
    Y(NEED_LONG_DATA_LEN), S(NON_NULLABLE_COLUMNS, 1), S(NULL_COLLATION, 4), M(NUMERIC_FUNCTIONS, 0xFFFFFF),
    M(ODBC_INTERFACE_CONFORMANCE, 3), V(ODBC_VER), M(OJ_CAPABILITIES, 0x7F), Y(ORDER_BY_COLUMNS_IN_SELECT),
    M(PARAM_ARRAY_ROW_COUNTS, 2), M(PARAM_ARRAY_SELECTS, 3), T(PROCEDURE_TERM), Y(PROCEDURES), M(POS_OPERATIONS, 0x1F),
    S(QUOTED_IDENTIFIER_CASE, 4), Y(ROW_UPDATES), T(SCHEMA_TERM), M(SCHEMA_USAGE, 0x1F), M(SCROLL_OPTIONS, 0x1F),
    T(SEARCH_PATTERN_ESCAPE), T(SERVER_NAME), T(SPECIAL_CHARACTERS), M(SQL_CONFORMANCE, 0xF),
    M(SQL92_DATETIME_FUNCTIONS, 7), M(SQL92_FOREIGN_KEY_DELETE_RULE, 0xF), M(SQL92_FOREIGN_KEY_UPDATE_RULE, 0xF),
    M(SQL92_GRANT, 0x3FFF), M(SQL92_NUMERIC_VALUE_FUNCTIONS, 0x3F), M(SQL92_PREDICATES, 0x3FFF),
    M(SQL92_RELATIONAL_JOIN_OPERATORS, 0x3FF), M(SQL92_REVOKE, 0x3FFF), M(SQL92_ROW_VALUE_CONSTRUCTOR, 0xF),
    M(SQL92_STRING_FUNCTIONS, 0xFF), M(SQL92_VALUE_EXPRESSIONS, 0xF), M(STANDARD_CLI_CONFORMANCE, 3),
    M(STATIC_CURSOR_ATTRIBUTES1, 0xFFFFF), M(STATIC_CURSOR_ATTRIBUTES2, 0x1FFFF), M(STRING_FUNCTIONS, 0xFFFFFF),
    M(SUBQUERIES, 0x1F), M(SYSTEM_FUNCTIONS, 7), T(TABLE_TERM), M(TIMEDATE_ADD_INTERVALS, 0x1FF),
    M(TIMEDATE_DIFF_INTERVALS, 0x1FF), M(TIMEDATE_FUNCTIONS, 0x1FFFFF), S(TXN_CAPABLE, 4),
    M(TXN_ISOLATION_OPTION, 0xF), M(UNION, 3), T(USER_NAME), T(XOPEN_CLI_YEAR),
};

static void check_number(struct run *r, const struct info_line *line, size_t size) {
    unsigned char room[16];
    SQLUINTEGER value = 0;
    memset(room, 0xA5, sizeof room);
    OK(SQLGetInfo(r->dbc, line->id, room, 0, NULL));
    for (size_t i = size; i < sizeof room; i++) MUST(room[i] == 0xA5, "byte %zu behind the value was written", i);
    if (size == 2) {
        SQLUSMALLINT small;
        memcpy(&small, room, sizeof small);
        MUST(small <= line->limit, "%u is no defined value", small);
    } else {
        memcpy(&value, room, sizeof value);
        MUST(!(value & ~line->limit), "bits 0x%x have no meaning", (unsigned)(value & ~line->limit));
    }
}

static void check_cut(struct run *r, const struct info_line *line, const char *whole, SQLSMALLINT len) {
    char part[8];
    SQLSMALLINT full = -1;
    if (len < 1) return;
    memset(part, '#', sizeof part);
    SQLSMALLINT room = len < 4 ? 1 : 4;
    INFO_ON(SQL_HANDLE_DBC, r->dbc, SQLGetInfo(r->dbc, line->id, part, room, &full), "01004");
    EQ(full, len);
    MUST(!part[room - 1] && !strncmp(part, whole, (size_t)room - 1), "the cut text is not a NUL-terminated beginning");
    MUST(part[room] == '#', "more than BufferLength bytes were written");
}

/* unixODBC answers these by itself, and cuts them without a word. */
static bool by_manager(SQLUSMALLINT id) { return id == SQL_DM_VER || id == SQL_ODBC_VER || id == SQL_XOPEN_CLI_YEAR; }

static void check_text(struct run *r, const struct info_line *line) {
    char text[8192];
    SQLSMALLINT len = -1;
    OK(SQLGetInfo(r->dbc, line->id, text, sizeof text, &len));
    EQ(len, strlen(text));
    if (line->kind == YESNO) MUST(!strcmp(text, "Y") || !strcmp(text, "N"), "\"%s\" is neither Y nor N", text);
    if (line->kind == VERSION) {
        unsigned a, b;
        int end = 0;
        MUST(sscanf(text, "%2u.%2u%n", &a, &b, &end) == 2 && end == 5, "\"%s\" is not ##.##", text);
    }
    if (!by_manager(line->id)) check_cut(r, line, text, len);
}

static void check_info(struct run *r, const void *arg) {
    const struct info_line *line = arg;
    if (line->kind == U16) check_number(r, line, 2);
    else if (line->kind == U32) check_number(r, line, 4);
    else check_text(r, line);
}

RULE_TABLE(LINES, check_info)
