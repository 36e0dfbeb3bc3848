/* The attributes, once (ODBC reference, SQLSetStmtAttr, SQLSetConnectAttr, SQLSetEnvAttr). Include with those of the
 * macros defined that are wanted; the others are empty.
 *
 *   STMT_ATTR(id, field, default, least, most, else)   SQLULEN kept in struct stmt_attrs
 *   STMT_DESC_NUM(id, which, field)                    SQLULEN that is a header field of a descriptor
 *   STMT_DESC_PTR(id, which, field)                    the same, a pointer
 *   DBC_ATTR(id, field, type, default, least, most, else)  number kept in struct dbc_attrs
 *
 * else: what a value outside least…most gets: ELSE_REFUSE (HY024), ELSE_KEEP (the default stays, 01S02), ELSE_UNSUPPORTED
 * (HYC00), ELSE_READ_ONLY (HY092). What the cursor's attributes do to one another is in handle/attr.c. Attributes that
 * need more than a number are in handle/attr.c. */
#ifndef STMT_ATTR
#define STMT_ATTR(id, field, dflt, least, most, otherwise)
#endif
#ifndef STMT_DESC_NUM
#define STMT_DESC_NUM(id, which, field)
#endif
#ifndef STMT_DESC_PTR
#define STMT_DESC_PTR(id, which, field)
#endif
#ifndef DBC_ATTR
#define DBC_ATTR(id, field, type, dflt, least, most, otherwise)
#endif

STMT_ATTR(SQL_ATTR_QUERY_TIMEOUT,      query_timeout,      0, 0, SQL_ATTR_ANY, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_MAX_ROWS,           max_rows,           0, 0, SQL_ATTR_ANY, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_NOSCAN,             noscan,             SQL_NOSCAN_OFF, SQL_NOSCAN_OFF, SQL_NOSCAN_ON, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_MAX_LENGTH,         max_length,         0, 0, SQL_ATTR_ANY, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_ASYNC_ENABLE,       async_enable,       SQL_ASYNC_ENABLE_OFF, SQL_ASYNC_ENABLE_OFF, SQL_ASYNC_ENABLE_ON, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_CURSOR_TYPE,        cursor_type,        SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_STATIC, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_CONCURRENCY,        concurrency,        SQL_CONCUR_READ_ONLY, SQL_CONCUR_READ_ONLY, SQL_CONCUR_VALUES, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_KEYSET_SIZE,        keyset_size,        0, 0, 0, ELSE_KEEP)
STMT_ATTR(SQL_ROWSET_SIZE,             rowset_size,        1, 1, SQL_ATTR_ANY, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_SIMULATE_CURSOR,    simulate_cursor,    SQL_SC_NON_UNIQUE, SQL_SC_NON_UNIQUE, SQL_SC_NON_UNIQUE, ELSE_KEEP)
STMT_ATTR(SQL_ATTR_RETRIEVE_DATA,      retrieve_data,      SQL_RD_ON, SQL_RD_OFF, SQL_RD_ON, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_USE_BOOKMARKS,      use_bookmarks,      SQL_UB_OFF, SQL_UB_OFF, SQL_UB_VARIABLE, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_ENABLE_AUTO_IPD,    enable_auto_ipd,    SQL_FALSE, SQL_FALSE, SQL_FALSE, ELSE_UNSUPPORTED)
STMT_ATTR(SQL_ATTR_CURSOR_SCROLLABLE,  cursor_scrollable,  SQL_NONSCROLLABLE, SQL_NONSCROLLABLE, SQL_SCROLLABLE, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_CURSOR_SENSITIVITY, cursor_sensitivity, SQL_UNSPECIFIED, SQL_UNSPECIFIED, SQL_INSENSITIVE, ELSE_UNSUPPORTED)
STMT_ATTR(SQL_ATTR_METADATA_ID,        metadata_id,        SQL_FALSE, SQL_FALSE, SQL_TRUE, ELSE_REFUSE)
STMT_ATTR(SQL_ATTR_DBX_CACHE,          dbx_cache,          SQL_DBX_CACHE_NONE, 0, 0, ELSE_READ_ONLY)
STMT_ATTR(SQL_ATTR_DBX_CACHE_AGE,      dbx_cache_age,      0, 0, 0, ELSE_READ_ONLY)
STMT_ATTR(SQL_ATTR_DBX_CACHE_LIFE,     dbx_cache_life,     0, 0, 0, ELSE_READ_ONLY)

STMT_DESC_NUM(SQL_ATTR_ROW_ARRAY_SIZE,        ard, array_size)
STMT_DESC_NUM(SQL_ATTR_ROW_BIND_TYPE,         ard, bind_type)
STMT_DESC_PTR(SQL_ATTR_ROW_BIND_OFFSET_PTR,   ard, bind_offset)
STMT_DESC_PTR(SQL_ATTR_ROW_OPERATION_PTR,     ard, array_status)
STMT_DESC_PTR(SQL_ATTR_ROW_STATUS_PTR,        ird, array_status)
STMT_DESC_PTR(SQL_ATTR_ROWS_FETCHED_PTR,      ird, rows_processed)
STMT_DESC_NUM(SQL_ATTR_PARAMSET_SIZE,         apd, array_size)
STMT_DESC_NUM(SQL_ATTR_PARAM_BIND_TYPE,       apd, bind_type)
STMT_DESC_PTR(SQL_ATTR_PARAM_BIND_OFFSET_PTR, apd, bind_offset)
STMT_DESC_PTR(SQL_ATTR_PARAM_OPERATION_PTR,   apd, array_status)
STMT_DESC_PTR(SQL_ATTR_PARAM_STATUS_PTR,      ipd, array_status)
STMT_DESC_PTR(SQL_ATTR_PARAMS_PROCESSED_PTR,  ipd, rows_processed)

DBC_ATTR(SQL_ATTR_ACCESS_MODE,        access_mode,        SQLUINTEGER, SQL_MODE_READ_WRITE, SQL_MODE_READ_WRITE, SQL_MODE_READ_ONLY, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_AUTOCOMMIT,         autocommit,         SQLUINTEGER, SQL_AUTOCOMMIT_ON, SQL_AUTOCOMMIT_OFF, SQL_AUTOCOMMIT_ON, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_LOGIN_TIMEOUT,      login_timeout,      SQLUINTEGER, 0, 0, UINT32_MAX, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_CONNECTION_TIMEOUT, connection_timeout, SQLUINTEGER, 0, 0, UINT32_MAX, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_PACKET_SIZE,        packet_size,        SQLUINTEGER, 0, 0, 0, ELSE_KEEP)
DBC_ATTR(SQL_ATTR_TXN_ISOLATION,      txn_isolation,      SQLUINTEGER, 0, 0, 0, ELSE_UNSUPPORTED)
DBC_ATTR(SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE, async_dbc,  SQLUINTEGER, SQL_ASYNC_DBC_ENABLE_OFF, SQL_ASYNC_DBC_ENABLE_OFF, SQL_ASYNC_DBC_ENABLE_ON, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_METADATA_ID,        metadata_id,        SQLUINTEGER, SQL_FALSE, SQL_FALSE, SQL_TRUE, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_AUTO_IPD,           auto_ipd,           SQLUINTEGER, SQL_FALSE, 1, 0, ELSE_READ_ONLY)
DBC_ATTR(SQL_ATTR_ANSI_APP,           ansi_app,           SQLUINTEGER, SQL_AA_FALSE, SQL_AA_FALSE, SQL_AA_TRUE, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_ODBC_CURSORS,       odbc_cursors,       SQLULEN,     SQL_CUR_USE_DRIVER, SQL_CUR_USE_IF_NEEDED, SQL_CUR_USE_DRIVER, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_TRACE,              trace,              SQLUINTEGER, SQL_OPT_TRACE_OFF, SQL_OPT_TRACE_OFF, SQL_OPT_TRACE_ON, ELSE_REFUSE)
DBC_ATTR(SQL_ATTR_TRANSLATE_OPTION,   translate_option,   SQLUINTEGER, 0, 0, 0, ELSE_UNSUPPORTED)

#undef STMT_ATTR
#undef STMT_DESC_NUM
#undef STMT_DESC_PTR
#undef DBC_ATTR
