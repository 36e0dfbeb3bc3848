#include "interval.h"

#include "num.h"

static const char *const FIELD_NAMES[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
static const int64_t FIELD_SIZE[] = {12, 1, INT64_C(86400000000), INT64_C(3600000000), 60000000, 1000000};

/* ---- kinds ----------------------------------------------------------------------------------------------------- */

static struct sv next_word(struct sv *rest) {
    struct sv word = *rest = sv_trim(*rest);
    size_t n = 0;
    while (n < word.len && word.ptr[n] != ' ' && word.ptr[n] != '\t') n++;
    *rest = sv_make(word.ptr + n, word.len - n);
    return sv_make(word.ptr, n);
}

/* "SECONDS" is accepted for "SECOND". */
static bool field_parse(struct sv word, enum interval_field *out) {
    for (int f = INTERVAL_YEAR; f <= INTERVAL_SECOND; f++) {
        struct sv name = sv_of(FIELD_NAMES[f]);
        bool plural = word.len == name.len + 1 && (word.ptr[name.len] | 32) == 's';
        if (!sv_ieq(plural ? sv_make(word.ptr, name.len) : word, name)) continue;
        *out = (enum interval_field)f;
        return true;
    }
    return false;
}

bool interval_kind_parse(struct sv words, struct interval_kind *out) {
    struct sv rest = words;
    if (!field_parse(next_word(&rest), &out->first)) return false;
    out->last = out->first;
    struct sv word = next_word(&rest);
    if (word.len == 0) return true;
    if (!sv_ieq(word, SV_LIT("TO")) || !field_parse(next_word(&rest), &out->last)) return false;
    return sv_trim(rest).len == 0 && out->first < out->last &&
           (out->first <= INTERVAL_MONTH) == (out->last <= INTERVAL_MONTH);
}

/* ---- printing -------------------------------------------------------------------------------------------------- */

size_t interval_put_months(char *out, int32_t months) {
    uint32_t v = months < 0 ? 0 - (uint32_t)months : (uint32_t)months;
    size_t at = 0;
    if (months < 0) out[at++] = '-';
    at += num_put_u64(out + at, v / 12);
    out[at++] = '-';
    return at + num_put_u64(out + at, v % 12);
}

static char *put_padded(char *p, uint32_t v, int digits) {
    for (int i = digits; i--; v /= 10) p[i] = (char)('0' + v % 10);
    return p + digits;
}

size_t interval_put_duration(char *out, int64_t us) {
    uint64_t v = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    uint32_t s = (uint32_t)(v / 1000000 % 86400);
    char *p = out;
    if (us < 0) *p++ = '-';
    p += num_put_u64(p, v / 1000000 / 86400);
    *p++ = ' ';
    p = put_padded(p, s / 3600, 2);
    *p++ = ':';
    p = put_padded(p, s / 60 % 60, 2);
    *p++ = ':';
    p = put_padded(p, s % 60, 2);
    *p++ = '.';
    return (size_t)(put_padded(p, (uint32_t)(v % 1000000) * 1000, 9) - out);
}

int64_t interval_field_size(enum interval_field f) { return FIELD_SIZE[f]; }
const char *interval_field_name(enum interval_field f) { return FIELD_NAMES[f]; }

static char *put_fraction(char *p, uint32_t us) {
    if (us == 0) return p;
    *p++ = '.';
    for (uint32_t unit = 100000; us; us %= unit, unit /= 10) *p++ = (char)('0' + us / unit);
    return p;
}

size_t interval_put_fields(char *out, struct interval_kind kind, int64_t amount) {
    static const char BEFORE[] = {0, '-', 0, ' ', ':', ':'};
    uint64_t rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    char *p = out;
    if (amount < 0) *p++ = '-';
    for (int f = (int)kind.first; f <= (int)kind.last; f++) {
        uint64_t size = (uint64_t)FIELD_SIZE[f], v = rest / size;
        rest %= size;
        if (f > (int)kind.first) *p++ = BEFORE[f];
        if (f == (int)kind.first || f == INTERVAL_MONTH) p += num_put_u64(p, v);
        else p = put_padded(p, (uint32_t)v, 2);
    }
    if (kind.last == INTERVAL_SECOND) p = put_fraction(p, (uint32_t)rest);
    return (size_t)(p - out);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct reader { const char *p, *end; };

static bool eat(struct reader *r, char c) {
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

static bool eat_number(struct reader *r, int64_t *out) {
    const char *first = r->p;
    int64_t v = 0;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *r->p - '0', &v)) return false;
    *out = v;
    return r->p > first;
}

/* Digits after the point of seconds; more than six must be zeros, since nothing finer exists. */
static bool eat_micros(struct reader *r, int64_t *us) {
    int n = 0;
    for (int64_t unit = 100000; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++, n++, unit /= 10) {
        if (unit == 0 && *r->p != '0') return false;
        *us += (*r->p - '0') * unit;
    }
    return n > 0;
}

/* INTERVAL [-]'body' KIND → sign, body and kind; a bare body is left as it is. */
static bool unwrap(struct sv *text, struct interval_kind *kind, bool *negative) {
    static const struct sv WORD = {"INTERVAL", 8};
    struct sv t = sv_trim(*text), body, tail;
    *negative = false;
    if (sv_istarts(t, WORD)) {
        t = sv_trim(sv_make(t.ptr + WORD.len, t.len - WORD.len));
        if (t.len && (t.ptr[0] == '-' || t.ptr[0] == '+')) {
            *negative = t.ptr[0] == '-';
            t = sv_trim(sv_make(t.ptr + 1, t.len - 1));
        }
        if (t.len == 0 || t.ptr[0] != '\'') return false;
        if (!sv_cut(sv_make(t.ptr + 1, t.len - 1), '\'', &body, &tail)) return false;
        if (!interval_kind_parse(tail, kind)) return false;
        t = sv_trim(body);
    }
    if (t.len && (t.ptr[0] == '-' || t.ptr[0] == '+')) {
        *negative ^= t.ptr[0] == '-';
        t = sv_make(t.ptr + 1, t.len - 1);
    }
    *text = t;
    return t.len > 0;
}

bool interval_parse_months(struct sv text, struct interval_kind kind, int32_t *months_r) {
    bool negative;
    int64_t first, months = 0, total;
    if (!unwrap(&text, &kind, &negative) || !interval_kind_is_months(kind)) return false;
    struct reader r = {text.ptr, text.ptr + text.len};
    if (!eat_number(&r, &first)) return false;
    bool years = eat(&r, '-') || (r.p == r.end && kind.last == INTERVAL_YEAR);
    if (r.p < r.end && (!eat_number(&r, &months) || months > 11 || r.p < r.end)) return false;
    if (text.ptr[text.len - 1] == '-' || first > INT32_MAX) return false;
    total = (years ? first * 12 : first) + months;
    if (total > (int64_t)INT32_MAX + negative) return false;
    *months_r = (int32_t)(negative ? -total : total);
    return true;
}

/* Numbers divided by a blank and colons: the leading one may be of any size, the others have their usual limits. */
struct clock_parts { int64_t v[4]; int n; bool has_days; int64_t us; };

static bool eat_parts(struct reader *r, struct clock_parts *c) {
    do {
        if (c->n == 4 || !eat_number(r, &c->v[c->n++])) return false;
        if (c->n == 1 && eat(r, ' ')) c->has_days = true;
        else if (!eat(r, ':')) break;
    } while (true);
    if (eat(r, '.') && !eat_micros(r, &c->us)) return false;
    return r->p == r->end;
}

/* Which field the first number is: days when a blank (and only a blank) followed it; with a fraction or three numbers
 * the last is seconds; else the kind decides. */
static enum interval_field first_field(const struct clock_parts *c, struct interval_kind kind, bool fraction) {
    if (c->has_days) return INTERVAL_DAY;
    if (c->n >= 3 || fraction) return (enum interval_field)(INTERVAL_SECOND - (c->n - 1));
    return (enum interval_field)(kind.last - (c->n - 1));
}

bool interval_parse_duration(struct sv text, struct interval_kind kind, int64_t *us_r) {
    static const int64_t LIMITS[] = {0, 0, 0, 24, 60, 60};
    struct clock_parts c = {{0}, 0, false, 0};
    bool negative;
    if (!unwrap(&text, &kind, &negative) || interval_kind_is_months(kind)) return false;
    struct reader r = {text.ptr, text.ptr + text.len};
    if (!eat_parts(&r, &c)) return false;
    bool fraction = memchr(text.ptr, '.', text.len) != NULL;
    int first = (int)first_field(&c, kind, fraction);
    if (first < (c.has_days ? INTERVAL_DAY : INTERVAL_DAY + (c.n > 1)) ||
        first + c.n - 1 > INTERVAL_SECOND) return false;
    if (fraction && first + c.n - 1 != INTERVAL_SECOND) return false;
    int64_t total = -c.us;      /* built downwards, since there is one more negative value than positive */
    for (int i = 0; i < c.n; i++) {
        int64_t part;
        if (i && c.v[i] >= LIMITS[first + i]) return false;
        if (__builtin_mul_overflow(c.v[i], FIELD_SIZE[first + i], &part) ||
            __builtin_sub_overflow(total, part, &total)) return false;
    }
    if (!negative && total == INT64_MIN) return false;
    *us_r = negative ? total : -total;
    return true;
}
