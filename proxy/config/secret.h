/* secret: a secret never stands in a configuration; it says where to find it. */
#ifndef PROXY_CONFIG_SECRET_H
#define PROXY_CONFIG_SECRET_H

#include "core/err.h"

/* "file:PATH": the file's text without line ends at its end; "env:NAME": the variable's; "": "". *out is the caller's
 * (mem_free_secret). ERR_CONFIG_BAD: not of that form, not readable, empty, or too long; the text never shows it. */
enum rc secret_read(const char *where, char **out, struct err *e) MUST_CHECK;

#endif
