/* log: one line per event to a file of the user's choice; never to the host program's stderr unless asked.
 *
 * A struct log is shared by everything under one connection (driver) or one process (proxy). Writing is atomic per
 * line and safe from any thread. A final filter masks token-like words (dapi…, eyJ…, Bearer …, X-Amz-Signature=…,
 * sig=…), so that a mistake elsewhere does not become a leak. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "err.h"

enum log_level { LOG_OFF, LOG_FATAL, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct log;

/* path NULL or "" = no output; "-" = stderr. level as LogLevel (0…6). The file is opened for append, mode 0600. */
enum rc log_open(struct log **out, enum log_level level, const char *path, struct err *e) MUST_CHECK;
void log_close(struct log **log);
void log_use_json(struct log *log);  /* lines are objects from now on: ts, level, room, text. Before threads share it */
enum log_level log_level_of(const struct log *log);
void log_set_level(struct log *log, enum log_level level);  /* not while other threads write; no output stays none */
const char *log_level_name(enum log_level level);
/* Called with each line of LOG_WARNING or graver that is written, after masking; fn NULL = nobody. As log_use_json. */
typedef void log_tap_fn(void *arg, const char *component, const char *text);
void log_set_tap(struct log *log, log_tap_fn *fn, void *arg);
bool log_wants(const struct log *log, enum log_level level);  /* NULL wants nothing */
void log_line(struct log *log, enum log_level level, const char *component, const char *fmt, ...) PRINTF_LIKE(4, 5);

bool log_level_parse(const char *text, enum log_level *out);  /* a number 0…6 or a name, case ignored */
void log_redact(char *line);                                  /* in place; shorter or equal length */

#endif
