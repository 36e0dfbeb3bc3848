/* The Databricks SQL types, once. One line per type:
 *
 *   DBX_TYPE(id, sea_name, sql_name, odbc_type, size, display, octets, searchable, case_sensitive, prefix, suffix)
 *
 * sea_name    manifest.schema.columns[].type_name (SEA) for which this line stands
 * sql_name    the TYPE_NAME that SQLGetTypeInfo, SQLColumns and SQLDescribeCol report, and the SQL spelling
 * odbc_type   the concise SQL data type without UseUnicodeSqlCharacterTypes (ODBC reference, appendix D)
 * size        COLUMN_SIZE; -1 = DefaultStringColumnLength, -2 = BinaryColumnLength, -3 = from precision
 * display     SQL_DESC_DISPLAY_SIZE; -1 = size, -2 = 2 * size, -3 = precision + 2
 * octets      SQL_DESC_OCTET_LENGTH; -1 = characters * 4 (narrow) or * 2 (wide), -2 = size, -3 = precision + 2
 * searchable  SQL_PRED_NONE 0, SQL_PRED_BASIC 2 (all except LIKE), SQL_SEARCHABLE 3
 *
 * Include with DBX_TYPE defined; sql.h and sqlext.h are needed only where odbc_type is used. */
DBX_TYPE(DBX_BOOLEAN,       "BOOLEAN",       "BOOLEAN",       SQL_BIT,             1,  1,  1, 2, 0, "", "")
DBX_TYPE(DBX_TINYINT,       "BYTE",          "TINYINT",       SQL_TINYINT,         3,  4,  1, 2, 0, "", "")
DBX_TYPE(DBX_SMALLINT,      "SHORT",         "SMALLINT",      SQL_SMALLINT,        5,  6,  2, 2, 0, "", "")
DBX_TYPE(DBX_INT,           "INT",           "INT",           SQL_INTEGER,        10, 11,  4, 2, 0, "", "")
DBX_TYPE(DBX_BIGINT,        "LONG",          "BIGINT",        SQL_BIGINT,         19, 20,  8, 2, 0, "", "")
DBX_TYPE(DBX_FLOAT,         "FLOAT",         "FLOAT",         SQL_REAL,            7, 14,  4, 2, 0, "", "")
DBX_TYPE(DBX_DOUBLE,        "DOUBLE",        "DOUBLE",        SQL_DOUBLE,         15, 24,  8, 2, 0, "", "")
DBX_TYPE(DBX_DECIMAL,       "DECIMAL",       "DECIMAL",       SQL_DECIMAL,        -3, -3, -3, 2, 0, "", "")
DBX_TYPE(DBX_STRING,        "STRING",        "STRING",        SQL_VARCHAR,        -1, -1, -1, 3, 1, "'", "'")
DBX_TYPE(DBX_VARCHAR,       "VARCHAR",       "VARCHAR",       SQL_VARCHAR,        -1, -1, -1, 3, 1, "'", "'")
DBX_TYPE(DBX_CHAR,          "CHAR",          "CHAR",          SQL_CHAR,           -1, -1, -1, 3, 1, "'", "'")
DBX_TYPE(DBX_BINARY,        "BINARY",        "BINARY",        SQL_VARBINARY,      -2, -2, -2, 2, 0, "X'", "'")
DBX_TYPE(DBX_DATE,          "DATE",          "DATE",          SQL_TYPE_DATE,      10, 10,  6, 2, 0, "DATE'", "'")
DBX_TYPE(DBX_TIME,          "TIME",          "TIME",          SQL_TYPE_TIME,      15, 15,  6, 2, 0, "TIME'", "'")
DBX_TYPE(DBX_TIMESTAMP,     "TIMESTAMP",     "TIMESTAMP",     SQL_TYPE_TIMESTAMP, 26, 26, 16, 2, 0, "TIMESTAMP'", "'")
DBX_TYPE(DBX_TIMESTAMP_NTZ, "TIMESTAMP_NTZ", "TIMESTAMP_NTZ", SQL_TYPE_TIMESTAMP, 26, 26, 16, 2, 0, "TIMESTAMP_NTZ'", "'")
DBX_TYPE(DBX_INTERVAL,      "INTERVAL",      "INTERVAL",      SQL_VARCHAR,        40, -1, -1, 0, 0, "", "")
DBX_TYPE(DBX_ARRAY,         "ARRAY",         "ARRAY",         SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_MAP,           "MAP",           "MAP",           SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_STRUCT,        "STRUCT",        "STRUCT",        SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_VARIANT,       "VARIANT",       "VARIANT",       SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_GEOMETRY,      "GEOMETRY",      "GEOMETRY",      SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_GEOGRAPHY,     "GEOGRAPHY",     "GEOGRAPHY",     SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_UDT,           "USER_DEFINED_TYPE", "USER_DEFINED_TYPE", SQL_VARCHAR, -1, -1, -1, 0, 1, "", "")
DBX_TYPE(DBX_VOID,          "NULL",          "VOID",          SQL_VARCHAR,        -1, -1, -1, 0, 0, "", "")
DBX_TYPE(DBX_OTHER,         "",              "STRING",        SQL_VARCHAR,        -1, -1, -1, 0, 1, "", "")
