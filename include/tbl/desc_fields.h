/* The fields of descriptors and who may do what with them, once (ODBC reference, SQLSetDescField, "Initialization of
 * Descriptor Fields").
 *
 *   DESC_HEAD(id, app, ird, ipd)    a field of the header: the record number is ignored
 *   DESC_REC (id, app, ird, ipd)    a field of a record
 *
 * app = application descriptors (ARD, APD, explicit). W = read and set, R = read only, U = unused: it cannot be set, and
 * reading gives an undefined value (ours: 0, NULL or an empty text). */
DESC_HEAD(SQL_DESC_ALLOC_TYPE,                  R, R, R)
DESC_HEAD(SQL_DESC_ARRAY_SIZE,                  W, U, U)
DESC_HEAD(SQL_DESC_ARRAY_STATUS_PTR,            W, W, W)
DESC_HEAD(SQL_DESC_BIND_OFFSET_PTR,             W, U, U)
DESC_HEAD(SQL_DESC_BIND_TYPE,                   W, U, U)
DESC_HEAD(SQL_DESC_COUNT,                       W, R, W)
DESC_HEAD(SQL_DESC_ROWS_PROCESSED_PTR,          U, W, W)
DESC_REC (SQL_DESC_AUTO_UNIQUE_VALUE,           U, R, U)
DESC_REC (SQL_DESC_BASE_COLUMN_NAME,            U, R, U)
DESC_REC (SQL_DESC_BASE_TABLE_NAME,             U, R, U)
DESC_REC (SQL_DESC_CASE_SENSITIVE,              U, R, R)
DESC_REC (SQL_DESC_CATALOG_NAME,                U, R, U)
DESC_REC (SQL_DESC_CONCISE_TYPE,                W, R, W)
DESC_REC (SQL_DESC_DATA_PTR,                    W, U, W)   /* of an IPD: asks for a consistency check */
DESC_REC (SQL_DESC_DATETIME_INTERVAL_CODE,      W, R, W)
DESC_REC (SQL_DESC_DATETIME_INTERVAL_PRECISION, W, R, W)
DESC_REC (SQL_DESC_DISPLAY_SIZE,                U, R, U)
DESC_REC (SQL_DESC_FIXED_PREC_SCALE,            U, R, R)
DESC_REC (SQL_DESC_INDICATOR_PTR,               W, U, U)
DESC_REC (SQL_DESC_LABEL,                       U, R, U)
DESC_REC (SQL_DESC_LENGTH,                      W, R, W)
DESC_REC (SQL_DESC_LITERAL_PREFIX,              U, R, U)
DESC_REC (SQL_DESC_LITERAL_SUFFIX,              U, R, U)
DESC_REC (SQL_DESC_LOCAL_TYPE_NAME,             U, R, R)
DESC_REC (SQL_DESC_NAME,                        U, R, W)
DESC_REC (SQL_DESC_NULLABLE,                    U, R, R)
DESC_REC (SQL_DESC_NUM_PREC_RADIX,              W, R, W)
DESC_REC (SQL_DESC_OCTET_LENGTH,                W, R, W)
DESC_REC (SQL_DESC_OCTET_LENGTH_PTR,            W, U, U)
DESC_REC (SQL_DESC_PARAMETER_TYPE,              U, U, W)
DESC_REC (SQL_DESC_PRECISION,                   W, R, W)
DESC_REC (SQL_DESC_ROWVER,                      U, R, R)
DESC_REC (SQL_DESC_SCALE,                       W, R, W)
DESC_REC (SQL_DESC_SCHEMA_NAME,                 U, R, U)
DESC_REC (SQL_DESC_SEARCHABLE,                  U, R, U)
DESC_REC (SQL_DESC_TABLE_NAME,                  U, R, U)
DESC_REC (SQL_DESC_TYPE,                        W, R, W)
DESC_REC (SQL_DESC_TYPE_NAME,                   U, R, R)
DESC_REC (SQL_DESC_UNNAMED,                     U, R, W)
DESC_REC (SQL_DESC_UNSIGNED,                    U, R, R)
DESC_REC (SQL_DESC_UPDATABLE,                   U, R, U)
