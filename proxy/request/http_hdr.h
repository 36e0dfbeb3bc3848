/* http_hdr: which header fields travel on. Pure.
 *
 * Statement and session requests carry an allow-list only: what is not on it cannot change an answer that another
 * request is given from the cache. Other routes carry everything but the fields that belong to one connection. */
#ifndef PROXY_HTTP_HDR_H
#define PROXY_HTTP_HDR_H

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "core/err.h"

bool http_hdr_is_hop_by_hop(const struct evkeyvalq *all,
                            const char *name); /* also what Connection: names, Host, framing */
bool http_hdr_is_allowed(const char *name);  /* on the allow-list for statements */
bool http_hdr_is_keyed(const char *name);    /* … and may change the answer: part of the cache key */

/* Why the framing of a request cannot be trusted, or NULL. */
const char *http_hdr_framing_fault(const struct evkeyvalq *headers);

/* Append to out what may travel. ERR_NOMEM. */
enum rc http_hdr_copy_request(const struct evkeyvalq *in, bool allow_list_only, struct evkeyvalq *out,
                              struct err *e) MUST_CHECK;
/* The same for a question of our own in the caller's name, without what told of the caller's body. has_json: ours is JSON. */
enum rc http_hdr_copy_caller(const struct evkeyvalq *in, bool has_json, struct evkeyvalq *out, struct err *e) MUST_CHECK;
enum rc http_hdr_copy_answer(const struct evkeyvalq *in, bool decoded, struct evkeyvalq *out, struct err *e) MUST_CHECK;

/* The request's headers of these names (an operator's key_extra), as far as http_hdr_copy_request() left them out. */
enum rc http_hdr_copy_extra(const struct evkeyvalq *in, char *const *names, int n, struct evkeyvalq *out,
                            struct err *e) MUST_CHECK;

void http_hdr_wipe(struct evkeyvalq *headers);  /* clears them; a token among them leaves no trace */

int http_hdr_count(const struct evkeyvalq *headers, const char *name);

#endif
