/* text: strings at the border between an application and the driver.
 *
 * Inside, everything is UTF-8. A narrow door takes and gives UTF-8, a wide one UTF-16 in host order. Text that is not
 * well-formed is refused rather than repaired, since a repaired statement would be another statement.
 *
 * text_out is a place for a result: where, how large and in which unit (bytes, or characters of the door's width),
 * and where the full length goes. Truncation is SQL_SUCCESS_WITH_INFO and never splits a character; the full length
 * is told in every case, also with a NULL pointer. */
#ifndef DRIVER_ENTRY_TEXT_H
#define DRIVER_ENTRY_TEXT_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>

#include "core/sv.h"

struct handle;

struct text_in {
    char *own;          /* heap, when small does not do */
    size_t own_bytes;        /* of own: wiped before it is freed, since connection strings carry secrets */
    char small[128];
};

enum text_fault { TEXT_FINE, TEXT_BAD_LENGTH, TEXT_ILL_FORMED, TEXT_NOMEM };

/* len: characters of the door's width or SQL_NTS. One NUL counted at the end is taken off. The view is good until
 * text_in_fini; narrow text is not copied. ptr NULL gives SV_NULL. */
enum text_fault text_in_take(struct text_in *t, bool wide, const void *ptr, SQLLEN len, struct sv *out);
void text_in_fini(struct text_in *t);

struct any_in {         /* the value of an attribute or descriptor field: a number in the pointer, or a text */
    SQLPOINTER ptr;
    SQLINTEGER len;     /* bytes, SQL_NTS or an SQL_IS_… code */
    bool wide;
};

struct text_out {
    void *ptr;          /* may be NULL */
    SQLLEN cap;         /* in the unit */
    SQLSMALLINT *len16_r;
    SQLINTEGER *len32_r;
    bool wide, bytes;
};

/* SQL_SUCCESS or SQL_SUCCESS_WITH_INFO (cut); SQL_ERROR when the capacity is negative, or odd with wide bytes. Posts
 * nothing. */
SQLRETURN text_out_put(const struct text_out *out, struct sv text);
/* The same with the diagnostics 01004 and HY090 on h. */
SQLRETURN text_out_give(const struct text_out *out, struct sv text, struct handle *h);
void text_out_length(const struct text_out *out, SQLLEN len);   /* tells a number's size */

/* Numbers of an exact width; nothing is written to a NULL pointer. */
SQLRETURN text_out_u16(const struct text_out *out, SQLUSMALLINT v);
SQLRETURN text_out_u32(const struct text_out *out, SQLUINTEGER v);
SQLRETURN text_out_ulen(const struct text_out *out, SQLULEN v);
SQLRETURN text_out_ptr(const struct text_out *out, const void *v);

#endif
