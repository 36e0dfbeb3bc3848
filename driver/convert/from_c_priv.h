/* from_c_priv: a parameter's value half way, read from its C type and not yet written for its SQL type. */
#ifndef DRIVER_CONVERT_FROM_C_PRIV_H
#define DRIVER_CONVERT_FROM_C_PRIV_H

#include "core/dec.h"
#include "core/dtime.h"
#include "core/interval.h"
#include "from_c.h"

enum from_kind {
    FROM_TEXT, FROM_BYTES, FROM_NUMBER, FROM_FLOAT, FROM_DATE, FROM_TIME, FROM_STAMP, FROM_GUID, FROM_INTERVAL
};

struct from_value {
    enum from_kind kind;
    struct sv bytes;            /* TEXT: checked UTF-8, in the arena or the application's; BYTES: the application's */
    struct dec_number number;
    double real;                /* FLOAT */
    bool is_single;             /* it was a SQLREAL: fewer digits are exact */
    struct dtime t;             /* DATE, TIME, STAMP */
    bool date_ok, clock_ok;     /* its halves are a day and a time that exist; what the C type has not is zero and ok */
    char guid[36];              /* as it is written */
    struct interval_kind fields;
    int64_t amount;             /* months or microseconds */
};

struct from_job {
    const struct from_c_in *in;
    struct arena *arena;
    struct from_c_out *out;
    const struct from_sql *sql;
};

typedef enum conv_issue from_put_fn(struct from_job *j, const struct from_value *v);

/* A SQL type, and what becomes of it. */
struct from_sql {
    SQLSMALLINT code;
    SQLSMALLINT c_type;         /* what SQL_C_DEFAULT is, and what the bytes of SQL_C_BINARY are */
    from_put_fn *put;
    const char *type;           /* the API's name; DECIMAL and intervals make their own */
    bool is_spliced;            /* the API takes no parameter of it */
};

/* The C value; c_type is not SQL_C_DEFAULT and the value not NULL. */
enum conv_issue from_c_read(const struct from_c_in *in, SQLSMALLINT c_type, struct arena *a, struct from_value *out);

from_put_fn from_put_text, from_put_int, from_put_bit, from_put_real, from_put_double, from_put_decimal, from_put_date,
    from_put_time, from_put_stamp, from_put_binary, from_put_guid, from_put_interval;

/* "INTERVAL DAY TO SECOND" */
enum conv_issue from_interval_type(struct arena *a, struct interval_kind kind, const char **out);

/* Pieces after one another in the arena. */
enum conv_issue from_join(struct arena *a, const struct sv *pieces, int n, struct sv *out);

#endif
