/* diag: what the last call on a handle has to say (ODBC reference, "Diagnostics").
 *
 * Records are kept in ODBC's order: by row, and within a row errors before warnings. They stay until the next
 * call on the handle. A text reads "[dbx-odbc][component] cause (statement …, HTTP …)". Only this room and include/tbl
 * know SQLSTATEs. At most DIAG_MAX_ROWS records belong to single rows; one more record then says how many were left
 * out. Any thread may read while another posts. */
#ifndef DRIVER_HANDLE_DIAG_H
#define DRIVER_HANDLE_DIAG_H

#include "core/err.h"
#include "core/sv.h"
#include "driver/convert/convert.h"
#include "handle.h"

enum { DIAG_MAX_ROWS = 100 };

enum diag_state {
#define STATE(id, sqlstate, native) id,
#include "tbl/sqlstates.h"
    DIAG_STATE_COUNT
};

struct diag_rec {
    char state[6];
    SQLINTEGER native;
    SQLLEN row;             /* SQL_NO_ROW_NUMBER, SQL_ROW_NUMBER_UNKNOWN or 1… */
    SQLINTEGER column;      /* SQL_NO_COLUMN_NUMBER, SQL_COLUMN_NUMBER_UNKNOWN or 1… */
    char *text;             /* UTF-8; NULL = out of memory */
};

struct diag_head {
    SQLRETURN rc;
    SQLLEN row_count, cursor_row_count;
    const char *function;   /* SQL_DIAG_DYNAMIC_FUNCTION; static */
    SQLINTEGER function_code;
};

/* The beginning of a struct diag: what a call that has nothing to say leaves behind, without the lock. */
struct diag_front {
    atomic_bool is_used;        /* there are records, or a header that says more than rc */
    _Atomic(SQLRETURN) rc;
};

struct diag *diag_new(void);
void diag_free(struct diag **d);

static inline void diag_clear(struct handle *h);
static inline void diag_finish(struct handle *h, SQLRETURN rc);     /* an error without a record gets one */

SQLRETURN diag_fail(struct handle *h, enum diag_state s, const char *fmt, ...) PRINTF_LIKE(3, 4);  /* SQL_ERROR */
SQLRETURN diag_warn(struct handle *h, enum diag_state s, const char *fmt, ...) PRINTF_LIKE(3, 4);  /* SQL_SUCCESS_WITH_INFO */
SQLRETURN diag_nomem(struct handle *h);
SQLRETURN diag_err(struct handle *h, const struct err *e);           /* a lower room's error: SQL_ERROR */
SQLRETURN diag_err_connect(struct handle *h, const struct err *e);   /* the same while connecting: 08S01 is 08001 */

/* For calls that find another one pending on the handle, or above it: what they say is kept apart from what that one is
 * saying, and is what is read until it is collected. diag_still: SQL_STILL_EXECUTING and no record. */
SQLRETURN diag_refuse(struct handle *h, enum diag_state s, const char *fmt, ...) PRINTF_LIKE(3, 4);    /* SQL_ERROR */
void diag_still(struct handle *h);

bool diag_issue_is_error(enum conv_issue issue);
/* What happened to one cell; name is the column's. Returns SQL_ERROR or SQL_SUCCESS_WITH_INFO. */
SQLRETURN diag_issue(struct handle *h, enum conv_issue issue, SQLLEN row, SQLINTEGER column, const char *name);
/* The same for a parameter: set is the number of the parameter set, from 1; 0 = there are no arrays. */
SQLRETURN diag_param(struct handle *h, enum conv_issue issue, SQLLEN set, SQLINTEGER number);
SQLRETURN diag_row_err(struct handle *h, const struct err *e, SQLLEN row);

void diag_counts(struct handle *h, SQLLEN row_count, SQLLEN cursor_row_count);
void diag_function(struct handle *h, const char *name, SQLINTEGER code);

/* The SQLSTATE that a lower room's error becomes. out gets five characters and a NUL. */
void diag_state_of(const struct err *e, bool connecting, char out[6]);

/* What a server's refusal of a statement of ours means. */
bool diag_says_not_found(const struct err *e);      /* a catalog, schema or table does not exist */
bool diag_says_syntax(const struct err *e);         /* it does not know such a statement */

/* Reading. The copy's text is the caller's (mem_free); false = no such record. */
bool diag_read(struct handle *h, int number, struct diag_rec *out);
int diag_count(struct handle *h);
struct diag_head diag_head(struct handle *h);
const char *diag_class_origin(const char *state);
const char *diag_subclass_origin(const char *state);

/* ---- inline, because every call begins and ends with them -------------------------------------------------------- */

void diag_clear_used(struct handle *h);
void diag_finish_used(struct handle *h, SQLRETURN rc);

static inline void diag_clear(struct handle *h) {
    struct diag_front *f = (struct diag_front *)h->diag;
    atomic_store_explicit(&f->rc, SQL_SUCCESS, memory_order_relaxed);
    if (__builtin_expect(atomic_load_explicit(&f->is_used, memory_order_relaxed), 0)) diag_clear_used(h);
}

static inline void diag_finish(struct handle *h, SQLRETURN rc) {
    struct diag_front *f = (struct diag_front *)h->diag;
    atomic_store_explicit(&f->rc, rc, memory_order_relaxed);
    bool is_used = atomic_load_explicit(&f->is_used, memory_order_relaxed);
    if (__builtin_expect(is_used || rc == SQL_ERROR, 0)) diag_finish_used(h, rc);
}

#endif
