#include "range.h"

#include "core/sv.h"

static const struct range NOTHING = {RANGE_NONE, 0, 0};

static struct range part(size_t from, size_t last, size_t total) {
    if (from >= total) return NOTHING;
    if (last >= total) last = total - 1;
    return (struct range){RANGE_PART, from, last - from + 1};
}

/* Digits only, or nothing at all. */
static bool read_number(struct sv text, bool *given, size_t *out) {
    long long n = 0;
    *given = text.len > 0;
    if (*given && (text.ptr[0] < '0' || text.ptr[0] > '9' || !sv_to_i64(text, &n))) return false;
    *out = (size_t)n;
    return true;
}

struct range range_parse(const char *header, size_t total) {
    const struct range all = {RANGE_ALL, 0, total};
    struct sv unit, spec, first, last;
    bool has_first, has_last;
    size_t from = 0, to = 0;
    if (!header || !sv_cut(sv_of(header), '=', &unit, &spec) || !sv_ieq(sv_trim(unit), SV_LIT("bytes"))) return all;
    if (!sv_cut(spec, '-', &first, &last)) return all;
    if (!read_number(sv_trim(first), &has_first, &from) || !read_number(sv_trim(last), &has_last, &to)) return all;
    if (has_first && has_last && to < from) return all;
    if (has_first) return part(from, has_last ? to : total, total);
    if (!has_last) return all;
    return to == 0 || total == 0 ? NOTHING : part(to < total ? total - to : 0, total, total);
}
