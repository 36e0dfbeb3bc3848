/* err: one failure, told where it is known.
 *
 * A function that can fail returns enum rc and takes a struct err in the caller's frame. The error is filled
 * exactly when RC_ERR is returned. On the way up err_wrap() puts words in front. Nothing here allocates, and
 * nothing knows ODBC: the SQLSTATE of a code stands in include/tbl/errors.h and is read by handle/diag alone. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum rc { RC_OK = 0, RC_ERR = -1 };

enum err_code {
#define ERR(code, sqlstate, native, meaning) code,
#include "tbl/errors.h"
#undef ERR
    ERR_CODE_COUNT
};

struct err {
    enum err_code code;
    bool retryable;         /* the same request may be sent again without harm */
    int http_status;        /* of the answer that failed; 0 = none */
    char sqlstate[6];       /* as the server gave it (SEA status.sql_state); "" = none */
    char statement_id[64];  /* "" = none */
    char text[4096];        /* UTF-8: cause and next step; cut only between characters, and then ends in "…" */
};

#define ERR_INIT { .code = ERR_NONE }

/* Fill e and return RC_ERR, so that a fault is one line: return err_set(e, ERR_..., "...", ...). */
enum rc err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum rc err_vset(struct err *e, enum err_code code, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);
enum rc err_nomem(struct err *e);

/* Put "words: " in front of the text. Returns RC_ERR. */
enum rc err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

void err_clear(struct err *e);                      /* as ERR_INIT, for calls made for every row */
const char *err_code_name(enum err_code code);     /* "ERR_AUTH" */
const char *err_code_meaning(enum err_code code);  /* the table's sentence */

#endif
