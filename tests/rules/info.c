/* SQLGetInfo: what its answers must have to do with each other and with what the driver does. */
#include "rules.h"

#define AT "SQLGetInfo / "

RULE(info_unknown_type_hy096, AT "Diagnostics / HY096", "an information type that is not valid gives HY096") {
    SQLUINTEGER v = 0;
    DBC_ERR(SQLGetInfo(r->dbc, 9999, &v, sizeof v, NULL), "HY096");
}

RULE(info_negative_length_hy090, AT "Diagnostics / HY090", "a negative BufferLength gives HY090") {
    char v[8];
    DBC_ERR(SQLGetInfo(r->dbc, SQL_DBMS_NAME, v, -5, NULL), "HY090");
}

RULE(info_not_connected_08003, AT "Diagnostics / 08003", "on a connection that is not open most types give 08003") {
    char v[80];
    unconnected(r);
    DBC_ERR(SQLGetInfo(r->dbc, SQL_DBMS_NAME, v, sizeof v, NULL), "08003");
}

RULE(info_odbc_ver_unconnected, AT "Comments", "SQL_ODBC_VER is answered before a connection is open") {
    char v[80] = "";
    unconnected(r);
    OK(SQLGetInfo(r->dbc, SQL_ODBC_VER, v, sizeof v, NULL));
    MUST(!strncmp(v, "03.", 3), "\"%s\"", v);
}

RULE(info_null_pointer_gives_length, AT "Arguments / InfoValuePtr", "a NULL InfoValuePtr still returns the length") {
    SQLSMALLINT len = -1;
    OKI(SQLGetInfo(r->dbc, SQL_DBMS_NAME, NULL, 0, &len));
    EQ(len, strlen(info_text(r, SQL_DBMS_NAME)));
}

RULE(info_driver_odbc_ver_3, AT "SQL_DRIVER_ODBC_VER", "is the version of ODBC the driver supports: 03.##") {
    const char *v = info_text(r, SQL_DRIVER_ODBC_VER);
    MUST(!strncmp(v, "03.", 3), "\"%s\"", v);
}

RULE(info_dbms_ver_form, AT "SQL_DBMS_VER", "has the form ##.##.####, with more behind it if the source has more") {
    unsigned a, b, c;
    int end = 0;
    const char *v = info_text(r, SQL_DBMS_VER);
    MUST(sscanf(v, "%2u.%2u.%4u%n", &a, &b, &c, &end) == 3 && end == 10, "\"%s\"", v);
}

RULE(info_driver_ver_form, AT "SQL_DRIVER_VER", "has at least the form ##.##.####") {
    unsigned a, b, c;
    int end = 0;
    const char *v = info_text(r, SQL_DRIVER_VER);
    MUST(sscanf(v, "%2u.%2u.%4u%n", &a, &b, &c, &end) == 3 && end == 10, "\"%s\"", v);
}

RULE(info_quote_char_quotes, AT "SQL_IDENTIFIER_QUOTE_CHAR", "surrounds a delimited identifier; blank if none") {
    char sql[120];
    SQLCHAR name[40];
    const char *q = info_text(r, SQL_IDENTIFIER_QUOTE_CHAR);
    if (!strcmp(q, " ")) unsupported(r, "", "no delimited identifiers");
    MUST(strlen(q) == 1, "\"%s\" is not one character", q);
    snprintf(sql, sizeof sql, "SELECT 1 AS %stwo words%s", q, q);
    query(r, sql);
    OK(SQLDescribeCol(r->stmt, 1, name, sizeof name, NULL, NULL, NULL, NULL, NULL));
    TEXT(name, "two words");
}

RULE(info_catalog_name_terms, AT "SQL_CATALOG_NAME",
     "with \"Y\" there is a term and a usage; with \"N\" neither separator nor usage") {
    bool has = info_text(r, SQL_CATALOG_NAME)[0] == 'Y';
    SQLUINTEGER usage = info_u32(r, SQL_CATALOG_USAGE);
    MUST(has == (info_text(r, SQL_CATALOG_TERM)[0] != 0), "SQL_CATALOG_TERM disagrees");
    MUST(has == (info_text(r, SQL_CATALOG_NAME_SEPARATOR)[0] != 0), "SQL_CATALOG_NAME_SEPARATOR disagrees");
    MUST(has || !usage, "usage 0x%x without catalogs", (unsigned)usage);
}

RULE(info_catalog_location_with_names, AT "SQL_CATALOG_LOCATION", "is 0 exactly when catalogs are not supported") {
    bool has = info_text(r, SQL_CATALOG_NAME)[0] == 'Y';
    EQ(info_u16(r, SQL_CATALOG_LOCATION) != 0, has);
}

RULE(info_txn_none_no_isolation, AT "SQL_DEFAULT_TXN_ISOLATION", "is 0 exactly when transactions are not supported") {
    EQ(info_u16(r, SQL_TXN_CAPABLE) != SQL_TC_NONE, info_u32(r, SQL_DEFAULT_TXN_ISOLATION) != 0);
}

RULE(info_default_isolation_is_an_option, AT "SQL_TXN_ISOLATION_OPTION", "the default level is one of the options") {
    SQLUINTEGER dflt = info_u32(r, SQL_DEFAULT_TXN_ISOLATION), options = info_u32(r, SQL_TXN_ISOLATION_OPTION);
    MUST(!(dflt & ~options), "default 0x%x, options 0x%x", (unsigned)dflt, (unsigned)options);
}

RULE(info_keywords_list_no_odbc_ones, AT "SQL_KEYWORDS", "lists data source keywords only, none of ODBC's own") {
    char words[8300], *save = NULL;
    snprintf(words, sizeof words, "%s", info_text(r, SQL_KEYWORDS));
    for (char *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save))
        MUST(strcmp(w, "SELECT") && strcmp(w, "TABLE") && strcmp(w, "WHERE") && strcmp(w, "INSERT") && strcmp(w,
            "FROM"),
             "%s is an ODBC keyword", w);
}

RULE(info_getdata_any_order_works, AT "SQL_GETDATA_EXTENSIONS", "SQL_GD_ANY_ORDER: columns can be got in any order") {
    SQLINTEGER v = 0;
    char name[20] = "";
    if (!(info_u32(r, SQL_GETDATA_EXTENSIONS) & SQL_GD_ANY_ORDER)) unsupported(r, "",
        "SQL_GD_ANY_ORDER is not claimed");
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 2, SQL_C_CHAR, name, sizeof name, NULL));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    EQ(v, 1);
}

RULE(info_getdata_any_column_claimed_works, AT "SQL_GETDATA_EXTENSIONS",
     "SQL_GD_ANY_COLUMN: columns before the last bound one can be got") {
    SQLINTEGER v = 0;
    char name[20] = "";
    bool claimed = info_u32(r, SQL_GETDATA_EXTENSIONS) & SQL_GD_ANY_COLUMN;
    query(r, rows_sql(r, 1));
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, name, sizeof name, NULL));
    OK(SQLFetch(r->stmt));
    MAY(claimed, SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL), "07009");
    EQ(v, 1);
}

RULE(info_getdata_bound_claimed_works, AT "SQL_GETDATA_EXTENSIONS", "SQL_GD_BOUND: a bound column can be got as well") {
    SQLINTEGER bound = 0, v = 0;
    bool claimed = info_u32(r, SQL_GETDATA_EXTENSIONS) & SQL_GD_BOUND;
    query(r, rows_sql(r, 1));
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &bound, 0, NULL));
    OK(SQLFetch(r->stmt));
    MAY(claimed, SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL), "07009");
    EQ(v, 1);
    EQ(bound, 1);
}

RULE(info_column_alias_truth, AT "SQL_COLUMN_ALIAS", "\"Y\": AS names the result column") {
    SQLCHAR name[40] = "";
    if (info_text(r, SQL_COLUMN_ALIAS)[0] != 'Y') unsupported(r, "", "not claimed");
    query(r, "SELECT id AS renamed FROM rules_rows WHERE id = 1");
    OK(SQLDescribeCol(r->stmt, 1, name, sizeof name, NULL, NULL, NULL, NULL, NULL));
    TEXT(name, "renamed");
}

RULE(info_concat_null_truth, AT "SQL_CONCAT_NULL_BEHAVIOR", "SQL_CB_NULL: 'a' || NULL is NULL, else 'a'") {
    char v[20] = "";
    SQLLEN ind = 0;
    query(r, "SELECT 'a' || CAST(NULL AS VARCHAR(5))");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_CHAR, v, sizeof v, &ind));
    EQ(ind == SQL_NULL_DATA, info_u16(r, SQL_CONCAT_NULL_BEHAVIOR) == SQL_CB_NULL);
}

RULE(info_null_collation_truth, AT "SQL_NULL_COLLATION", "says where NULLs sort in an ascending list") {
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    SQLUSMALLINT nc = info_u16(r, SQL_NULL_COLLATION);
    query(r, "SELECT CASE WHEN id = 2 THEN NULL ELSE id END AS x FROM rules_rows WHERE id <= 3 ORDER BY x");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, &ind));
    EQ(ind == SQL_NULL_DATA, nc == SQL_NC_LOW || nc == SQL_NC_START);
}

RULE(info_expressions_in_orderby_truth, AT "SQL_EXPRESSIONS_IN_ORDERBY", "\"Y\": ORDER BY an expression") {
    SQLINTEGER v = 0;
    if (info_text(r, SQL_EXPRESSIONS_IN_ORDERBY)[0] != 'Y') unsupported(r, "", "not claimed");
    query(r, "SELECT id FROM rules_rows WHERE id <= 3 ORDER BY 0 - id");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    EQ(v, 3);
}

RULE(info_union_truth, AT "SQL_UNION", "SQL_U_UNION_ALL: the data source supports UNION ALL") {
    if (!(info_u32(r, SQL_UNION) & SQL_U_UNION_ALL)) unsupported(r, "", "not claimed");
    query(r, "SELECT 1 UNION ALL SELECT 1");
    OK(SQLFetch(r->stmt));
    OK(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
}

RULE(info_like_escape_truth, AT "SQL_LIKE_ESCAPE_CLAUSE", "\"Y\": LIKE with {escape} is supported") {
    SQLINTEGER v = 0;
    if (info_text(r, SQL_LIKE_ESCAPE_CLAUSE)[0] != 'Y') unsupported(r, "", "not claimed");
    query(r, "SELECT COUNT(*) FROM rules_rows WHERE 'a_b' LIKE 'a!_b' {escape '!'}");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    EQ(v, 10);
}

RULE(info_batch_support_truth, AT "SQL_MULT_RESULT_SETS",
     "\"N\" goes with no batch of selects, explicit or in procedures") {
    if (info_text(r, SQL_MULT_RESULT_SETS)[0] == 'Y') return;
    EQ(info_u32(r, SQL_BATCH_SUPPORT) & (SQL_BS_SELECT_EXPLICIT | SQL_BS_SELECT_PROC), 0);
}

RULE(info_static_attributes_agree_with_options, AT "SQL_SCROLL_OPTIONS",
     "SQL_SO_STATIC exactly when static cursors have attributes") {
    EQ((info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_STATIC) != 0, info_u32(r, SQL_STATIC_CURSOR_ATTRIBUTES1) != 0);
}

RULE(info_keyset_attributes_agree_with_options, AT "SQL_SCROLL_OPTIONS",
     "SQL_SO_KEYSET_DRIVEN exactly when keyset cursors have attributes") {
    EQ((info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_KEYSET_DRIVEN) != 0, info_u32(r, SQL_KEYSET_CURSOR_ATTRIBUTES1) != 0);
}

RULE(info_dynamic_attributes_agree_with_options, AT "SQL_SCROLL_OPTIONS",
     "SQL_SO_DYNAMIC exactly when dynamic cursors have attributes") {
    EQ((info_u32(r, SQL_SCROLL_OPTIONS) & SQL_SO_DYNAMIC) != 0, info_u32(r, SQL_DYNAMIC_CURSOR_ATTRIBUTES1) != 0);
}

RULE(info_forward_only_always_next, AT "SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1",
     "every driver has SQL_CA1_NEXT for forward-only cursors") {
    MUST(info_u32(r, SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1) & SQL_CA1_NEXT, "no SQL_CA1_NEXT");
}

RULE(info_bookmarks_agree, AT "SQL_BOOKMARK_PERSISTENCE",
     "without SQL_CA1_BOOKMARK in any cursor no persistence is claimed") {
    SQLUINTEGER any = info_u32(r, SQL_STATIC_CURSOR_ATTRIBUTES1) | info_u32(r, SQL_KEYSET_CURSOR_ATTRIBUTES1) |
                      info_u32(r, SQL_DYNAMIC_CURSOR_ATTRIBUTES1) | info_u32(r, SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1);
    MUST((any & SQL_CA1_BOOKMARK) || !info_u32(r, SQL_BOOKMARK_PERSISTENCE), "persistence without bookmarks");
}

RULE(info_describe_parameter_agrees, AT "SQL_DESCRIBE_PARAMETER", "\"Y\" exactly when SQLDescribeParam is supported") {
    EQ(info_text(r, SQL_DESCRIBE_PARAMETER)[0] == 'Y', has_function(r, SQL_API_SQLDESCRIBEPARAM));
}

RULE(info_async_dbc_agrees, AT "SQL_ASYNC_DBC_FUNCTIONS",
     "not capable: SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE cannot be set") {
    if (info_u32(r, SQL_ASYNC_DBC_FUNCTIONS) == SQL_ASYNC_DBC_CAPABLE) return;
    fresh(r);
    DBC_ERR(SQLSetConnectAttr(r->dbc, SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE, (SQLPOINTER)SQL_ASYNC_DBC_ENABLE_ON, 0),
            "HYC00 HY092 HY114");
}

RULE(info_convert_needs_function, AT "SQL_CONVERT_FUNCTIONS",
     "conversions by type are claimed only where CONVERT or CAST is") {
    MUST(info_u32(r, SQL_CONVERT_FUNCTIONS) || !info_u32(r, SQL_CONVERT_VARCHAR), "CONVERT_VARCHAR without a function");
}

RULE(info_timestampadd_intervals, AT "SQL_TIMEDATE_ADD_INTERVALS", "intervals exactly when TIMESTAMPADD is supported") {
    EQ((info_u32(r, SQL_TIMEDATE_FUNCTIONS) & SQL_FN_TD_TIMESTAMPADD) != 0, info_u32(r,
        SQL_TIMEDATE_ADD_INTERVALS) != 0);
}

RULE(info_timestampdiff_intervals, AT "SQL_TIMEDATE_DIFF_INTERVALS",
     "intervals exactly when TIMESTAMPDIFF is supported") {
    EQ((info_u32(r, SQL_TIMEDATE_FUNCTIONS) & SQL_FN_TD_TIMESTAMPDIFF) != 0, info_u32(r,
        SQL_TIMEDATE_DIFF_INTERVALS) != 0);
}

RULE(info_database_name_is_current_catalog, AT "SQL_DATABASE_NAME", "is the same as SQL_ATTR_CURRENT_CATALOG") {
    char now[300] = "";
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    OK(SQLGetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, now, sizeof now, NULL));
    TEXT(info_text(r, SQL_DATABASE_NAME), now);
}

RULE(info_max_identifier_len, AT "SQL_MAX_IDENTIFIER_LEN",
     "an intermediate-level source names at least 18 characters, or 0 as unknown; below 18 is none") {
    SQLUSMALLINT n = info_u16(r, SQL_MAX_IDENTIFIER_LEN);
    MUST(n == 0 || n >= 18, "%u", n);
}
