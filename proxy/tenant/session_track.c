#define _GNU_SOURCE /* memmem */
#include "session_track.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/sqlscan.h"

enum { MAX_SESSIONS = 10000, MAX_CONFS = 64, MAX_TEXT = 64 * 1024 };

/* One thing that results depend on. Kinds of names do not mix: a setting called "catalog" is not the catalog. */
struct fact {
    char kind;    /* 'c' setting, '1' catalog, '2' schema */
    char *name, *value;
};

struct session {
    struct keymap_node node;
    uint8_t principal[DIGEST_BYTES];
    struct fact facts[MAX_CONFS];
    int n_facts;
    int changing;            /* statements under way that change it */
    bool tainted, opted_out;
    uint64_t generation;
    TAILQ_ENTRY(session) link;
};

struct session_track {
    const struct secrets *secrets;
    struct metrics *metrics;
    struct keymap map;
    TAILQ_HEAD(, session) all;  /* least recently used first */
    const struct cfg_list *ignored;  /* settings that cannot change a result; NULL = none */
    uint64_t generations;       /* never given twice, so that a reopened id cannot look unchanged */
};

enum rc session_track_new(struct session_track **out, const struct secrets *s, struct metrics *m, struct err *e) {
    struct session_track *t = mem_zalloc(sizeof *t);
    *out = NULL;
    if (!t || !keymap_init(&t->map)) {
        mem_free(t);
        return err_nomem(e);
    }
    t->secrets = s;
    t->metrics = m;
    TAILQ_INIT(&t->all);
    *out = t;
    return RC_OK;
}

static void session_free(struct session_track *t, struct session *s) {
    keymap_remove(&t->map, &s->node);
    TAILQ_REMOVE(&t->all, s, link);
    for (int i = 0; i < s->n_facts; i++) {
        mem_free(s->facts[i].name);
        mem_free(s->facts[i].value);
    }
    mem_free(s);
    metrics_set(t->metrics, M_SESSIONS, t->map.count);
}

void session_track_free(struct session_track **slot) {
    struct session_track *t = *slot;
    if (!t) return;
    while (!TAILQ_EMPTY(&t->all)) session_free(t, TAILQ_FIRST(&t->all));
    keymap_fini(&t->map);
    mem_free(t);
    *slot = NULL;
}

static bool digest_of(const struct session_track *t, struct sv id, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    return id.len && secrets_digest(t->secrets, "session", id, out, &e) == RC_OK;
}

static struct session *find(const struct session_track *t, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    return digest_of(t, id, key) ? (struct session *)keymap_find(&t->map, key) : NULL; /* node is the first member */
}

void session_track_ignore(struct session_track *t, const struct cfg_list *confs) { t->ignored = confs; }

static bool is_ignored(const struct session_track *t, struct sv name) {
    for (int i = 0; t->ignored && i < t->ignored->n; i++)
        if (sv_ieq(name, sv_of(t->ignored->v[i]))) return true;
    return false;
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static char *lower_copy(struct sv v) {
    char *copy = mem_strndup(v.ptr ? v.ptr : "", v.len);
    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    return copy;
}

static struct fact *find_fact(struct session *s, char kind, const char *name) {
    for (int i = 0; i < s->n_facts; i++)
        if (s->facts[i].kind == kind && strcmp(s->facts[i].name, name) == 0) return &s->facts[i];
    return NULL;
}

static bool means_true(struct sv v) {
    v = sv_trim(v);
    if (v.len >= 2 && (v.ptr[0] == '\'' || v.ptr[0] == '"')) v = sv_make(v.ptr + 1, v.len - 2);
    return sv_ieq(v, SV_LIT("true"));
}

/* value ptr NULL = as if never said. false = no room or no memory. */
static bool set_fact(struct session *s, char kind, struct sv name, struct sv value) {
    char *n = lower_copy(name), *v = mem_strndup(value.ptr ? value.ptr : "", value.len);
    struct fact *f = n ? find_fact(s, kind, n) : NULL;
    if (!n || !v || (!f && s->n_facts == MAX_CONFS)) {
        mem_free(n);
        mem_free(v);
        return false;
    }
    if (!f) f = &s->facts[s->n_facts++];
    mem_free(f->name);
    mem_free(f->value);
    *f = (struct fact){kind, n, v};
    if (kind == 'c' && strcmp(n, "use_cached_result") == 0) s->opted_out = !means_true(value);
    return true;
}

static void unset_fact(struct session *s, char kind) {
    for (int i = 0; i < s->n_facts; i++) {
        if (s->facts[i].kind != kind) continue;
        mem_free(s->facts[i].name);
        mem_free(s->facts[i].value);
        s->facts[i] = s->facts[--s->n_facts];
        s->facts[s->n_facts] = (struct fact){0};
        i--;
    }
}

static const char *fact_value(struct session *s, char kind) {
    struct fact *f = find_fact(s, kind, "");
    return f ? f->value : "";
}

static int compare_facts(const void *va, const void *vb) {
    const struct fact *a = va, *b = vb;
    return a->kind != b->kind ? a->kind - b->kind : strcmp(a->name, b->name);
}

static enum rc print_facts(struct session *s, struct buf *out, struct err *e) {
    qsort(s->facts, (size_t)s->n_facts, sizeof *s->facts, compare_facts);
    for (int i = 0; i < s->n_facts; i++) {
        const struct fact *f = &s->facts[i];
        if (buf_addf(out, e, "%c%zu:%s%zu:%s", f->kind, strlen(f->name), f->name, strlen(f->value), f->value))
            return RC_ERR;
    }
    return RC_OK;
}

static bool fingerprint(const struct session_track *t, struct session *s, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    struct buf text;
    buf_init(&text, MAX_CONFS * MAX_TEXT);
    bool ok = print_facts(s, &text, &e) == RC_OK &&
              secrets_digest(t->secrets, "session facts", buf_sv(&text), out, &e) == RC_OK;
    buf_fini(&text);
    return ok;
}

/* ---- open, close, view ----------------------------------------------------------------------------------------- */

static bool take_confs(const struct session_track *t, struct session *s, const cJSON *confs) {
    const cJSON *c;
    if (!cJSON_IsObject(confs)) return cJSON_IsNull(confs);
    cJSON_ArrayForEach(c, confs) {
        if (is_ignored(t, sv_of(c->string))) continue;
        if (!cJSON_IsString(c) || find_fact(s, 'c', c->string)) return false;
        if (!set_fact(s, 'c', sv_of(c->string), sv_of(c->valuestring))) return false;
    }
    return true;
}

/* All members are understood, or the session is tainted. The warehouse is in every statement's own key. */
static bool take_request(const struct session_track *t, struct session *s, struct sv body) {
    cJSON *tree = NULL;
    struct err e = ERR_INIT;
    const cJSON *v;
    /* cJSON would cut a value at a NUL */
    bool ok = body.len && !memmem(body.ptr, body.len, "\\u0000", 6) && json_check(body, true, &e) == RC_OK &&
              json_parse(body, &tree, &e) == RC_OK && cJSON_IsObject(tree);
    cJSON_ArrayForEach(v, tree) {
        if (strcmp(v->string, "session_confs") == 0) ok = ok && take_confs(t, s, v);
        else if (strcmp(v->string, "warehouse_id") == 0) continue;
        else if (cJSON_IsNull(v)) continue;
        else if (!cJSON_IsString(v)) ok = false;
        else if (strcmp(v->string, "catalog") == 0) ok = ok && set_fact(s, '1', SV_NULL, sv_of(v->valuestring));
        else if (strcmp(v->string, "schema") == 0) ok = ok && set_fact(s, '2', SV_NULL, sv_of(v->valuestring));
        else ok = ok && set_fact(s, 'c', sv_of(v->string), sv_of(v->valuestring)); /* execution_mode and the like */
    }
    cJSON_Delete(tree);
    return ok;
}

void session_track_open(struct session_track *t, const uint8_t principal[DIGEST_BYTES], struct sv body, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    if (!digest_of(t, id, key)) return;
    session_track_close(t, id);
    if (t->map.count >= MAX_SESSIONS) session_free(t, TAILQ_FIRST(&t->all));
    struct session *s = mem_zalloc(sizeof *s);
    if (!s) return; /* an unknown session is never cached */
    memcpy(s->node.key, key, DIGEST_BYTES);
    memcpy(s->principal, principal, DIGEST_BYTES);
    s->generation = ++t->generations;
    s->tainted = !take_request(t, s, body);
    keymap_add(&t->map, &s->node);
    TAILQ_INSERT_TAIL(&t->all, s, link);
    metrics_set(t->metrics, M_SESSIONS, t->map.count);
}

void session_track_close(struct session_track *t, struct sv id) {
    struct session *s = find(t, id);
    if (s) session_free(t, s);
}

enum bypass session_track_view(struct session_track *t, const uint8_t principal[DIGEST_BYTES], struct sv id,
                               struct session_view *out) {
    struct session *s = find(t, id);
    out->used = true;
    if (!s || memcmp(s->principal, principal, DIGEST_BYTES) != 0) return BYPASS_SESSION;
    TAILQ_REMOVE(&t->all, s, link);
    TAILQ_INSERT_TAIL(&t->all, s, link);
    if (s->tainted || s->changing) return BYPASS_TAINTED;
    if (s->opted_out) return BYPASS_USER_OPT_OUT;
    if (sv_ieq(sv_of(fact_value(s, '1')), SV_LIT("system")) ||
        sv_ieq(sv_of(fact_value(s, '2')), SV_LIT("information_schema")))
        return BYPASS_SYSTEM;
    memcpy(out->id, s->node.key, DIGEST_BYTES);
    out->generation = s->generation;
    return fingerprint(t, s, out->fingerprint) ? BYPASS_NONE : BYPASS_TAINTED;
}

/* A setting's value as it was given: 'text', "text" or bare; ptr NULL when it wants thinking. */
static struct sv plain_value(const char *text) {
    struct sv v = sv_trim(sv_of(text));
    if (v.len >= 2 && (v.ptr[0] == '\'' || v.ptr[0] == '"')) v = sv_make(v.ptr + 1, v.len - 2);
    return memchr(v.ptr, '\\', v.len) ? SV_NULL : v;
}

struct session_names session_track_names(const struct session_track *t, struct sv id) {
    static const char *const ZONES[] = {"timezone", "spark.sql.session.timezone"};
    struct session_names n = {SV_NULL, SV_NULL, SV_NULL};
    struct session *s = find(t, id);
    if (!s) return n;
    struct fact *catalog = find_fact(s, '1', ""), *schema = find_fact(s, '2', "");
    if (catalog) n.catalog = sv_of(catalog->value);
    if (schema) n.schema = sv_of(schema->value);
    for (size_t i = 0; i < sizeof ZONES / sizeof *ZONES; i++) {
        struct fact *zone = find_fact(s, 'c', ZONES[i]);
        if (zone) n.time_zone = plain_value(zone->value);
    }
    return n;
}

bool session_track_is_same(const struct session_track *t, const struct session_view *v) {
    if (!v->used) return true;
    const struct session *s = (const struct session *)keymap_find(&t->map, v->id);
    return s && !s->tainted && !s->changing && s->generation == v->generation;
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

/* name, or `name`; false for anything that wants thinking. */
static bool plain_name(const struct sqltoken *t, struct sv *out) {
    *out = sqltoken_unquoted(t);
    return (t->kind == SQLTOK_WORD || t->kind == SQLTOK_NAME) && !memchr(out->ptr, '`', out->len);
}

static bool at_end(struct sqlscan *s) {
    struct sqltoken t = sqlscan_next(s);
    while (t.kind == SQLTOK_SEMI) t = sqlscan_next(s);
    return t.kind == SQLTOK_END;
}

/* USE [CATALOG] c | USE [SCHEMA|DATABASE] s | USE c.s, after the verb. */
static bool apply_use(struct session *s, struct sqlscan scan, bool catalog) {
    struct sv first, second;
    struct sqltoken t = sqlscan_next(&scan);
    bool schema = sqltoken_is(&t, "SCHEMA") || sqltoken_is(&t, "DATABASE");
    if (sqltoken_is(&t, "CATALOG")) catalog = true;
    if (schema || sqltoken_is(&t, "CATALOG")) t = sqlscan_next(&scan);
    if (!plain_name(&t, &first)) return false;
    struct sqlscan rest = scan;
    if (at_end(&rest)) {
        if (!catalog) return set_fact(s, '2', SV_NULL, first);
        unset_fact(s, '2');
        return set_fact(s, '1', SV_NULL, first);
    }
    t = sqlscan_next(&scan);
    if (catalog || !sqltoken_is_punct(&t, ".")) return false;
    t = sqlscan_next(&scan);
    if (!plain_name(&t, &second) || !at_end(&scan)) return false;
    return set_fact(s, '1', SV_NULL, first) && set_fact(s, '2', SV_NULL, second);
}

/* SET name = literal, after the verb. A name may have dots. */
static bool apply_set(const struct session_track *t, struct session *s, struct sqlscan scan) {
    struct sqltoken word = sqlscan_next(&scan), value;
    const char *start = word.text.ptr;
    if (sqltoken_is(&word, "CATALOG")) return apply_use(s, scan, true);
    if (at_end(&(struct sqlscan){scan.text, scan.at, false}) && word.kind == SQLTOK_WORD)
        return true;                       /* SET name: only asks */
    if (word.kind == SQLTOK_END) return true; /* SET: likewise */
    const char *end = start;
    while (word.kind == SQLTOK_WORD || sqltoken_is_punct(&word, ".")) {
        if (word.gap && end != start) return false; /* SET TIME ZONE, SET VAR x: more than we follow */
        end = word.text.ptr + word.text.len;
        word = sqlscan_next(&scan);
    }
    if (end == start || !sqltoken_is_punct(&word, "=")) return false;
    value = sqlscan_next(&scan);
    if (value.kind != SQLTOK_WORD && value.kind != SQLTOK_NUMBER && value.kind != SQLTOK_STRING) return false;
    struct sv name = sv_make(start, (size_t)(end - start));
    return at_end(&scan) && (is_ignored(t, name) || set_fact(s, 'c', name, value.text));
}

static bool apply(const struct session_track *t, struct session *s, struct sv sql) {
    struct sqlscan scan = sqlscan_of(sql);
    struct sqltoken verb = sqlscan_next(&scan);
    if (sqltoken_is(&verb, "USE")) return apply_use(s, scan, false);
    if (sqltoken_is(&verb, "SET")) return apply_set(t, s, scan);
    return false;
}

void session_track_begin_change(struct session_track *t, struct sv id) {
    struct session *s = find(t, id);
    if (!s) return;
    if (s->changing) s->tainted = true; /* two at once: their order is the server's secret */
    s->changing++;
}

void session_track_end_change(struct session_track *t, struct sv id, struct sv sql, enum session_outcome outcome) {
    struct session *s = find(t, id);
    if (!s) return;
    if (s->changing) s->changing--;
    s->generation = ++t->generations;
    if (outcome == SESSION_UNCLEAR || (outcome == SESSION_DONE && !apply(t, s, sql))) s->tainted = true;
}

void session_track_taint(struct session_track *t, struct sv id) {
    struct session *s = find(t, id);
    if (s) s->tainted = true;
}
