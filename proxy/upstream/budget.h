/* budget: may one more request be repeated? So that repetitions cannot become the load: a share of the requests of the
 * last ten seconds, and a few per second in any case. Pure: the clock is passed in. */
#ifndef PROXY_UPSTREAM_BUDGET_H
#define PROXY_UPSTREAM_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "bucket.h"
#include "proxy/config/config.h"
#include "window.h"

struct budget {             /* all zero = unused */
    struct window window;   /* requests; repetitions that the share paid for */
    struct bucket floor;
};

void budget_request(struct budget *b, int64_t now_ms);
bool budget_take(struct budget *b, const struct config_retry *cfg, int64_t now_ms);

#endif
