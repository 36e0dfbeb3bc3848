/* api: what the chapters of the ODBC manual mean, one function per entry point. The doors (made from
 * include/tbl/odbc_api.tbl) have checked the handle, taken its lock, cleared its diagnostics and turned text into UTF-8;
 * functions with a handle type or of the kind stmt-bare do so themselves. struct sv arguments are good for the call. */
#ifndef DRIVER_API_API_H
#define DRIVER_API_API_H

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#include <stdbool.h>

#include "core/sv.h"
#include "driver/entry/text.h"

struct dbc;
struct desc;
struct env;
struct stmt;

#ifndef SQL_API_SQLCOMPLETEASYNC
#define SQL_API_SQLCOMPLETEASYNC 1551
#endif

/* handles.c */
SQLRETURN api_alloc_handle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *out);
SQLRETURN api_free_handle(SQLSMALLINT type, SQLHANDLE h);
SQLRETURN api_free_stmt(struct stmt *s, SQLUSMALLINT option);

/* attrs.c */
SQLRETURN api_set_env_attr(struct env *e, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len);
SQLRETURN api_get_env_attr(struct env *e, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER cap, SQLINTEGER *len_r);
SQLRETURN api_set_connect_attr(struct dbc *d, SQLINTEGER attr, const struct any_in *value);
SQLRETURN api_get_connect_attr(struct dbc *d, SQLINTEGER attr, const struct text_out *value);
SQLRETURN api_set_stmt_attr(struct stmt *s, SQLINTEGER attr, const struct any_in *value);
SQLRETURN api_get_stmt_attr(struct stmt *s, SQLINTEGER attr, const struct text_out *value);

/* connect.c */
SQLRETURN api_connect(struct dbc *d, struct sv dsn, struct sv uid, struct sv pwd);
SQLRETURN api_driver_connect(struct dbc *d, SQLHWND window, struct sv in, const struct text_out *out,
                             SQLUSMALLINT completion);
SQLRETURN api_browse_connect(struct dbc *d, struct sv in, const struct text_out *out);
SQLRETURN api_disconnect(struct dbc *d);

/* info.c, typeinfo.c */
SQLRETURN api_get_functions(struct dbc *d, SQLUSMALLINT id, SQLUSMALLINT *supported);
SQLRETURN api_get_info(struct dbc *d, SQLUSMALLINT id, const struct text_out *value);
SQLRETURN api_get_type_info(struct stmt *s, SQLSMALLINT type);

/* exec.c */
SQLRETURN api_prepare(struct stmt *s, struct sv sql);
SQLRETURN api_exec_direct(struct stmt *s, struct sv sql);
SQLRETURN api_execute(struct stmt *s);
SQLRETURN api_native_sql(struct dbc *d, struct sv sql, const struct text_out *out);
SQLRETURN api_more_results(struct stmt *s);
SQLRETURN api_row_count(struct stmt *s, SQLLEN *count);
SQLRETURN api_close_cursor(struct stmt *s);
SQLRETURN api_get_cursor_name(struct stmt *s, const struct text_out *name);
SQLRETURN api_set_cursor_name(struct stmt *s, struct sv name);

/* params.c */
SQLRETURN api_num_params(struct stmt *s, SQLSMALLINT *count);
SQLRETURN api_describe_param(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                             SQLSMALLINT *nullable);
SQLRETURN api_bind_parameter(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT io, SQLSMALLINT c_type,
                             SQLSMALLINT sql_type,
                             SQLULEN size, SQLSMALLINT digits, SQLPOINTER value, SQLLEN cap, SQLLEN *ind);
SQLRETURN api_param_data(struct stmt *s, SQLPOINTER *value);
SQLRETURN api_put_data(struct stmt *s, SQLPOINTER data, SQLLEN ind);

/* columns.c */
SQLRETURN api_num_result_cols(struct stmt *s, SQLSMALLINT *count);
SQLRETURN api_describe_col(struct stmt *s, SQLUSMALLINT number, const struct text_out *name, SQLSMALLINT *type,
                           SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable);
SQLRETURN api_col_attribute(struct stmt *s, SQLUSMALLINT number, SQLUSMALLINT field, const struct text_out *text,
                            SQLLEN *value);

/* fetch.c, getdata.c */
SQLRETURN api_bind_col(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type, SQLPOINTER target, SQLLEN cap,
                       SQLLEN *ind);
SQLRETURN api_fetch(struct stmt *s);
SQLRETURN api_fetch_scroll(struct stmt *s, SQLSMALLINT orientation, SQLLEN offset);
SQLRETURN api_extended_fetch(struct stmt *s, SQLUSMALLINT orientation, SQLLEN offset, SQLULEN *rows_r,
                             SQLUSMALLINT *status);
SQLRETURN api_get_data(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type, SQLPOINTER target, SQLLEN cap,
                       SQLLEN *ind);
SQLRETURN api_set_pos(struct stmt *s, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock);
SQLRETURN api_bulk_operations(struct stmt *s, SQLSMALLINT operation);

/* cancel.c, tran.c */
SQLRETURN api_cancel(struct stmt *s);
SQLRETURN api_cancel_handle(SQLSMALLINT type, SQLHANDLE h);
SQLRETURN api_complete_async(SQLSMALLINT type, SQLHANDLE h, RETCODE *result);
SQLRETURN api_end_tran(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT action);

/* diagnostics.c */
SQLRETURN api_get_diag_rec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, const struct text_out *state,
                           SQLINTEGER *native, const struct text_out *text);
SQLRETURN api_get_diag_field(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, SQLSMALLINT field,
                             const struct text_out *value);

/* descriptors.c */
SQLRETURN api_get_desc_field(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, const struct text_out *value);
SQLRETURN api_get_desc_rec(struct desc *d, SQLSMALLINT number, const struct text_out *name, SQLSMALLINT *type,
                           SQLSMALLINT *sub, SQLLEN *length, SQLSMALLINT *precision, SQLSMALLINT *scale,
                           SQLSMALLINT *nullable);
SQLRETURN api_set_desc_field(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, const struct any_in *value);
SQLRETURN api_set_desc_rec(struct desc *d, SQLSMALLINT number, SQLSMALLINT type, SQLSMALLINT sub, SQLLEN length,
                           SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data, SQLLEN *octet_length,
                           SQLLEN *indicator);
SQLRETURN api_copy_desc(SQLHDESC from, SQLHDESC to);

/* catalog.c, keys.c */
SQLRETURN api_tables(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv types);
SQLRETURN api_columns(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv column);
SQLRETURN api_special_columns(struct stmt *s, SQLUSMALLINT kind, struct sv catalog, struct sv schema, struct sv table,
                              SQLUSMALLINT scope, SQLUSMALLINT nullable);
SQLRETURN api_statistics(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, SQLUSMALLINT unique,
                         SQLUSMALLINT reserved);
SQLRETURN api_primary_keys(struct stmt *s, struct sv catalog, struct sv schema, struct sv table);
SQLRETURN api_foreign_keys(struct stmt *s, struct sv pk_catalog, struct sv pk_schema, struct sv pk_table,
                           struct sv fk_catalog, struct sv fk_schema, struct sv fk_table);
SQLRETURN api_procedures(struct stmt *s, struct sv catalog, struct sv schema, struct sv procedure);
SQLRETURN api_procedure_columns(struct stmt *s, struct sv catalog, struct sv schema, struct sv procedure,
                                struct sv column);
SQLRETURN api_table_privileges(struct stmt *s, struct sv catalog, struct sv schema, struct sv table);
SQLRETURN api_column_privileges(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv column);

#endif
