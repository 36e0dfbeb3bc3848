/* connstr: the grammar of ODBC connection strings, as the specification has it and as applications bend it.
 *
 *   key = value ; key = {value with ; and }}} ; key = 'value' ; key = {{value}}
 *
 * Pure text work: keys keep their case, values lose one level of braces or one pair of quotes. */
#ifndef DRIVER_CONF_CONNSTR_H
#define DRIVER_CONF_CONNSTR_H

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"

enum { CONNSTR_MAX_VALUE = 1024 * 1024 };

/* Takes the next pair off the front of *rest. key is a view; value is appended to the (reset) buffer. *more = false at
 * the end. ERR_CONFIG_BAD for a word without "=" and for braces that never close. */
enum rc connstr_next(struct sv *rest, struct sv *key, struct buf *value, bool *more, struct err *e) MUST_CHECK;

/* Appends "key=value;", with braces where the value needs them. */
enum rc connstr_add(struct buf *out, const char *key, const char *value, struct err *e) MUST_CHECK;

#endif
