#include "control.h"

#include <string.h>

#include "core/sqlscan.h"
#include "proxy/config/config.h"

struct control control_none(void) {
    return (struct control){.max_age_ms = INT64_MAX, .ttl_ms = INT64_MAX, .max_stale_ms = CONTROL_NO_WISH};
}

static void tighten(int64_t *limit, int64_t wish) {
    if (wish < *limit) *limit = wish;
}

static void wish_stale(struct control *c, int64_t ms) {
    if (c->max_stale_ms == CONTROL_NO_WISH || ms < c->max_stale_ms) c->max_stale_ms = ms;
}

static bool read_duration(struct sv text, int64_t *ms_r) {
    char copy[32];
    if (text.len == 0 || text.len >= sizeof copy) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return config_parse_duration(copy, ms_r);
}

/* RFC 9111, 1.2.2: digits alone, and more than can be counted is simply very long. */
static bool read_seconds(struct sv text, int64_t *ms_r) {
    long long seconds;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    if (text.len == 0) return false;
    bool fits = sv_to_i64(text, &seconds) && seconds < INT64_MAX / 1000;
    *ms_r = fits ? (int64_t)seconds * 1000 : INT64_MAX;
    return true;
}

static bool is_tag(struct sv v) {
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-' && c != '.' && c != ':') return false;
    }
    return v.len > 0 && v.len <= 64;
}

static bool read_tag(struct control *c, struct sv value) {
    if (!is_tag(value)) return false;
    for (int i = 0; i < c->n_tags; i++)
        if (sv_eq(c->tags[i], value)) return true;
    if (c->n_tags == CONTROL_MAX_TAGS) return false;
    c->tags[c->n_tags++] = value;
    return true;
}

static bool read_own_word(struct control *c, struct sv name, struct sv value) {
    int64_t ms;
    if (sv_ieq(name, SV_LIT("tag"))) return read_tag(c, value);
    if (sv_ieq(name, SV_LIT("ttl"))) {
        if (!read_duration(value, &ms)) return false;
        tighten(&c->ttl_ms, ms);
        tighten(&c->max_age_ms, ms);
    } else if (sv_ieq(name, SV_LIT("max-stale"))) {
        if (!read_duration(value, &ms)) return false;
        wish_stale(c, ms);
    } else if (value.ptr) {
        return false;
    } else if (sv_ieq(name, SV_LIT("nocache"))) {
        c->no_lookup = c->no_store = true;
    } else if (sv_ieq(name, SV_LIT("refresh"))) {
        c->no_lookup = true;
    } else if (sv_ieq(name, SV_LIT("only-if-cached"))) {
        c->only_if_cached = true;
    } else {
        return false;
    }
    return true;
}

static bool read_timed_http_word(struct control *c, struct sv name, struct sv value) {
    int64_t ms = INT64_MAX; /* max-stale without a value: however stale */
    bool max_stale = sv_ieq(name, SV_LIT("max-stale"));
    if (!(max_stale && !value.ptr) && !read_seconds(value, &ms)) return false;
    if (max_stale) wish_stale(c, ms);
    else if (sv_ieq(name, SV_LIT("max-age"))) tighten(&c->max_age_ms, ms);
    else if (sv_ieq(name, SV_LIT("min-fresh"))) c->min_fresh_ms = ms > c->min_fresh_ms ? ms : c->min_fresh_ms;
    else return false;
    return true;
}

static bool read_http_word(struct control *c, struct sv name, struct sv value) {
    if (sv_ieq(name, SV_LIT("no-store"))) c->no_lookup = c->no_store = true;
    else if (sv_ieq(name, SV_LIT("no-cache"))) c->no_lookup = true;
    else if (sv_ieq(name, SV_LIT("only-if-cached"))) c->only_if_cached = true;
    else if (sv_ieq(name, SV_LIT("no-transform"))) return true;
    else return read_timed_http_word(c, name, value);
    return true;
}

static bool is_separator(char ch) {
    return ch == ',' || ch == '|' || ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static void read_list(struct control *c, struct sv text, bool (*read)(struct control *, struct sv, struct sv)) {
    size_t i = 0;
    while (i < text.len) {
        size_t start = i;
        while (i < text.len && !is_separator(text.ptr[i])) i++;
        struct sv word = sv_make(text.ptr + start, i - start), name = word, value = SV_NULL;
        sv_cut(word, '=', &name, &value);
        if (word.len && !read(c, name, value)) c->ignored++;
        i++;
    }
}

void control_read_words(struct control *c, struct sv text) { read_list(c, text, read_own_word); }

void control_read_cache_control(struct control *c, struct sv text) { read_list(c, text, read_http_word); }

void control_read_comment(struct control *c, struct sv sql) {
    static const char PREFIX[] = "dbxproxy:";
    struct sv text = sv_trim(sqlscan_leading_comment(sql));
    if (!sv_istarts(text, SV_LIT(PREFIX))) return;
    control_read_words(c, sv_make(text.ptr + strlen(PREFIX), text.len - strlen(PREFIX)));
}

int64_t control_ttl(const struct control *c, int64_t ttl_ms) {
    if (c->ttl_ms == INT64_MAX) return ttl_ms;
    return c->may_extend || c->ttl_ms < ttl_ms ? c->ttl_ms : ttl_ms;
}

int64_t control_stale(const struct control *c, int64_t window_ms) {
    if (c->no_lookup) return 0;
    if (c->max_stale_ms == CONTROL_NO_WISH) return window_ms;
    return c->may_extend || c->max_stale_ms < window_ms ? c->max_stale_ms : window_ms;
}
