/* sea_client: one request to the API, repeated where that is safe and within its budgets, with an error that says who,
 * what, why and what next. See core/retry.h for the rule. */
#ifndef DRIVER_HTTP_SEA_CLIENT_H
#define DRIVER_HTTP_SEA_CLIENT_H

#include "core/retry.h"
#include "transport.h"

struct sea_client {
    struct transport *http;
    const struct options *conf;
    struct log *log;
};

struct sea_call {
    enum http_method method;
    const char *path;
    struct sv body;
    enum retry_class class;
    bool starts_statement;          /* a broken connection leaves open whether it ran: ERR_OUTCOME_UNKNOWN */
    bool is_metadata;
    int64_t deadline;               /* of the call with all its repetitions */
    int64_t quiet_ms;
    size_t max_body;
};

/* RC_OK: a 2xx answer in out. Give out to http_answer_fini in any case. left: see transport_perform; may be NULL. */
enum rc sea_call(const struct sea_client *client, const struct sea_call *call, struct cancel *c,
                 struct http_answer *out, struct http_flight **left, struct err *e) MUST_CHECK;

uint32_t sea_random(void);          /* for jitter; not for secrets */

#endif
