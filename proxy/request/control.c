#include "control.h"

#include <string.h>

#include "core/sqlscan.h"
#include "proxy/config/config.h"

struct control control_none(void) { return (struct control){.max_age_ms = INT64_MAX, .ttl_ms = INT64_MAX}; }

static void tighten(int64_t *limit, int64_t wish) {
    if (wish < *limit) *limit = wish;
}

static bool read_duration(struct sv text, int64_t *ms_r) {
    char copy[32];
    if (text.len == 0 || text.len >= sizeof copy) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return config_parse_duration(copy, ms_r);
}

static bool read_own_word(struct control *c, struct sv name, struct sv value) {
    int64_t ms;
    if (sv_ieq(name, SV_LIT("nocache"))) c->no_lookup = c->no_store = true;
    else if (sv_ieq(name, SV_LIT("refresh"))) c->no_lookup = true;
    else if (sv_ieq(name, SV_LIT("only-if-cached"))) c->only_if_cached = true;
    else if (sv_ieq(name, SV_LIT("ttl")) && read_duration(value, &ms))
        tighten(&c->ttl_ms, ms), tighten(&c->max_age_ms, ms);
    else
        return sv_ieq(name, SV_LIT("max-stale")) ||
               sv_ieq(name, SV_LIT("tag")); /* nothing stale is served; tags come later */
    return true;
}

static bool read_http_word(struct control *c, struct sv name, struct sv value) {
    int64_t ms;
    bool timed = sv_ieq(name, SV_LIT("max-age")) || sv_ieq(name, SV_LIT("min-fresh"));
    if (timed && !read_duration(value, &ms)) return false;
    if (sv_ieq(name, SV_LIT("no-store"))) c->no_lookup = c->no_store = true;
    else if (sv_ieq(name, SV_LIT("no-cache"))) c->no_lookup = true;
    else if (sv_ieq(name, SV_LIT("only-if-cached"))) c->only_if_cached = true;
    else if (sv_ieq(name, SV_LIT("max-age"))) tighten(&c->max_age_ms, ms);
    else if (sv_ieq(name, SV_LIT("min-fresh"))) c->min_fresh_ms = ms > c->min_fresh_ms ? ms : c->min_fresh_ms;
    else return sv_ieq(name, SV_LIT("max-stale")) || sv_ieq(name, SV_LIT("no-transform"));
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
