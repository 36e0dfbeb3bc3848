/* draft: a configuration while it is written: setting by setting, from several places, each remembered, so that a
 * mistake that shows only in the whole can still be told with its file and line. draft_init, any number of settings,
 * check_all (check.h), then draft_take; draft_fini at the end in any case. */
#ifndef PROXY_CONFIG_DRAFT_H
#define PROXY_CONFIG_DRAFT_H

#include "schema.h"

struct draft_origin {
    enum section_id id;
    int item;
    const struct cfg_key *key;   /* NULL: the section's own line */
    int line;                    /* 0: the command line */
};

struct draft {
    struct config *c;
    const char *path;            /* of the file being read; NULL: none. Borrowed */
    struct draft_origin *origins;
    int n_origins;
};

/* Where a setting belongs. */
struct draft_place {
    enum section_id id;
    int item;
};

enum rc draft_init(struct draft *d, const char *path, struct err *e) MUST_CHECK;  /* all defaults */
void draft_fini(struct draft *d);
struct config *draft_take(struct draft *d);   /* one reference, the caller's */

/* "tenant", "a" or "cache", "": the section, made if there is none of that name yet. line as in struct draft_origin;
 * from the file (line > 0) a section comes only once. */
enum rc draft_section(struct draft *d, struct sv section, struct sv name, int line, struct draft_place *at_r,
                      struct err *e) MUST_CHECK;

/* One setting; from the file only once. The error says where. */
enum rc draft_set(struct draft *d, struct draft_place at, struct sv key, const char *text, int line,
                  struct err *e) MUST_CHECK;
enum rc draft_continue(struct draft *d, struct draft_place at, struct sv key, const char *text, int line,
                       struct err *e) MUST_CHECK;   /* more words for a list */

/* Fills e: "FILE:LINE: [section.name] key: what"; key NULL: the section as such. draft_where puts the place in front of
 * what e says already. Both return RC_ERR. */
enum rc draft_where(const struct draft *d, struct draft_place at, const char *key, struct err *e);
enum rc draft_bad(const struct draft *d, struct draft_place at, const char *key, struct err *e, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

#endif
