#include "literal.h"

#include "core/dtime.h"
#include "core/interval.h"

enum { MICRO_DIGITS = 6 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* In a shape 9 is a digit, 8 a digit that may be missing, F a fraction that may be missing, anything else is itself. */
static bool has_shape(struct sv text, const char *shape) {
    size_t i = 0;
    for (; *shape; shape++) {
        bool digit = i < text.len && is_digit(text.ptr[i]);
        if (*shape == '8') {
            i += digit;
        } else if (*shape == '9') {
            if (!digit) return false;
            i++;
        } else if (*shape == 'F') {
            if (i == text.len || text.ptr[i] != '.') continue;
            for (i++; i < text.len && is_digit(text.ptr[i]);) i++;
            if (text.ptr[i - 1] == '.') return false;
        } else if (i == text.len || text.ptr[i++] != *shape) {
            return false;
        }
    }
    return i == text.len;
}

static enum rc read(struct sv text, const char *shape, const char *form, size_t at, struct dtime *out, struct err *e) {
    struct dtime_text t;
    if (!has_shape(text, shape))
        return err_set(e, ERR_DATETIME_FORMAT, "'" SV_FMT "' at character %zu is not of the form %s", SV_ARG(text), at,
                       form);
    enum dtime_form is = dtime_parse(text, &t);
    if (is == DTIME_BAD || (is != DTIME_CLOCK && t.t.year < 1))
        return err_set(e, ERR_DATETIME_FIELD, "'" SV_FMT "' at character %zu has a field that is out of range",
                       SV_ARG(text), at);
    *out = t.t;
    out->nanos -= out->nanos % 1000;    /* the warehouse knows microseconds */
    return RC_OK;
}

enum rc literal_date(struct sv text, size_t at, struct buf *out, struct err *e) {
    struct dtime t;
    char digits[DTIME_TEXT_MAX];
    if (read(text, "9999-98-98", "yyyy-mm-dd", at, &t, e)) return RC_ERR;
    return buf_addf(out, e, "DATE'%.*s'", (int)dtime_put_date(digits, &t), digits);
}

enum rc literal_time(struct sv text, size_t at, struct buf *out, struct err *e) {
    struct dtime t;
    char digits[DTIME_TEXT_MAX];
    if (read(text, "98:98:98F", "hh:mm:ss[.f…]", at, &t, e)) return RC_ERR;
    return buf_addf(out, e, "'%.*s'", (int)dtime_put_clock(digits, &t), digits);
}

enum rc literal_stamp(struct sv text, size_t at, struct buf *out, struct err *e) {
    struct dtime t;
    char digits[DTIME_TEXT_MAX];
    if (read(text, "9999-98-98 98:98:98F", "yyyy-mm-dd hh:mm:ss[.f…]", at, &t, e)) return RC_ERR;
    return buf_addf(out, e, "TIMESTAMP'%.*s'", (int)dtime_put_stamp(digits, &t, ' '), digits);
}

static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

enum rc literal_guid(struct sv text, size_t at, struct buf *out, struct err *e) {
    static const char SHAPE[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool ok = text.len == sizeof SHAPE - 1;
    for (size_t i = 0; ok && i < text.len; i++) ok = SHAPE[i] == '-' ? text.ptr[i] == '-' : is_hex(text.ptr[i]);
    if (!ok) return err_set(e, ERR_ESCAPE, "'" SV_FMT "' at character %zu is no GUID: %s", SV_ARG(text), at, SHAPE);
    return buf_addf(out, e, "'" SV_FMT "'", SV_ARG(text));
}

/* Digits, and what stands between them in some interval; what else is a matter of its kind. */
static bool is_safe(struct sv text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.ptr[i]) && !memchr("-+:. ", text.ptr[i], 5)) return false;
    return text.len > 0;
}

enum rc literal_interval(struct sv sign, struct sv text, struct sv kind, size_t at, struct buf *out, struct err *e) {
    struct interval_kind k;
    int32_t months;
    int64_t us;
    if (!interval_kind_parse(kind, &k))
        return err_set(e, ERR_ESCAPE, "\"" SV_FMT "\" behind character %zu is no kind of interval", SV_ARG(kind), at);
    struct sv body = text.len > 0 && text.ptr[0] == '+' ? sv_make(text.ptr + 1, text.len - 1) : text;
    bool ok = is_safe(text) && (interval_kind_is_months(k) ? interval_parse_months(body, k, &months)
                                                           : interval_parse_duration(body, k, &us));
    if (!ok)
        return err_set(e, ERR_DATETIME_FORMAT, "'" SV_FMT "' at character %zu is no interval of " SV_FMT, SV_ARG(text),
                       at, SV_ARG(kind));
    return buf_addf(out, e, "INTERVAL " SV_FMT "'" SV_FMT "' " SV_FMT, SV_ARG(sign), SV_ARG(text), SV_ARG(kind));
}
