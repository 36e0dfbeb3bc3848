#define _GNU_SOURCE /* memmem */
#include "identity.h"

#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "proxy/request/http_hdr.h"
#include "proxy/upstream/question.h"
#include "tenant.h"

enum { MAX_KNOWN = 65536, ASK_TIMEOUT_MS = 10000, MAX_ANSWER = 64 * 1024 };

#define ME_PATH "/api/2.0/preview/scim/v2/Me"

struct identity_wait {
    identity_fn *fn;
    void *arg;
    struct known *known;      /* NULL once told */
    uint64_t round;
    TAILQ_ENTRY(identity_wait) link;
};

struct known {                /* one token */
    struct keymap_node node;
    struct identity *owner;
    int64_t accepted_ms;      /* monotonic, when the request that proved it was sent; -1 = not accepted */
    struct question question;
    uint64_t round;           /* of the question under way, or of the next one */
    bool pinned;              /* its waiters are being told */
    bool has_user;
    uint8_t principal[DIGEST_BYTES];  /* of the user, when has_user */
    char *user;               /* name; NULL = not known */
    TAILQ_HEAD(, identity_wait) waits;
    TAILQ_ENTRY(known) link;
};

struct identity {
    struct tenant *tenant;
    struct keymap map;
    TAILQ_HEAD(, known) all;   /* least recently learned first */
};

enum rc identity_new(struct identity **out, struct tenant *t, struct err *e) {
    struct identity *id = mem_zalloc(sizeof *id);
    *out = NULL;
    if (!id || !keymap_init(&id->map)) {
        mem_free(id);
        return err_nomem(e);
    }
    id->tenant = t;
    TAILQ_INIT(&id->all);
    *out = id;
    return RC_OK;
}

static void known_free(struct known *k) {
    question_fini(&k->question);
    while (!TAILQ_EMPTY(&k->waits)) {
        struct identity_wait *w = TAILQ_FIRST(&k->waits);
        TAILQ_REMOVE(&k->waits, w, link);
        w->known = NULL; /* its asker still holds it */
    }
    keymap_remove(&k->owner->map, &k->node);
    TAILQ_REMOVE(&k->owner->all, k, link);
    mem_free(k->user);
    mem_free(k);
}

void identity_free(struct identity **slot) {
    struct identity *id = *slot;
    if (!id) return;
    while (!TAILQ_EMPTY(&id->all)) known_free(TAILQ_FIRST(&id->all));
    keymap_fini(&id->map);
    mem_free(id);
    *slot = NULL;
}

bool identity_token(const struct identity *id, const char *authorization, uint8_t token[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0 || sv_trim(sv_of(authorization + 7)).len == 0)
        return false;
    return secrets_digest(&id->tenant->secrets, "principal", sv_trim(sv_of(authorization + 7)), token, &e) == RC_OK;
}

static struct known *find(const struct identity *id, const uint8_t token[DIGEST_BYTES]) {
    return (struct known *)keymap_find(&id->map, token); /* node is the first member */
}

bool identity_principal(const struct identity *id, const uint8_t token[DIGEST_BYTES], uint8_t principal[DIGEST_BYTES],
                        struct sv *user_r) {
    const struct known *k = find(id, token);
    bool by_user = id->tenant->cfg->principal == PRINCIPAL_USER;
    *user_r = k && k->user ? sv_of(k->user) : SV_NULL;
    if (by_user && !(k && k->has_user)) return false;
    memcpy(principal, by_user ? k->principal : token, DIGEST_BYTES);
    return true;
}

static bool accepted_within(const struct identity *id, const uint8_t token[DIGEST_BYTES], int64_t ms) {
    const struct known *k = find(id, token);
    return k && k->accepted_ms >= 0 && clock_mono_ms() - k->accepted_ms < ms;
}

bool identity_is_fresh(const struct identity *id, const uint8_t token[DIGEST_BYTES]) {
    return accepted_within(id, token, id->tenant->config->security.auth_ttl_ms);
}

bool identity_is_in_grace(const struct identity *id, const uint8_t token[DIGEST_BYTES]) {
    return accepted_within(id, token, id->tenant->config->security.auth_grace_ms);
}

size_t identity_count(const struct identity *id) { return id->map.count; }

static question_fn on_answer;

/* Room for one more: the longest unheard-of that nobody waits for goes. */
static void make_room(struct identity *id) {
    struct known *k = TAILQ_FIRST(&id->all);
    while (k && (k->pinned || !TAILQ_EMPTY(&k->waits))) k = TAILQ_NEXT(k, link);
    if (k) known_free(k);
}

static struct known *get(struct identity *id, const uint8_t token[DIGEST_BYTES]) {
    struct known *k = find(id, token);
    if (k) return k;
    if (id->map.count >= MAX_KNOWN) make_room(id);
    k = mem_zalloc(sizeof *k);
    if (!k) return NULL;
    memcpy(k->node.key, token, DIGEST_BYTES);
    k->owner = id;
    k->accepted_ms = -1;
    TAILQ_INIT(&k->waits);
    question_init(&k->question, MAX_ANSWER, on_answer, k); /* of a longer one only the status matters */
    keymap_add(&id->map, &k->node);
    TAILQ_INSERT_TAIL(&id->all, k, link);
    return k;
}

void identity_learn(struct identity *id, const uint8_t token[DIGEST_BYTES], int status, int64_t sent_ms) {
    struct known *k = find(id, token);
    if (status >= 200 && status < 300) {
        if (!k) k = get(id, token);
        if (!k) return;
        if (sent_ms > k->accepted_ms) k->accepted_ms = sent_ms;
        TAILQ_REMOVE(&id->all, k, link);
        TAILQ_INSERT_TAIL(&id->all, k, link);
    } else if ((status == 401 || status == 403) && k) {
        k->accepted_ms = -1; /* 403 may be about the warehouse only: then the next hit asks, and learns so */
    }
}

void identity_refuse(struct identity *id, const uint8_t token[DIGEST_BYTES]) { identity_learn(id, token, 401, 0); }

/* ---- asking ---------------------------------------------------------------------------------------------------- */

/* A wrong token is told by 401, or by 403 with the gateway's numeric code. A 403 with a word says that the token is
 * good but may not ask this question (narrow scopes): no proof either way. */
static enum identity_result judge(const struct known *k, enum upstream_fault fault) {
    const struct sv answer = buf_sv(&k->question.answer);
    static const char DENIED[] = "\"PERMISSION_DENIED\"";
    if (fault != UPSTREAM_OK) return IDENTITY_UNCERTAIN;
    if (k->question.head >= 200 && k->question.head < 300) return IDENTITY_ACCEPTED;
    if (k->question.head == 401) return IDENTITY_REFUSED;
    if (k->question.head != 403) return IDENTITY_UNCERTAIN;
    bool scoped = answer.len && memmem(answer.ptr, answer.len, DENIED, strlen(DENIED));
    return scoped ? IDENTITY_UNCERTAIN : IDENTITY_REFUSED;
}

/* The user that the SCIM answer names. Ids are never given to another user; names are for people and rules. */
static void learn_user(struct known *k) {
    struct err e = ERR_INIT;
    cJSON *tree = NULL;
    if (k->has_user || json_parse(buf_sv(&k->question.answer), &tree, &e)) return;
    const char *id = json_str(tree, "id"), *name = json_str(tree, "userName");
    if (id && id[0] && secrets_digest(&k->owner->tenant->secrets, "user", sv_of(id), k->principal, &e) == RC_OK)
        k->has_user = true;
    if (name && !k->user) k->user = mem_strdup(name);
    cJSON_Delete(tree);
}

/* Those told may ask again at once, and others may leave meanwhile: only the waiters of this round are told, one by
 * one. */
static void tell_waits(struct known *k, const struct identity_answer *a) {
    uint64_t round = k->round++;
    struct identity_wait *w;
    k->pinned = true;
    while ((w = TAILQ_FIRST(&k->waits)) && w->round == round) {
        TAILQ_REMOVE(&k->waits, w, link);
        w->known = NULL;
        w->fn(w->arg, a);
    }
    k->pinned = false;
}

static void on_answer(void *arg, enum upstream_fault fault) {
    static const enum metric COUNTERS[] = {M_AUTH_CHECKS, M_AUTH_REFUSED, M_AUTH_UNCERTAIN};
    struct known *k = arg;
    struct buf text = k->question.answer;  /* a new question may start while the waiters read the old answer */
    struct identity_answer a = {judge(k, fault), k->question.head, buf_sv(&text)};
    if (a.result == IDENTITY_ACCEPTED) learn_user(k);
    buf_init(&k->question.answer, MAX_ANSWER);
    if (a.result != IDENTITY_ACCEPTED) metrics_add(&k->owner->tenant->metrics, COUNTERS[a.result]);
    identity_learn(k->owner, k->node.key, fault == UPSTREAM_OK ? k->question.head : 0, k->question.sent_ms);
    tell_waits(k, &a);
    buf_fini(&text);
}

static enum rc start(struct known *k, const struct evkeyvalq *headers, struct err *e) {
    const struct tenant *t = k->owner->tenant;
    struct evkeyvalq own;
    TAILQ_INIT(&own);
    struct upstream_call call = {.kind = UP_IDENTITY, .client = t->client, .principal = k->node.key, .method = "GET",
                                 .target = ME_PATH, .headers = &own, .total_ms = ASK_TIMEOUT_MS};
    enum rc rc = http_hdr_copy_caller(headers, false, &own, e);
    if (rc == RC_OK) rc = question_ask(&k->question, t->upstream, call, e);
    http_hdr_wipe(&own);
    return rc;
}

enum rc identity_ask(struct identity *id, const uint8_t token[DIGEST_BYTES], const struct evkeyvalq *headers,
                     identity_fn *fn, void *arg, struct identity_wait **out, struct err *e) {
    struct known *k = get(id, token);
    struct identity_wait *w = k ? mem_zalloc(sizeof *w) : NULL;
    if (!w) return err_nomem(e);
    if (!k->question.req) {
        if (start(k, headers, e)) {
            mem_free(w);
            return RC_ERR;
        }
        metrics_add(&id->tenant->metrics, M_AUTH_CHECKS);
    }
    w->fn = fn;
    w->arg = arg;
    w->known = k;
    w->round = k->round;
    TAILQ_INSERT_TAIL(&k->waits, w, link);
    *out = w;
    return RC_OK;
}

void identity_wait_drop(struct identity_wait **w) {
    if (!*w) return;
    if ((*w)->known) TAILQ_REMOVE(&(*w)->known->waits, *w, link);
    mem_free(*w);
    *w = NULL;
}
