/* options: everything a connection was told, one field per line of include/tbl/options.h.
 *
 * Sources, strongest first: connection string (or SQLConnect arguments), DSN section of odbc.ini, the DATABRICKS_*
 * environment, a profile of ~/.databrickscfg, the table's default. Secrets are wiped by options_fini(). */
#ifndef DRIVER_CONF_OPTIONS_H
#define DRIVER_CONF_OPTIONS_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"

struct conf_pair {
    char *key, *value;
    unsigned char source;           /* enum opt_source */
};

enum opt_id {
#define OPT_STR(field, name, aliases, dflt, flags, doc) OPT_##field,
#define OPT_INT(field, name, aliases, dflt, min, max, flags, doc) OPT_##field,
#define OPT_BOOL(field, name, aliases, dflt, flags, doc) OPT_##field,
#include "tbl/options.h"
#undef OPT_STR
#undef OPT_INT
#undef OPT_BOOL
    OPT_COUNT
};

/* Who said so; the smaller number wins, and within one source the first mention. */
enum opt_source { FROM_DEFAULT, FROM_STRING, FROM_DSN, FROM_ENV, FROM_PROFILE };

struct options {
#define OPT_STR(field, name, aliases, dflt, flags, doc) char *field;
#define OPT_INT(field, name, aliases, dflt, min, max, flags, doc) int field;
#define OPT_BOOL(field, name, aliases, dflt, flags, doc) bool field;
#include "tbl/options.h"
#undef OPT_STR
#undef OPT_INT
#undef OPT_BOOL
    char *dsn, *driver;             /* DSN= or DRIVER= as given; NULL = absent */
    char *org_id;                   /* ?o=… of HTTPPath; NULL = none */
    int n_confs;                    /* SSP_<name>=value: session confs, names lower-cased, without the prefix */
    struct conf_pair *confs;
    int n_headers;                  /* http.header.<Name>=value */
    struct conf_pair *headers;
    char *token;                    /* the credential to send, from whichever key or file held it; never echoed */
    bool plain_http;                /* SSL=0 and a loopback host */
    unsigned char source[OPT_COUNT];/* enum opt_source of each key */
    int n_unknown;                  /* keys nobody knows: one 01S00 warning names them, in the log only */
    char **unknown;
};

/* SQLDriverConnect: parses, loads the DSN section if DSN= is given, then environment and profile, and checks.
 * Errors: ERR_CONFIG_MISSING names every missing key; ERR_CONFIG_BAD names key, value (unless secret) and what is allowed;
 * ERR_AUTH when there is no credential at all. */
enum rc options_from_string(struct options *o, struct sv conn_string, struct err *e) MUST_CHECK;

/* SQLConnect: DSN section, with uid and pwd (SV_NULL or empty = not given) on top. */
enum rc options_from_dsn(struct options *o, struct sv dsn, struct sv uid, struct sv pwd, struct err *e) MUST_CHECK;

/* The completed connection string (SQLDriverConnect's out string): DSN or DRIVER first, then every key that was given,
 * quoted with {} where needed; with PWD only if PWD came in the string itself. */
enum rc options_to_string(const struct options *o, struct buf *out, struct err *e) MUST_CHECK;

/* The options that this string alone gives: no DSN, environment, profile or checks. For SQLDriverConnect to see which
 * keys are there. */
enum rc options_parse(struct options *o, struct sv conn_string, struct err *e) MUST_CHECK;

/* The same with what the DSN, the environment and the profile add, unchecked: for SQLBrowseConnect, which asks for the
 * rest. */
enum rc options_gather(struct options *o, struct sv conn_string, struct err *e) MUST_CHECK;
/* A source gave the key, and not as an empty text. */
bool options_has(const struct options *o, enum opt_id id);

bool options_is_loopback(const char *host);

void options_fini(struct options *o);   /* an all-zero struct is fine */

#endif
