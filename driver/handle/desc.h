/* desc: descriptors. A statement is born with four (ARD, APD, IRD, IPD); an application may add explicit ones and use
 * them as ARD or APD of several statements. SQLBindCol is nothing but a write to the ARD. The IRD has no records of its
 * own: they are read from the statement's columns. */
#ifndef DRIVER_HANDLE_DESC_H
#define DRIVER_HANDLE_DESC_H

#include "handle.h"

struct dbc;
struct stmt;

enum { DESC_MAX_RECORDS = 32767 };

enum desc_kind { DESC_ARD, DESC_APD, DESC_IRD, DESC_IPD, DESC_EXPLICIT };

struct desc_rec {
    SQLSMALLINT type, concise, sub;     /* SQL_DESC_TYPE, _CONCISE_TYPE, _DATETIME_INTERVAL_CODE */
    SQLULEN length;
    SQLLEN octet_length;                /* the bound buffer's size */
    SQLSMALLINT precision, scale;
    SQLINTEGER interval_precision, radix;
    SQLSMALLINT parameter_type, nullable, unnamed;
    SQLPOINTER data;
    SQLLEN *octet_length_ptr, *indicator_ptr;
    char *name;                         /* IPD only */
};

struct desc {
    struct handle h;
    enum desc_kind kind;
    struct dbc *dbc;
    struct stmt *stmt;                  /* of an implicit one */
    struct desc *next;                  /* explicit ones of the connection */
    SQLULEN array_size, bind_type;
    SQLUSMALLINT *array_status;
    SQLLEN *bind_offset;
    SQLULEN *rows_processed;
    int count;                          /* SQL_DESC_COUNT: the highest bound record */
    int cap;
    struct desc_rec *recs;              /* [0] is the bookmark */
};

bool desc_init(struct desc *d, enum desc_kind kind, struct dbc *dbc, struct stmt *stmt);  /* false = out of memory */
void desc_fini(struct desc *d);
struct desc *desc_new(struct dbc *dbc);                 /* explicit; the caller puts it on the connection's list */
void desc_free(struct desc **d);

const struct desc_rec *desc_find(const struct desc *d, int number);   /* NULL = never set */
struct desc_rec *desc_at(struct desc *d, int number);   /* makes it; NULL = out of memory */
bool desc_is_app(const struct desc *d);
void desc_unbind_all(struct desc *d);                   /* SQL_UNBIND, SQL_RESET_PARAMS */
void desc_set_count(struct desc *d, int count);
bool desc_copy(struct desc *to, const struct desc *from);   /* false = out of memory */

/* What may be done with a field of a descriptor (include/tbl/desc_fields.h). */
enum desc_right { DESC_UNKNOWN, DESC_U, DESC_R, DESC_W };   /* no field of ODBC; unused; read only; read and set */
enum desc_right desc_right(enum desc_kind kind, SQLSMALLINT field);
bool desc_is_head(SQLSMALLINT field);

/* ODBC's consistency check of a record (SQLSetDescRec, "Consistency Checks"): NULL, or what contradicts what. The caller
 * has seen that the concise type exists. */
const char *desc_contradiction(const struct desc_rec *r);

/* SQL_DESC_CONCISE_TYPE or _TYPE with what hangs on it: verbose type, code and default precision and scale. */
void desc_set_concise(struct desc_rec *r, SQLSMALLINT concise);
bool desc_has_seconds(SQLSMALLINT concise);     /* a time, timestamp or interval with a fraction of seconds */
/* Verbose type and code of a concise type, C or SQL. */
void desc_split_type(SQLSMALLINT concise, SQLSMALLINT *verbose_r, SQLSMALLINT *sub_r);
/* The concise type of a verbose one and its code; 0 = no such thing. */
SQLSMALLINT desc_join_type(SQLSMALLINT verbose, SQLSMALLINT sub);

#endif
