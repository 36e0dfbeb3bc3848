#include "json_scan.h"

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Moves over the bytes of a string that mean themselves, up to a quote, an escape, a control character or the end. *ascii
 * is cleared when one is above 0x7F. */
static inline const char *skip_plain(const char *p, const char *end, bool *ascii) {
    unsigned high = 0;
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, escape));
        unsigned over = (unsigned)_mm_movemask_epi8(v);
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));     /* v <= 0x1F */
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);
        if (mask) {
            unsigned n = (unsigned)__builtin_ctz(mask);
            if ((high | over) & ((1u << n) - 1) || high) *ascii = false;
            return p + n;
        }
        high |= over;
    }
#endif
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\' || c < 0x20) break;
        high |= c & 0x80;
    }
    if (high) *ascii = false;
    return p;
}

static enum json_found missing(struct json_scan *s, const char *at, const char *wanted) {
    s->at = at;
    s->wanted = wanted;
    return at == s->end ? JSON_CUT : JSON_OTHER;
}

/* Control characters end it: JSON has them escaped. */
static enum json_found scan_string(struct json_scan *s, struct json_cell *out) {
    const char *from = s->at + 1, *p = from;
    for (;;) {
        p = skip_plain(p, s->end, &out->ascii);
        if (p == s->end || (*p != '"' && *p != '\\')) return missing(s, p, "part of a string");
        if (*p == '"') break;
        out->escaped = true;
        if (s->end - p < 2) return missing(s, s->end, "part of a string");
        p += 2;
    }
    out->text = sv_make(from, (size_t)(p - from));
    s->at = p + 1;
    return JSON_FOUND;
}

/* A word, or as much of it as the piece holds. */
static bool starts_word(const struct json_scan *s, struct sv word) {
    size_t n = (size_t)(s->end - s->at);
    return memcmp(s->at, word.ptr, n < word.len ? n : word.len) == 0;
}

static bool is_of_number(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static enum json_found scan_bare(struct json_scan *s, struct json_cell *out) {
    static const struct sv WORDS[] = {{"null", 4}, {"true", 4}, {"false", 5}};
    const char *from = s->at, *p = from;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (*from != *WORDS[i].ptr || !starts_word(s, WORDS[i])) continue;
        if ((size_t)(s->end - from) < WORDS[i].len) return missing(s, s->end, "a cell");
        p = from + WORDS[i].len;
        out->is_null = i == 0;
    }
    if (p == from) {
        while (p < s->end && is_of_number(*p)) p++;
        if (p == from || p == s->end) return missing(s, p, "a cell");
    }
    out->text = sv_make(from, (size_t)(p - from));
    s->at = p;
    return JSON_FOUND;
}

enum json_found json_scan_cell(struct json_scan *s, struct json_cell *out) {
    json_scan_blanks(s);
    *out = (struct json_cell){.ascii = true};
    if (s->at == s->end) return missing(s, s->at, "a cell");
    return *s->at == '"' ? scan_string(s, out) : scan_bare(s, out);
}

enum json_found json_scan_row_end(struct json_scan *s, struct json_row_end *state) {
    bool ascii = true;
    for (; s->at < s->end; s->at++) {
        if (state->in_string && !state->escaped) s->at = skip_plain(s->at, s->end, &ascii);
        if (s->at == s->end) break;
        if (state->escaped) state->escaped = false;
        else if (*s->at == '\\') state->escaped = state->in_string;
        else if (*s->at == '"') state->in_string = !state->in_string;
        else if (*s->at == ']' && !state->in_string) {
            s->at++;
            return JSON_FOUND;
        }
    }
    return JSON_CUT;
}
