/* Settings of the server that do not suit a cache: told once, when it lets us ask. */
#include "core/clock.h"
#include "shared_priv.h"

static bool has_line(struct sv text, struct sv line) {
    struct sv one, rest = text;
    bool more = true;
    while (more) {
        more = sv_cut(rest, '\n', &one, &rest);
        if (sv_eq(sv_trim(more ? one : rest), line)) return true;
    }
    return false;
}

static void on_reply(struct shared_op *op, int part, const struct reply *r) {
    struct log *log = op->s->log;
    const struct reply *save = reply_at(r, 1);
    if (part == 0 && has_line(reply_text(r), SV_LIT("maxmemory_policy:noeviction")))
        log_line(log, LOG_WARNING, "redis",
                 "maxmemory-policy is noeviction: when Redis is full nothing more is stored; "
                 "allkeys-lfu suits a cache");
    if ((part == 1 && has_line(reply_text(r), SV_LIT("aof_enabled:1"))) || (part == 2 && reply_text(save).len))
        log_line(log, LOG_WARNING, "redis",
                 "persistence (%s) is on: a cache does not need it, and it costs time and disk",
                 part == 1 ? "appendonly" : "save");
    if (op->n_open == 0) op_end(op, SHARED_DONE);
}

void survey(struct shared *s) {
    struct op_spec spec = {.size = sizeof(struct shared_op),
                           .n_parts = 3,
                           .deadline_ms = clock_deadline(WRITE_MS),
                           .seconds = M_REDIS_OTHER,
                           .on_reply = on_reply};
    if (s->is_surveyed) return;
    s->is_surveyed = true;
    struct shared_op *op = op_new(s, &spec, NULL);
    if (!op) return;
    op_ask(op, 0, SV_LIT("dxp1:"), WIRE(SV_LIT("INFO"), SV_LIT("memory")), CLUSTER_BULK);
    op_ask(op, 1, SV_LIT("dxp1:"), WIRE(SV_LIT("INFO"), SV_LIT("persistence")), CLUSTER_BULK);
    op_ask(op, 2, SV_LIT("dxp1:"), WIRE(SV_LIT("CONFIG"), SV_LIT("GET"), SV_LIT("save")), CLUSTER_BULK);
    op_sent(op);
}
