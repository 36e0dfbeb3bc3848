#include "attempt.h"

enum rule {
    PASS,  /* on to the client */
    MANY,  /* again, as often as the configuration says */
    ONCE,  /* again, once */
    HUSH   /* never, and the client must learn that the outcome is unknown */
};

/* Nothing that may change something is repeated but after a proof that it did not begin. What is not ours is streamed
 * and never repeated. Health is asked anew anyway. A cut answer was shown already; it has no rule but PASS. */
static const enum rule RULES[UP_KIND_COUNT][SIT_COUNT] = {
    /*                 FINE  NOT_SENT  BUSY  LOST  BROKEN  CUT */
    [UP_PASS] =      {PASS,  PASS,    PASS, PASS,  PASS,  PASS},
    [UP_WRITE] =     {PASS,  MANY,    PASS, HUSH,  HUSH,  PASS},
    [UP_READ] =      {PASS,  MANY,    MANY, ONCE,  ONCE,  PASS},
    [UP_POLL] =      {PASS,  MANY,    MANY, MANY,  MANY,  PASS},
    [UP_CHUNK] =     {PASS,  MANY,    MANY, MANY,  MANY,  PASS},
    [UP_CANCEL] =    {PASS,  MANY,    MANY, MANY,  MANY,  PASS},
    [UP_SESSION] =   {PASS,  MANY,    PASS, HUSH,  HUSH,  PASS},
    [UP_IDENTITY] =  {PASS,  MANY,    MANY, MANY,  MANY,  PASS},
    [UP_HEALTH] =    {PASS,  PASS,    PASS, PASS,  PASS,  PASS},
    [UP_START] =     {PASS,  MANY,    PASS, PASS,  PASS,  PASS},
    [UP_LINK] =      {PASS,  MANY,    MANY, MANY,  MANY,  PASS},
};

bool attempt_is_harmless(enum upstream_kind kind) {
    return RULES[kind][SIT_LOST] == MANY || RULES[kind][SIT_LOST] == ONCE;
}

enum situation attempt_situation(enum upstream_kind kind, int status, bool has_retry_after) {
    if (kind == UP_PASS) return SIT_FINE;
    if (status == 429 || (status == 503 && has_retry_after)) return SIT_BUSY;
    if (status == 500 || status == 502 || status == 503 || status == 504) return SIT_BROKEN;
    return SIT_FINE;
}

/* base x 2^n with full jitter. */
static int64_t back_off(const struct config_retry *cfg, int tries, uint32_t chance) {
    int64_t ms = cfg->base_ms;
    for (int i = 1; i < tries && ms < cfg->cap_ms; i++) ms *= 2;
    if (ms > cfg->cap_ms) ms = cfg->cap_ms;
    return (int64_t)(chance % (uint32_t)(ms + 1));
}

struct attempt_out attempt_decide(const struct attempt_in *in, const struct config_retry *cfg) {
    enum rule rule = RULES[in->kind][in->situation];
    struct attempt_out out = {rule == HUSH ? ATTEMPT_UNKNOWN : ATTEMPT_PASS_ON, 0};
    int most = rule == MANY ? cfg->max : rule == ONCE && cfg->max > 0 ? 1 : 0;
    if (in->tries > most || in->retry_after_ms > cfg->retry_after_max_ms) return out;
    int64_t wait_ms = back_off(cfg, in->tries, in->chance);
    /* the spread comes on top: many were told the same moment */
    if (in->retry_after_ms >= 0) wait_ms += in->retry_after_ms;
    if (in->now_ms + wait_ms > in->until_ms) return out;
    return (struct attempt_out){ATTEMPT_REPEAT, wait_ms};
}
