/* paramrow: the values of one set of parameters, from APD and IPD records and what SQLPutData brought. */
#ifndef DRIVER_API_PARAMROW_H
#define DRIVER_API_PARAMROW_H

#include "driver/convert/from_c.h"

struct stmt;

/* What SQLPutData brought for a data-at-execution parameter of the current set. */
struct held {
    bool begun, is_null;
    struct buf bytes;
};

enum { PARAMROW_MAX_HELD = 256 * 1024 * 1024 };

struct paramvalue {
    char *data;                 /* offset and row counted in; for data at execution the application's token */
    SQLLEN length;              /* bytes, SQL_NTS, SQL_NULL_DATA, or what else the application put there */
    SQLSMALLINT c_type;         /* resolved */
    bool at_execution;
};

bool paramrow_is_sql_type(SQLSMALLINT type);
/* number from 1, row from 0. The parameter is bound. */
void paramrow_value(const struct stmt *s, int number, SQLULEN row, struct paramvalue *out);
/* What from_c wants, or a diagnostic (HY090, HY009, 07S01). set is for the diagnostic. */
SQLRETURN paramrow_input(struct stmt *s, int number, const struct paramvalue *v, const struct held *held,
                         struct from_c_in *out);

#endif
