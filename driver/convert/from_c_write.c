/* Parameters: values as text of their SQL type. The outcomes are those of the manual's tables "C to SQL". */
#include <math.h>

#include "core/num.h"
#include "core/utf.h"
#include "from_c_priv.h"
#include "kernel.h"

static enum conv_issue put_copy(struct from_job *j, const char *text, size_t len) {
    char *copy = arena_dup(j->arena, sv_make(text, len));
    if (!copy) return CONV_NOMEM;
    j->out->value = sv_make(copy, len);
    return CONV_OK;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

/* Digits lost from text are 22001; those of a number are dropped behind the point and 22003 before it. */
static enum conv_issue too_large(const struct from_value *v) {
    return v->kind == FROM_TEXT ? CONV_STRING_CUT : CONV_RANGE;
}

static enum conv_issue cut_issue(const struct from_value *v, bool cut) {
    return cut && v->kind == FROM_TEXT ? CONV_STRING_CUT : CONV_OK;
}

static enum conv_issue number_of_real(const struct from_value *v, struct dec_number *out) {
    if (!isfinite(v->real)) return CONV_RANGE;
    struct num_decimal d = v->is_single ? num_shortest_f32((float)v->real) : num_shortest_f64(v->real);
    *out = (struct dec_number){d.negative, d.digits, d.exponent, false};
    return CONV_OK;
}

/* "exact numeric from an interval of a single field" */
static enum conv_issue number_of_interval(const struct from_value *v, struct dec_number *out) {
    if (v->fields.first != v->fields.last) return CONV_RESTRICTED;
    bool seconds = v->fields.last == INTERVAL_SECOND;
    int64_t n = seconds ? v->amount : v->amount / interval_field_size(v->fields.last);
    *out = (struct dec_number){n < 0, dec_abs(n), seconds ? -6 : 0, false};
    return CONV_OK;
}

static enum conv_issue number_of(const struct from_value *v, struct dec_number *out) {
    switch (v->kind) {
    case FROM_TEXT: return dec_scan(sv_trim(v->bytes), out) ? CONV_OK : CONV_INVALID;
    case FROM_NUMBER: *out = v->number; return CONV_OK;
    case FROM_FLOAT: return number_of_real(v, out);
    case FROM_INTERVAL: return number_of_interval(v, out);
    default: return CONV_RESTRICTED;
    }
}

static enum conv_issue put_decimal_text(struct from_job *j, bool negative, dec_uint digits, int scale) {
    char text[DEC_TEXT_MAX];
    dec_int v = (dec_int)digits;
    return put_copy(j, text, dec_put(text, negative ? -v : v, scale, NULL));
}

enum conv_issue from_put_int(struct from_job *j, const struct from_value *v) {
    int bits = (int)conv_c_size(j->sql->c_type) * 8 - 1;
    struct dec_number n;
    dec_uint whole;
    bool cut = false;
    enum conv_issue issue = number_of(v, &n);
    if (issue != CONV_OK) return issue;
    if (!dec_at_scale(&n, 0, &whole, &cut)) return too_large(v);
    if (whole > ((dec_uint)1 << bits) - !n.negative) return too_large(v);
    issue = cut_issue(v, cut);
    return issue == CONV_OK ? put_decimal_text(j, n.negative, whole, 0) : issue;
}

enum conv_issue from_put_bit(struct from_job *j, const struct from_value *v) {
    struct dec_number n;
    dec_uint whole;
    bool cut = false;
    if (v->kind == FROM_INTERVAL) return CONV_RESTRICTED;
    enum conv_issue issue = number_of(v, &n);
    if (issue != CONV_OK) return issue;
    if (!dec_at_scale(&n, 0, &whole, &cut) || whole > 1 || (n.negative && (whole || cut))) return CONV_RANGE;
    if (cut) return CONV_STRING_CUT;
    return whole ? put_copy(j, "true", 4) : put_copy(j, "false", 5);
}

/* Decimals that the value has and the parameter takes. */
static int decimal_scale(const struct from_c_in *in, struct dec_number *n) {
    if (n->digits == 0 && n->exponent > 0) n->exponent = 0;
    while (n->digits && n->digits % 10 == 0 && n->exponent < -DEC_MAX_DIGITS) {
        n->digits /= 10;
        n->exponent++;
    }
    int scale = n->exponent < -DEC_MAX_DIGITS ? DEC_MAX_DIGITS : n->exponent < 0 ? -n->exponent : 0;
    return in->column_size && in->digits >= 0 && in->digits < scale ? in->digits : scale;
}

/* Whole digits that a DECIMAL(column size, digits) has room for. */
static int decimal_room(const struct from_c_in *in) {
    int precision = in->column_size && in->column_size < DEC_MAX_DIGITS ? (int)in->column_size : DEC_MAX_DIGITS;
    int digits = in->column_size && in->digits > 0 ? in->digits : 0;
    return digits < precision ? precision - digits : 0;
}

enum conv_issue from_put_decimal(struct from_job *j, const struct from_value *v) {
    struct dec_number n;
    dec_uint u;
    bool cut = false;
    enum conv_issue issue = number_of(v, &n);
    if (issue != CONV_OK) return issue;
    int scale = decimal_scale(j->in, &n);
    if (!dec_at_scale(&n, scale, &u, &cut)) return too_large(v);
    dec_uint whole = u / dec_pow10(scale);
    int total = dec_digits(u);
    if (total > DEC_MAX_DIGITS || (whole && dec_digits(whole) > decimal_room(j->in))) return too_large(v);
    issue = cut_issue(v, cut);
    if (issue != CONV_OK) return issue;
    char p[NUM_TEXT_MAX], s[NUM_TEXT_MAX];
    size_t p_len = num_put_u64(p, (uint64_t)(total > scale ? total : scale)), s_len = num_put_u64(s, (uint64_t)scale);
    struct sv type, pieces[] = {SV_LIT("DECIMAL("), sv_make(p, p_len), SV_LIT(","), sv_make(s, s_len), SV_LIT(")")};
    issue = from_join(j->arena, pieces, 5, &type);
    if (issue != CONV_OK) return issue;
    j->out->type = type.ptr;
    return put_decimal_text(j, n.negative, u, scale);
}

/* ---- floating point ---------------------------------------------------------------------------------------------- */

static enum conv_issue number_text(const struct from_value *v, char out[DEC_TEXT_MAX], size_t *len_r) {
    const struct dec_number *n = &v->number;
    *len_r = dec_put(out, n->negative ? -(dec_int)n->digits : (dec_int)n->digits, -n->exponent, NULL);
    return CONV_OK;
}

/* Plain number or one of the server's words (NaN, Infinity). */
static enum conv_issue parse_double(struct sv text, double *out) {
    bool overflow = false;
    if (num_parse_f64(text, out, &overflow)) return overflow ? CONV_RANGE : CONV_OK;
    return num_parse_f64_word(text, out) ? CONV_OK : CONV_INVALID;
}

static enum conv_issue parse_single(struct sv text, float *out) {
    bool overflow = false;
    double word;
    if (num_parse_f32(text, out, &overflow)) return overflow ? CONV_RANGE : CONV_OK;
    if (!num_parse_f64_word(text, &word)) return CONV_INVALID;
    *out = (float)word;
    return CONV_OK;
}

/* Text and exact numbers by way of their digits, so that they are rounded once. */
static enum conv_issue float_source(const struct from_value *v, char digits[DEC_TEXT_MAX], struct sv *text) {
    size_t len;
    *text = sv_trim(v->bytes);
    if (v->kind == FROM_TEXT) return CONV_OK;
    if (v->kind != FROM_NUMBER) return CONV_RESTRICTED;
    number_text(v, digits, &len);
    *text = sv_make(digits, len);
    return CONV_OK;
}

enum conv_issue from_put_double(struct from_job *j, const struct from_value *v) {
    char digits[DEC_TEXT_MAX], out[NUM_TEXT_MAX];
    struct sv text;
    double x = v->real;
    if (v->kind != FROM_FLOAT) {
        enum conv_issue issue = float_source(v, digits, &text);
        if (issue == CONV_OK) issue = parse_double(text, &x);
        if (issue != CONV_OK) return issue;
    }
    return put_copy(j, out, num_put_f64(out, x));
}

enum conv_issue from_put_real(struct from_job *j, const struct from_value *v) {
    char digits[DEC_TEXT_MAX], out[NUM_TEXT_MAX];
    struct sv text;
    float x = (float)v->real;
    if (v->kind != FROM_FLOAT) {
        enum conv_issue issue = float_source(v, digits, &text);
        if (issue == CONV_OK) issue = parse_single(text, &x);
        if (issue != CONV_OK) return issue;
    } else if (isinf(x) && !isinf(v->real)) {
        return CONV_RANGE;
    }
    return put_copy(j, out, num_put_f32(out, x));
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* A value as text. For bytes, the value itself is not copied here. */
static enum conv_issue render(const struct from_value *v, char out[DEC_TEXT_MAX], size_t *len_r) {
    switch (v->kind) {
    case FROM_NUMBER: return number_text(v, out, len_r);
    case FROM_FLOAT: *len_r = v->is_single ? num_put_f32(out, (float)v->real) : num_put_f64(out, v->real); break;
    case FROM_GUID: memcpy(out, v->guid, *len_r = sizeof v->guid); break;
    case FROM_INTERVAL: *len_r = interval_put_fields(out, v->fields, v->amount); break;
    default:
        if (!v->date_ok || !v->clock_ok) return CONV_OVERFLOW;
        *len_r = v->kind == FROM_DATE ? dtime_put_date(out, &v->t)
               : v->kind == FROM_TIME ? dtime_put_clock(out, &v->t) : dtime_put_stamp(out, &v->t, ' ');
    }
    return CONV_OK;
}

enum conv_issue from_put_text(struct from_job *j, const struct from_value *v) {
    char text[DEC_TEXT_MAX];
    struct sv s = v->bytes;
    if (v->kind != FROM_TEXT && v->kind != FROM_BYTES) {
        size_t len = 0;
        enum conv_issue issue = render(v, text, &len);
        if (issue != CONV_OK) return issue;
        s = sv_make(text, len);
    } else if (v->kind == FROM_BYTES && !utf8_is_valid(s.ptr, s.len)) {
        return CONV_INVALID;
    }
    if (j->in->column_size && utf8_chars(s.ptr, s.len) > j->in->column_size) return CONV_STRING_CUT;
    return put_copy(j, s.ptr, s.len);
}

/* ---- dates and times --------------------------------------------------------------------------------------------- */

/* {d '…'}, {t '…'} and {ts '…'} are literals, too. */
static struct sv unbraced(struct sv text) {
    static const char *const WORDS[] = {"ts", "d", "t"};
    struct sv t = sv_trim(text);
    if (t.len < 2 || t.ptr[0] != '{' || t.ptr[t.len - 1] != '}') return t;
    struct sv in = sv_trim(sv_make(t.ptr + 1, t.len - 2));
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        struct sv word = sv_of(WORDS[i]), rest;
        if (!sv_istarts(in, word)) continue;
        rest = sv_trim(sv_make(in.ptr + word.len, in.len - word.len));
        if (rest.len >= 2 && rest.ptr[0] == '\'' && rest.ptr[rest.len - 1] == '\'')
            return sv_make(rest.ptr + 1, rest.len - 2);
    }
    return t;
}

struct moment { enum dtime_form form; struct dtime t; bool cut; };

static bool is_zero_clock(const struct moment *m) {
    return !m->t.hour && !m->t.minute && !m->t.second && !m->t.nanos && !m->cut;
}

static enum conv_issue moment_of_text(struct sv text, struct moment *out) {
    struct dtime_text t;
    *out = (struct moment){dtime_parse(unbraced(text), &t), t.t, t.cut};
    if (out->form == DTIME_BAD || t.has_offset) return CONV_INVALID;
    if (out->form != DTIME_CLOCK && (t.t.year < 1 || t.t.year > 9999)) return CONV_OVERFLOW;
    return CONV_OK;
}

/* Which halves the target needs: those must be right. */
static enum conv_issue moment_of(const struct from_value *v, bool needs_date, bool needs_clock, struct moment *out) {
    switch (v->kind) {
    case FROM_TEXT: return moment_of_text(v->bytes, out);
    case FROM_DATE: *out = (struct moment){DTIME_DATE, v->t, false}; break;
    case FROM_TIME: *out = (struct moment){DTIME_CLOCK, v->t, false}; break;
    case FROM_STAMP: *out = (struct moment){DTIME_STAMP, v->t, false}; break;
    default: return CONV_RESTRICTED;
    }
    return (needs_date && !v->date_ok) || (needs_clock && !v->clock_ok) ? CONV_DATETIME : CONV_OK;
}

/* What the text or the structure cannot be: as a character value not a literal, as a C type no conversion. */
static enum conv_issue wrong_form(const struct from_value *v) {
    return v->kind == FROM_TEXT ? CONV_INVALID : CONV_RESTRICTED;
}

enum conv_issue from_put_date(struct from_job *j, const struct from_value *v) {
    char text[DTIME_TEXT_MAX];
    struct moment m;
    enum conv_issue issue = v->kind == FROM_TIME ? CONV_RESTRICTED : moment_of(v, true, true, &m);
    if (issue != CONV_OK) return issue;
    if (m.form == DTIME_CLOCK) return wrong_form(v);
    if (!is_zero_clock(&m)) return CONV_OVERFLOW;
    return put_copy(j, text, dtime_put_date(text, &m.t));
}

/* "The date fields of the timestamp structure are ignored." */
enum conv_issue from_put_time(struct from_job *j, const struct from_value *v) {
    char text[DTIME_TEXT_MAX];
    struct moment m;
    enum conv_issue issue = v->kind == FROM_DATE ? CONV_RESTRICTED : moment_of(v, false, true, &m);
    if (issue != CONV_OK) return issue;
    if (m.form == DTIME_DATE) return wrong_form(v);
    if (m.t.nanos || m.cut) return CONV_OVERFLOW;
    return put_copy(j, text, dtime_put_clock(text, &m.t));
}

/* "The date portion of the timestamp is set to the current date": the session's, which the server knows. */
static enum conv_issue put_today(struct from_job *j, struct sv clock) {
    struct sv pieces[] = {SV_LIT("CAST(concat(CAST(current_date() AS STRING), ' "), clock, SV_LIT("') AS TIMESTAMP)")};
    return from_join(j->arena, pieces, 3, &j->out->expression);
}

/* The server keeps microseconds. */
enum conv_issue from_put_stamp(struct from_job *j, const struct from_value *v) {
    char text[DTIME_TEXT_MAX];
    struct moment m;
    enum conv_issue issue = moment_of(v, true, true, &m);
    if (issue != CONV_OK) return issue;
    if (m.cut || m.t.nanos % 1000) return CONV_OVERFLOW;
    if (m.form == DTIME_CLOCK) return put_today(j, sv_make(text, dtime_put_clock(text, &m.t)));
    return put_copy(j, text, dtime_put_stamp(text, &m.t, ' '));
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static int hex_digit(char ch) {
    if (ch >= '0' && ch <= '9') return ch - '0';
    return (ch | 32) >= 'a' && (ch | 32) <= 'f' ? (ch | 32) - 'a' + 10 : -1;
}

static bool is_hex(struct sv text) {
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit(text.ptr[i]) < 0) return false;
    return text.len % 2 == 0;
}

static enum conv_issue put_hex(struct from_job *j, struct sv bytes) {
    static const char HEX[] = "0123456789ABCDEF";
    char *p = bytes.len < INT32_MAX / 2 ? arena_alloc(j->arena, bytes.len * 2 + 4) : NULL;
    if (!p) return CONV_NOMEM;
    j->out->expression = sv_make(p, bytes.len * 2 + 3);
    *p++ = 'X';
    *p++ = '\'';
    for (size_t i = 0; i < bytes.len; i++) {
        *p++ = HEX[(unsigned char)bytes.ptr[i] >> 4];
        *p++ = HEX[(unsigned char)bytes.ptr[i] & 15];
    }
    *p = '\'';
    return CONV_OK;
}

/* "Every two characters are one byte of binary data." */
enum conv_issue from_put_binary(struct from_job *j, const struct from_value *v) {
    SQLULEN max = j->in->column_size;
    if (v->kind == FROM_BYTES) return max && v->bytes.len > max ? CONV_STRING_CUT : put_hex(j, v->bytes);
    if (v->kind != FROM_TEXT) return CONV_RESTRICTED;
    if (!is_hex(v->bytes)) return CONV_INVALID;
    if (max && v->bytes.len / 2 > max) return CONV_STRING_CUT;
    struct sv pieces[] = {SV_LIT("X'"), v->bytes, SV_LIT("'")};
    return from_join(j->arena, pieces, 3, &j->out->expression);
}

enum conv_issue from_put_guid(struct from_job *j, const struct from_value *v) {
    struct sv t = sv_trim(v->bytes);
    if (v->kind == FROM_GUID) return put_copy(j, v->guid, sizeof v->guid);
    if (v->kind != FROM_TEXT) return CONV_RESTRICTED;
    if (t.len == 38 && t.ptr[0] == '{' && t.ptr[37] == '}') t = sv_make(t.ptr + 1, 36);
    if (t.len != 36) return CONV_INVALID;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? t.ptr[i] != '-' : hex_digit(t.ptr[i]) < 0) return CONV_INVALID;
    }
    return put_copy(j, t.ptr, t.len);
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

/* Exact numbers only, of a single field; a second's fraction may be behind the point. */
static enum conv_issue amount_of_number(const struct dec_number *n, struct interval_kind to, int64_t *out) {
    bool cut = false, seconds = to.last == INTERVAL_SECOND;
    dec_uint u;
    int64_t size = seconds ? 1 : interval_field_size(to.last);
    if (to.first != to.last) return CONV_RESTRICTED;
    if (!dec_at_scale(n, seconds ? 6 : 0, &u, &cut) || cut || u > INT64_MAX) return CONV_INTERVAL;
    if (__builtin_mul_overflow((int64_t)u, size, out)) return CONV_INTERVAL;
    if (n->negative) *out = -*out;
    return CONV_OK;
}

static enum conv_issue amount_of(const struct from_value *v, struct interval_kind to, int64_t *out) {
    switch (v->kind) {
    case FROM_TEXT: return interval_of_text(v->bytes, to, out) ? CONV_OK : CONV_INVALID;
    case FROM_NUMBER: return amount_of_number(&v->number, to, out);
    case FROM_INTERVAL:
        *out = v->amount;
        return interval_kind_is_months(v->fields) == interval_kind_is_months(to) ? CONV_OK : CONV_RESTRICTED;
    default: return CONV_RESTRICTED;
    }
}

enum conv_issue from_put_interval(struct from_job *j, const struct from_value *v) {
    struct interval_kind to = interval_fields_of(j->sql->code);
    char text[INTERVAL_TEXT_MAX];
    int64_t amount = 0, unit = to.last == INTERVAL_SECOND ? 1 : interval_field_size(to.last);
    if (j->in->c_type == SQL_C_BIT) return CONV_RESTRICTED;    /* no number in the manual's eyes */
    enum conv_issue issue = amount_of(v, to, &amount);
    if (issue != CONV_OK) return issue;
    if (amount % unit) return CONV_INTERVAL;
    if (interval_kind_is_months(to) && (amount > INT32_MAX || amount < INT32_MIN)) return CONV_INTERVAL;
    struct sv tail = sv_of(j->out->type);       /* "INTERVAL DAY TO SECOND" */
    struct sv pieces[] = {SV_LIT("INTERVAL '"), sv_make(text, interval_put_fields(text, to, amount)), SV_LIT("'"),
                          sv_make(tail.ptr + 8, tail.len - 8)};
    return from_join(j->arena, pieces, 4, &j->out->expression);
}
