/* ini: a file of settings, read with inih: [section] or [section.NAME], key = value, comments from ; or # on. An
 * indented line continues a list. Unlike inih alone: lines of any length, every mistake with its line, nothing
 * unknown passes. */
#ifndef PROXY_CONFIG_INI_H
#define PROXY_CONFIG_INI_H

#include "draft.h"

enum rc ini_load(struct draft *d, const char *path, struct err *e) MUST_CHECK;   /* ERR_CONFIG_BAD, _MISSING */
enum rc ini_parse_text(struct draft *d, struct sv text, struct err *e) MUST_CHECK;

#endif
