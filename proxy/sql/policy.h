/* policy: may a statement run at all, and how long may its result live? Decided from its tokens before anything else is
 * asked; comments and quoting cannot hide a verb.
 *
 * Rules are tried in the order of the file. Of those with action allow or deny the first that matches decides whether it
 * runs; of those that say a life (or are action=cache) the first that matches decides how long its result lives. Where it
 * cannot be known whether a condition holds (a table behind IDENTIFIER(), what a script or CALL does, an expression that
 * costs too much), a deny matches and anything else does not.
 *
 * Made once per tenant and configuration (expressions are compiled then), freed before it. Not thread-safe. */
#ifndef PROXY_POLICY_H
#define PROXY_POLICY_H

#include "classify.h"
#include "core/err.h"
#include "deps.h"

struct config;
struct config_tenant;
struct policy;

struct policy_question {
    struct sv sql;                     /* the client's bytes; ptr NULL = the body could not be read: all is in doubt … */
    const struct sqlverdict *verdict;  /* … and the class is SQL_CODE */
    const struct sqldeps *deps;
    struct sv user;                    /* name of the principal; ptr NULL = not known, and no rule about users matches */
    const struct sv *tags;
    int n_tags;
    bool has_row_limit;
};

struct policy_verdict {
    bool denied;
    bool would_deny;             /* policy=audit: only told. The message says why */
    const char *error_code;      /* PERMISSION_DENIED or BAD_REQUEST, for HTTP 400 */
    char message[512];           /* "dbxproxyd policy ID: …" */
    const char *rule;            /* rule or option that refused it; NULL = none. Good as long as the policy */
    const char *life_rule;       /* rule that gave the life; NULL = none */
    int64_t ttl_ms;              /* -1 = as the configuration says; 0 = not kept */
    int64_t stale_revalidate_ms, stale_error_ms;   /* likewise */
};

/* ERR_CONFIG_BAD: an expression of a rule does not compile. ERR_NOMEM. */
enum rc policy_new(const struct config *c, const struct config_tenant *t, struct policy **out,
                   struct err *e) MUST_CHECK;
void policy_free(struct policy **p);   /* NULL is welcome */
void policy_check(struct policy *p, const struct policy_question *q, struct policy_verdict *out);

/* What the options allow classify(); keyed is left to the caller. Good as long as the configuration. */
struct sqlrules policy_sqlrules(const struct config *c, const struct config_tenant *t);

#endif
