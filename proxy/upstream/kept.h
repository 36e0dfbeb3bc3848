/* kept: an answer that was not shown, in case nothing better comes. */
#ifndef PROXY_UPSTREAM_KEPT_H
#define PROXY_UPSTREAM_KEPT_H

#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "core/buf.h"
#include "core/sv.h"

struct kept {
    int status;             /* 0 = none */
    struct evkeyvalq head;
    struct buf body;
    bool whole;             /* it fitted */
};

void kept_init(struct kept *k);
void kept_fini(struct kept *k);
void kept_start(struct kept *k, int status, const struct evkeyvalq *head);  /* in place of the one before */
void kept_add(struct kept *k, struct sv bytes);
bool kept_can_tell(const struct kept *k);
void kept_message(const struct kept *k, char *out, size_t cap);  /* what its JSON says for people; "" = nothing */

#endif
