/* options_priv: how the sources of the conf room put keys into struct options. */
#ifndef DRIVER_CONF_OPTIONS_PRIV_H
#define DRIVER_CONF_OPTIONS_PRIV_H

#include "options.h"

enum { OF_NONE = 0, OF_SECRET = 1, OF_REQUIRED = 2 };

struct opt_key {
    enum { OPT_KIND_STR, OPT_KIND_INT, OPT_KIND_BOOL } kind;
    const char *name, *aliases;     /* aliases: "A|B", "" = none */
    size_t offset;                  /* of the field in struct options */
    const char *str;                /* defaults */
    int num, min, max;
    int flags;
};

extern const struct opt_key OPT_KEYS[OPT_COUNT];

enum rc options_defaults(struct options *o, struct err *e) MUST_CHECK;    /* whatever o held before is forgotten */
/* One pair from one source. A key that a stronger source gave, or that this one gave before, is left alone. */
enum rc options_set(struct options *o, enum opt_source from, struct sv key, struct sv value, struct err *e) MUST_CHECK;
/* The same by id; the value goes through the same checks. */
enum rc options_set_id(struct options *o, enum opt_source from, enum opt_id id, struct sv value,
                       struct err *e) MUST_CHECK;
/* The key has this alias or name, or is a secret in one; for sources that must know before they take the value. */
bool options_key_is_secret(struct sv key);

enum rc odbcini_load(struct options *o, const char *dsn, struct err *e) MUST_CHECK;
enum rc environment_load(struct options *o, struct err *e) MUST_CHECK;
enum rc profile_load(struct options *o, struct err *e) MUST_CHECK;

/* Host, path, credentials and the rest in the form that the session wants, or the error that says what is wrong. */
enum rc options_check(struct options *o, struct err *e) MUST_CHECK;

/* Replaces an owned text. */
enum rc conf_put(char **slot, struct sv value, struct err *e) MUST_CHECK;

#endif
