#include "core/json.h"
#include "inspect.h"
#include "proxy/request/control.h"
#include "proxy/request/execreq.h"
#include "proxy/sql/classify.h"

/* What was found out, as far as it was found out: explain shows each step, also those after the first no. */
struct question {
    struct arena arena;
    char *body;               /* of the execute request alone */
    struct execreq request;
    struct sqlverdict verdict;
    struct control control;
};

static enum bypass reason_of(const struct question *q) {
    if (q->verdict.why != BYPASS_NONE) return q->verdict.why;
    if (q->request.why != BYPASS_NONE) return q->request.why;
    return q->control.no_store && q->control.no_lookup ? BYPASS_CLIENT : BYPASS_NONE;
}

static void add_reason(cJSON *out, enum bypass why) {
    cJSON_AddBoolToObject(out, "cacheable", why == BYPASS_NONE);
    if (why == BYPASS_NONE) return;
    cJSON_AddStringToObject(out, "reason", bypass_word(why));
    cJSON_AddStringToObject(out, "meaning", bypass_meaning(why));
}

static void add_text(cJSON *out, const char *name, struct sv text, struct arena *a) {
    const char *copy = text.ptr ? arena_dup(a, text) : NULL;
    if (copy) cJSON_AddStringToObject(out, name, copy);
}

static cJSON *answer(struct question *q) {
    cJSON *out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "class", sqlclass_name(q->verdict.class));
    add_text(out, "verb", q->verdict.verb, &q->arena);
    add_reason(out, reason_of(q));
    return out;
}

static enum rc look(struct question *q, cJSON *question, struct err *e) {
    static const char *const OURS[] = {"tenant", "token", "principal"};
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++) cJSON_DeleteItemFromObjectCaseSensitive(question, OURS[i]);
    q->body = cJSON_PrintUnformatted(question);
    if (!q->body) return err_nomem(e);
    if (execreq_parse(sv_of(q->body), &q->arena, &q->request, e)) return RC_ERR;
    if (!q->request.statement.ptr) return err_set(e, ERR_CONFIG_BAD, "there is no statement in the question");
    q->verdict = classify(q->request.statement, NULL);
    q->control = control_none();
    control_read_comment(&q->control, q->request.statement);
    return RC_OK;
}

enum rc inspect_explain(struct proxy *p, cJSON *question, cJSON **out, struct err *e) {
    struct question q = {0};
    (void)p;
    enum rc rc = look(&q, question, e);
    if (rc == RC_OK) *out = answer(&q);
    execreq_fini(&q.request);
    cJSON_free(q.body);
    arena_fini(&q.arena);
    return rc == RC_OK && !*out ? err_nomem(e) : rc;
}
