/* literal: ODBC's literals of dates, times, intervals and GUIDs as Databricks SQL, checked before the server sees them.
 * text is what stands between the quotes; at is its character in the statement, for errors. Pure. */
#ifndef DRIVER_SQL_LITERAL_H
#define DRIVER_SQL_LITERAL_H

#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"

enum rc literal_date(struct sv text, size_t at, struct buf *out, struct err *e) MUST_CHECK;    /* DATE'…' */
enum rc literal_time(struct sv text, size_t at, struct buf *out, struct err *e) MUST_CHECK;    /* '…': there is no TIME */
enum rc literal_stamp(struct sv text, size_t at, struct buf *out, struct err *e) MUST_CHECK;   /* TIMESTAMP'…' */
enum rc literal_guid(struct sv text, size_t at, struct buf *out, struct err *e) MUST_CHECK;    /* '…' */

/* sign is "", "+" or "-"; kind is the words without precisions: "DAY TO SECOND". */
enum rc literal_interval(struct sv sign, struct sv text, struct sv kind, size_t at, struct buf *out,
                         struct err *e) MUST_CHECK;

#endif
