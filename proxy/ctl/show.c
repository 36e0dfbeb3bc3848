#include "show.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "words.h"

static double num(const cJSON *obj, const char *key) {
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(obj, key);
    return cJSON_IsNumber(n) ? n->valuedouble : 0;
}

static const char *str(const cJSON *obj, const char *key) {
    const char *s = json_str(obj, key);
    return s ? s : "";
}

static void line(const char *name) { printf("%-14s", name); }

/* ---- status ---------------------------------------------------------------------------------------------------- */

/* Of what may be kept: stale results are no hits, so that an outage does not look like a good day. */
static double cacheable(const cJSON *totals) {
    return num(totals, "hit") + num(totals, "stale") + num(totals, "joined") + num(totals, "miss");
}

static void show_cache(const cJSON *status) {
    const cJSON *cache = json_obj(status, "cache"), *memory = json_obj(status, "memory");
    line("cache");
    printf("%.0f results, %s of %s\n", num(cache, "entries"), words_bytes(num(cache, "bytes")).text,
           words_bytes(num(memory, "limit")).text);
    line("process");
    printf("%s resident\n", words_bytes(num(memory, "resident")).text);
}

static void show_work(const cJSON *status) {
    const cJSON *f = json_obj(status, "flights");
    line("under way");
    printf("%.0f requests, %.0f statements to join, %.0f waiting\n", num(f, "in_flight"), num(f, "running"),
           num(f, "waiters"));
}

static void show_pools(const cJSON *status) {
    const cJSON *p, *b;
    cJSON_ArrayForEach(p, json_arr(status, "pools")) {
        line("upstream");
        printf("%s: %.0f of %.0f under way, %.0f waiting, %.0f connections\n", str(p, "name"), num(p, "active"),
               num(p, "places"), num(p, "queued"), num(p, "connections"));
    }
    cJSON_ArrayForEach(b, json_arr(status, "breakers")) {
        if (strcmp(str(b, "state"), "closed") == 0) continue;
        line("breaker");
        printf("%s %s: %s\n", str(b, "host"), str(b, "warehouse"), str(b, "state"));
    }
}

static void show_redis(const cJSON *status) {
    const cJSON *r = json_obj(status, "redis");
    line("redis");
    puts(!json_bool(r, "configured", false) ? "not used" : json_bool(r, "up", false) ? "answers" : "does not answer");
}

static void show_listeners(const cJSON *state) {
    const cJSON *addr;
    cJSON_ArrayForEach(addr, json_arr(json_obj(state, "listeners"), "clients")) {
        line("listens");
        puts(cJSON_IsString(addr) ? addr->valuestring : "");
    }
}

void show_status(const cJSON *state) {
    const cJSON *status = json_obj(state, "status"), *totals = json_obj(status, "totals");
    const cJSON *saved = json_obj(status, "saved");
    printf("dbxproxyd %s, up %s, %s\n", str(state, "version"), words_time(num(state, "uptime_s")).text,
           json_bool(status, "draining", false) ? "draining" : "ready");
    line("hit rate");
    printf("%s of %.0f cacheable\n", words_percent(num(totals, "hit"), cacheable(totals)).text, cacheable(totals));
    line("saved");
    printf("%s of warehouse time, %.0f starts (estimate)\n", words_time(num(saved, "warehouse_seconds")).text,
           num(saved, "starts_avoided"));
    show_cache(status);
    show_work(status);
    show_pools(status);
    show_redis(status);
    show_listeners(state);
    line("config");
    puts(*str(state, "config") ? str(state, "config") : "command line only");
    line("log level");
    puts(str(state, "loglevel"));
}

/* ---- hit rates ------------------------------------------------------------------------------------------------- */

static void show_rate(const char *name, const cJSON *totals) {
    printf("%-20.20s %9.0f %9.0f %9.0f %9.0f %9.0f %9s\n", name, num(totals, "hit"), num(totals, "joined"),
           num(totals, "stale"), num(totals, "miss"), num(totals, "bypass"),
           words_percent(num(totals, "hit"), cacheable(totals)).text);
}

void show_hit_rates(const cJSON *state) {
    const cJSON *status = json_obj(state, "status"), *t, *b;
    printf("%-20s %9s %9s %9s %9s %9s %9s\n", "TENANT", "HITS", "JOINED", "STALE", "MISSES", "BYPASSED", "HIT RATE");
    cJSON_ArrayForEach(t, json_arr(status, "tenants")) show_rate(str(t, "name"), json_obj(t, "totals"));
    show_rate("all", json_obj(status, "totals"));
    if (cJSON_GetArraySize(json_arr(status, "bypass")) == 0) return;
    printf("\n%-20s %9s  %s\n", "BYPASSED BECAUSE", "TIMES", "");
    cJSON_ArrayForEach(b, json_arr(status, "bypass")) {
        printf("%-20s %9.0f  %s\n", str(b, "reason"), num(b, "n"), str(b, "meaning"));
    }
}

/* ---- top ------------------------------------------------------------------------------------------------------- */

void show_top(const cJSON *answer) {
    const cJSON *t;
    printf("%-16s %-14s %-8s %8s %8s %12s %12s  %s\n", "DIGEST", "TENANT", "CLASS", "RUNS", "HITS", "UPSTREAM",
           "SAVED", "LAST");
    cJSON_ArrayForEach(t, json_arr(answer, "top")) {
        const char *reason = str(t, "reason");
        printf("%-16s %-14.14s %-8s %8.0f %8s %12s %12s  %s%s%s\n", str(t, "digest"), str(t, "tenant"),
               str(t, "class"), num(t, "count"), words_percent(num(t, "hits"), num(t, "hits") + num(t, "misses")).text,
               words_time(num(t, "upstream_s")).text, words_time(num(t, "saved_s")).text, str(t, "outcome"),
               *reason ? ": " : "", reason);
        if (*str(t, "sql")) printf("                 %s\n", str(t, "sql"));
    }
}

/* ---- explain --------------------------------------------------------------------------------------------------- */

static void show_value(const cJSON *v) {
    const cJSON *item;
    bool first = true;
    if (cJSON_IsString(v)) fputs(v->valuestring, stdout);
    else if (cJSON_IsBool(v)) fputs(cJSON_IsTrue(v) ? "yes" : "no", stdout);
    else if (cJSON_IsNumber(v)) printf(v->valuedouble == (double)(int64_t)v->valuedouble ? "%.0f" : "%.3f", v->valuedouble);
    else if (cJSON_IsArray(v)) {
        cJSON_ArrayForEach(item, v) {
            if (!first) fputs(", ", stdout);
            first = false;
            show_value(item);
        }
        if (first) fputs("none", stdout);
    } else fputs("-", stdout);
}

static void show_members(const cJSON *obj, const char *prefix) {
    const cJSON *v;
    cJSON_ArrayForEach(v, obj) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, v->string);
        for (char *c = name; *c; c++)
            if (*c == '_') *c = ' ';
        if (cJSON_IsObject(v)) {
            strncat(name, " ", sizeof name - strlen(name) - 1);
            show_members(v, name);
            continue;
        }
        printf("%-20s ", name);
        show_value(v);
        putchar('\n');
    }
}

void show_explain(const cJSON *answer) { show_members(answer, ""); }
