#include "json.h"

#include <math.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "mem.h"
#include "utf.h"

/* ---- a scanner over JSON text: pure, linear, no tree (RFC 8259) -------------------------------------------------- */

struct scan {
    const char *at, *end, *start;
    struct err *e;
};

static enum rc bad(struct scan *s, const char *what) {
    return err_set(s->e, ERR_PROTOCOL, "malformed JSON at byte %zu: %s", (size_t)(s->at - s->start), what);
}

static void skip_blank(struct scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) s->at++;
}

/* Moves over what means itself in a string, up to a quote, an escape, a control character or the end. */
static inline const char *skip_plain(const char *p, const char *end) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, escape));
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v)));
        if (mask) return p + __builtin_ctz(mask);
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) p++;
    return p;
}

static enum rc skip_string(struct scan *s) { /* at the opening quote */
    for (s->at++; s->at < s->end; s->at++) {
        const char *next = skip_plain(s->at, s->end);
        s->at = next;
        if (next == s->end) break;
        if (*next == '"') return s->at++, RC_OK;
        if (*next != '\\') return bad(s, "control character in a string");
        if (++s->at == s->end) break;
        if (!strchr("\"\\/bfnrtu", *s->at)) return bad(s, "unknown escape");
        if (*s->at != 'u') continue;
        for (int i = 0; i < 4; i++)
            if (++s->at == s->end || !strchr("0123456789abcdefABCDEF", *s->at) || !*s->at) return bad(s, "\\u needs four hex digits");
    }
    return bad(s, "the text ends inside a string");
}

static bool skip_digits(struct scan *s) {
    const char *from = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') s->at++;
    return s->at > from;
}

static enum rc skip_number(struct scan *s) {
    if (*s->at == '-') s->at++;
    if (s->at < s->end && *s->at == '0') s->at++;
    else if (!skip_digits(s)) return bad(s, "a value is missing");
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!skip_digits(s)) return bad(s, "digits are missing in a number");
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
        if (!skip_digits(s)) return bad(s, "digits are missing in an exponent");
    }
    return RC_OK;
}

static enum rc skip_word(struct scan *s, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0) return bad(s, "unknown word");
    s->at += len;
    return RC_OK;
}

static enum rc skip_scalar(struct scan *s) {
    if (s->at == s->end) return bad(s, "the text ends where a value is expected");
    switch (*s->at) {
    case '"': return skip_string(s);
    case 't': return skip_word(s, "true");
    case 'f': return skip_word(s, "false");
    case 'n': return skip_word(s, "null");
    default:  return skip_number(s);
    }
}

static enum rc skip_key(struct scan *s, struct sv *key) {
    skip_blank(s);
    if (s->at == s->end || *s->at != '"') return bad(s, "a member name is expected");
    const char *from = s->at;
    if (skip_string(s)) return RC_ERR;
    *key = sv_make(from + 1, (size_t)(s->at - from) - 2);
    skip_blank(s);
    if (s->at == s->end || *s->at != ':') return bad(s, "a colon is expected");
    s->at++;
    skip_blank(s);
    return RC_OK;
}

/* What json_check collects about the members of one object while it is open. */
struct keys { struct sv *v; size_t n, cap; };

static enum rc keys_add(struct scan *s, struct keys *keys, struct sv key) {
    struct sv plain = key;
    if (key.len && memchr(key.ptr, '\\', key.len)) { /* "\u0061" is "a": compare what it stands for */
        struct buf b;
        buf_init(&b, key.len + 4);
        if (json_unquote(&b, key, s->e)) return buf_fini(&b), RC_ERR;
        plain.len = b.len;
        plain.ptr = buf_take(&b);
    }
    enum rc rc = RC_OK;
    for (size_t i = 0; i < keys->n && rc == RC_OK; i++)
        if (sv_eq(keys->v[i], plain)) rc = err_set(s->e, ERR_PROTOCOL, "duplicate JSON member \"" SV_FMT "\"", SV_ARG(plain));
    if (rc == RC_OK && keys->n == keys->cap) {
        size_t cap = keys->cap ? keys->cap * 2 : 16;
        struct sv *grown = cap > 512 ? NULL : mem_realloc(keys->v, cap * sizeof *grown);
        if (grown) keys->v = grown, keys->cap = cap;
        else rc = cap > 512 ? err_set(s->e, ERR_LIMIT, "an object with more than 512 members") : err_nomem(s->e);
    }
    if (rc == RC_OK) keys->v[keys->n++] = plain;
    else if (plain.ptr != key.ptr) mem_free((char *)plain.ptr);
    return rc;
}

static void keys_fini(struct keys *keys, const struct scan *s) {
    for (size_t i = 0; i < keys->n; i++)
        if (keys->v[i].ptr < s->start || keys->v[i].ptr > s->end) mem_free((char *)keys->v[i].ptr);
    mem_free(keys->v);
}

static enum rc skip_value(struct scan *s, int depth, bool refuse_duplicates);

static enum rc skip_members(struct scan *s, int depth, bool refuse_duplicates, struct keys *keys) {
    for (;;) {
        struct sv key;
        if (skip_key(s, &key)) return RC_ERR;
        if (refuse_duplicates && keys_add(s, keys, key)) return RC_ERR;
        if (skip_value(s, depth + 1, refuse_duplicates)) return RC_ERR;
        skip_blank(s);
        if (s->at == s->end) return bad(s, "the text ends inside an object");
        if (*s->at == '}') return s->at++, RC_OK;
        if (*s->at++ != ',') return s->at--, bad(s, "a comma or } is expected");
    }
}

static enum rc skip_object(struct scan *s, int depth, bool refuse_duplicates) {
    struct keys keys = {0};
    s->at++;
    skip_blank(s);
    if (s->at < s->end && *s->at == '}') return s->at++, RC_OK;
    enum rc rc = skip_members(s, depth, refuse_duplicates, &keys);
    keys_fini(&keys, s);
    return rc;
}

static enum rc skip_array(struct scan *s, int depth, bool refuse_duplicates) {
    s->at++;
    skip_blank(s);
    if (s->at < s->end && *s->at == ']') return s->at++, RC_OK;
    for (;;) {
        skip_blank(s);
        if (skip_value(s, depth + 1, refuse_duplicates)) return RC_ERR;
        skip_blank(s);
        if (s->at == s->end) return bad(s, "the text ends inside an array");
        if (*s->at == ']') return s->at++, RC_OK;
        if (*s->at++ != ',') return s->at--, bad(s, "a comma or ] is expected");
    }
}

static enum rc skip_value(struct scan *s, int depth, bool refuse_duplicates) {
    if (depth > JSON_MAX_DEPTH) return bad(s, "nested too deeply");
    if (s->at < s->end && *s->at == '{') return skip_object(s, depth, refuse_duplicates);
    if (s->at < s->end && *s->at == '[') return skip_array(s, depth, refuse_duplicates);
    return skip_scalar(s);
}

enum rc json_check(struct sv text, bool refuse_duplicates, struct err *e) {
    struct scan s = {text.ptr, text.ptr + text.len, text.ptr, e};
    if (!text.len) return err_set(e, ERR_PROTOCOL, "malformed JSON: the text is empty");
    if (!utf8_is_valid(text.ptr, text.len)) return err_set(e, ERR_PROTOCOL, "malformed JSON: not UTF-8");
    skip_blank(&s);
    if (skip_value(&s, 1, refuse_duplicates)) return RC_ERR;
    skip_blank(&s);
    return s.at == s.end ? RC_OK : bad(&s, "text after the value");
}

/* At an object: move to the value of the member, or past the object when it has none. */
static enum rc find_member(struct scan *s, const char *name, bool *found) {
    *found = false;
    s->at++;
    skip_blank(s);
    if (s->at < s->end && *s->at == '}') return RC_OK;
    for (;;) {
        struct sv key;
        if (skip_key(s, &key)) return RC_ERR;
        if (sv_eq(key, sv_of(name))) return *found = true, RC_OK;
        if (skip_value(s, 1, false)) return RC_ERR;
        skip_blank(s);
        if (s->at == s->end) return bad(s, "the text ends inside an object");
        if (*s->at == '}') return RC_OK;
        if (*s->at++ != ',') return s->at--, bad(s, "a comma or } is expected");
    }
}

enum rc json_slice(struct sv text, const char *const *path, struct sv *out, bool *found, struct err *e) {
    struct scan s = {text.ptr, text.ptr + text.len, text.ptr, e};
    *out = SV_NULL;
    *found = false;
    skip_blank(&s);
    for (; *path; path++) {
        if (s.at == s.end || *s.at != '{') return RC_OK;
        bool here;
        if (find_member(&s, *path, &here)) return RC_ERR;
        if (!here) return RC_OK;
    }
    const char *from = s.at;
    if (skip_value(&s, 1, false)) return RC_ERR;
    *out = sv_make(from, (size_t)(s.at - from));
    *found = true;
    return RC_OK;
}

/* ---- strings ------------------------------------------------------------------------------------------------------ */

static int hex4(const char *s) {
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        v = v << 4 | digit;
    }
    return v;
}

/* At the u of \uXXXX; a pair takes two escapes. Returns bytes of input used, 0 = malformed. */
static size_t unquote_u(const char *s, size_t len, char out[4], size_t *n) {
    uint16_t units[2];
    int first = len >= 5 ? hex4(s + 1) : -1;
    if (first < 0) return 0;
    units[0] = (uint16_t)first;
    size_t count = 1, used, took = 5;
    if ((first & 0xFC00) == 0xD800 && len >= 11 && s[5] == '\\' && s[6] == 'u') {
        int second = hex4(s + 7);
        if (second >= 0 && (second & 0xFC00) == 0xDC00) units[1] = (uint16_t)second, count = 2, took = 11;
    }
    *n = utf16_to_8(units, count, out, 4, &used, NULL);
    return took;
}

enum rc json_unquote(struct buf *out, struct sv token, struct err *e) {
    static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    if (token.len >= 2 && token.ptr[0] == '"' && token.ptr[token.len - 1] == '"') token.ptr++, token.len -= 2;
    if (buf_reserve(out, token.len, e)) return RC_ERR;
    for (size_t i = 0; i < token.len;) {
        const char *stop = memchr(token.ptr + i, '\\', token.len - i);
        size_t run = stop ? (size_t)(stop - token.ptr) - i : token.len - i;
        if (buf_add(out, token.ptr + i, run, e)) return RC_ERR;
        i += run;
        if (i == token.len) break;
        const char *esc = ++i < token.len && token.ptr[i] ? strchr(plain, token.ptr[i]) : NULL;
        if (esc) {
            if (buf_addc(out, means[esc - plain], e)) return RC_ERR;
            i++;
            continue;
        }
        char utf8[4];
        size_t n = 0, took = i < token.len && token.ptr[i] == 'u' ? unquote_u(token.ptr + i, token.len - i, utf8, &n) : 0;
        if (!took) return err_set(e, ERR_PROTOCOL, "malformed JSON: bad escape in a string");
        if (buf_add(out, utf8, n, e)) return RC_ERR;
        i += took;
    }
    return RC_OK;
}

/* The bytes at s that need no escape and are well-formed, up to len. */
static size_t quote_run(const char *s, size_t len) {
    size_t i = 0;
    while (i < len && s[i] != '"' && s[i] != '\\' && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x7F) i++;
    return i;
}

enum rc json_quote(struct buf *out, struct sv s, struct err *e) {
    if (buf_addc(out, '"', e)) return RC_ERR;
    for (size_t i = 0; i < s.len;) {
        size_t run = quote_run(s.ptr + i, s.len - i);
        if (buf_add(out, s.ptr + i, run, e)) return RC_ERR;
        i += run;
        if (i == s.len) break;
        unsigned char c = (unsigned char)s.ptr[i];
        enum rc rc;
        if (c == '"' || c == '\\') rc = buf_addf(out, e, "\\%c", c), i++;
        else if (c < 0x20 || c == 0x7F) rc = buf_addf(out, e, "\\u%04x", c), i++;
        else { /* a multi-byte character: through UTF-16 and back, which repairs ill-formed parts */
            uint16_t unit[2];
            char utf8[4];
            size_t took, used, n = utf8_to_16(s.ptr + i, s.len - i < 4 ? s.len - i : 4, unit, 1, &took, NULL);
            if (!n) n = utf8_to_16(s.ptr + i, s.len - i < 4 ? s.len - i : 4, unit, 2, &took, NULL);
            rc = buf_add(out, utf8, utf16_to_8(unit, n, utf8, sizeof utf8, &used, NULL), e);
            i += took;
        }
        if (rc) return RC_ERR;
    }
    return buf_addc(out, '"', e);
}

/* ---- trees for control messages ------------------------------------------------------------------------------------- */

enum rc json_parse(struct sv text, cJSON **out, struct err *e) {
    *out = NULL;
    if (text.len > JSON_MAX_TREE) return err_set(e, ERR_LIMIT, "a control message of %zu bytes", text.len);
    if (json_check(text, false, e)) return RC_ERR;
    *out = cJSON_ParseWithLength(text.ptr, text.len);
    return *out ? RC_OK : err_nomem(e);
}

static const cJSON *member(const cJSON *obj, const char *key) {
    return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

const char *json_str(const cJSON *obj, const char *key) { return cJSON_GetStringValue(member(obj, key)); }

int64_t json_i64(const cJSON *obj, const char *key, int64_t fallback) {
    const cJSON *v = member(obj, key);
    long long n;
    if (cJSON_IsString(v) && sv_to_i64(sv_of(v->valuestring), &n)) return n;
    if (!cJSON_IsNumber(v) || isnan(v->valuedouble) || fabs(v->valuedouble) > 9007199254740992.0) return fallback;
    return (int64_t)v->valuedouble;
}

bool json_bool(const cJSON *obj, const char *key, bool fallback) {
    const cJSON *v = member(obj, key);
    return cJSON_IsBool(v) ? cJSON_IsTrue(v) : fallback;
}

const cJSON *json_obj(const cJSON *obj, const char *key) {
    const cJSON *v = member(obj, key);
    return cJSON_IsObject(v) ? v : NULL;
}

const cJSON *json_arr(const cJSON *obj, const char *key) {
    const cJSON *v = member(obj, key);
    return cJSON_IsArray(v) ? v : NULL;
}
