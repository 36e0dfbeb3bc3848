/* value: one setting, by its kind: text to value and back. The tables' first column says the kind, the fifth the
 * bounds. A slot that was zeroed may be set, cleared and printed. */
#ifndef PROXY_CONFIG_VALUE_H
#define PROXY_CONFIG_VALUE_H

#include "schema.h"

/* Replaces the value; the old one is freed. On failure it is as before: ERR_CONFIG_BAD with what is wrong, without the
 * key's name. Secrets are read from where text says (file:PATH, env:NAME). */
enum rc value_set(void *slot, const struct cfg_key *k, const char *text, struct err *e) MUST_CHECK;
enum rc value_append(struct cfg_list *list, const char *text, struct err *e) MUST_CHECK;  /* comma-separated words */
void value_clear(void *slot, enum cfg_kind kind);              /* frees, and wipes secrets; zeroed afterwards */
bool value_same(const void *a, const void *b, enum cfg_kind kind);
bool value_is_empty(const void *slot, enum cfg_kind kind);     /* TEXT, LIST, SECRET without content */
enum rc value_copy(void *to, const void *from, enum cfg_kind kind, struct err *e) MUST_CHECK;

/* As it would be written in a file. A secret is <set> or <empty>. */
enum rc value_print(struct buf *out, const void *slot, const struct cfg_key *k, struct err *e) MUST_CHECK;

#endif
