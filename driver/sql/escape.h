/* escape: ODBC's escape sequences become Databricks SQL. Pure: text in, text out.
 *
 * {d '…'} {t '…'} {ts '…'} {guid '…'} {fn …} {oj …} {escape '…'} {call …} {INTERVAL …} {limit …}, nested in one another,
 * anywhere but in strings, quoted names, comments and hints; core/sqlscan says where those are. Everything else, parameter
 * markers included, stays byte for byte and in its order. An error names the word and its place, counted in characters from
 * 1: ERR_ESCAPE (what is no escape sequence), ERR_DATETIME_FORMAT, ERR_DATETIME_FIELD, ERR_UNSUPPORTED ({? = call …}),
 * ERR_LIMIT, ERR_NOMEM. */
#ifndef DRIVER_SQL_ESCAPE_H
#define DRIVER_SQL_ESCAPE_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"

struct escape_settings {
    int decimal_scale;  /* of {fn CONVERT(x, SQL_DECIMAL)}, which names none */
};

enum { ESCAPE_MAX_DEPTH = 50 };

/* Whether there is anything to do; if not, the text is what the server gets. */
static inline bool escape_is_needed(struct sv sql) {
    return sql.len > 0 && (memchr(sql.ptr, '{', sql.len) || memchr(sql.ptr, '}', sql.len));
}

/* Appends the translation. sql is valid UTF-8. */
enum rc escape_translate(struct sv sql, const struct escape_settings *how, struct buf *out, struct err *e) MUST_CHECK;

/* What SQLGetInfo answers for SQL_STRING_FUNCTIONS and its like, SQL_TIMEDATE_ADD_INTERVALS, SQL_CONVERT_…: the bits of
 * the tables that this room translates by. 0 for any other type of information. */
uint32_t escape_info(unsigned info_type);

#endif
