#include "value.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "secret.h"

enum { MAX_WORDS = 4096 };

/* ---- numbers with units ---------------------------------------------------------------------------------------- */

struct unit {
    const char *suffix;
    long long factor;
};

/* The first is what a bare number means; the others are in falling order, for printing. */
static const struct unit TIMES[] = {{"", 1000}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit SIZES[] = {{"", 1},          {"TiB", 1LL << 40}, {"GiB", 1LL << 30},
                                    {"MiB", 1 << 20}, {"KiB", 1 << 10},   {"B", 1}};
enum { N_TIMES = sizeof TIMES / sizeof *TIMES, N_SIZES = sizeof SIZES / sizeof *SIZES };

static bool parse_units(struct sv text, const struct unit *units, size_t count, long long *out) {
    size_t digits = 0;
    long long n;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
    if (digits == 0 || !sv_to_i64(sv_make(text.ptr, digits), &n)) return false;
    for (size_t i = 0; i < count; i++)
        if (sv_ieq(sv_make(text.ptr + digits, text.len - digits), sv_of(units[i].suffix)))
            return !__builtin_mul_overflow(n, units[i].factor, out);
    return false;
}

bool config_parse_duration(const char *text, int64_t *ms_r) {
    long long ms;
    if (!parse_units(sv_of(text), TIMES, N_TIMES, &ms)) return false;
    *ms_r = ms;
    return true;
}

bool config_parse_size(const char *text, size_t *bytes_r) {
    long long bytes;
    if (!parse_units(sv_of(text), SIZES, N_SIZES, &bytes)) return false;
    *bytes_r = (size_t)bytes;
    return true;
}

static enum rc print_units(struct buf *out, long long n, const struct unit *units, size_t count, struct err *e) {
    size_t i = 1;
    if (n == 0) return buf_addc(out, '0', e);
    while (i + 1 < count && n % units[i].factor) i++;
    return buf_addf(out, e, "%lld%s", n / units[i].factor, units[i].suffix);
}

/* ---- one number of any kind ------------------------------------------------------------------------------------ */

static bool parse_number(enum cfg_kind kind, struct sv text, long long *out) {
    if (kind == CFG_TIME) return parse_units(text, TIMES, N_TIMES, out);
    if (kind == CFG_SIZE) return parse_units(text, SIZES, N_SIZES, out);
    if (kind == CFG_PERCENT && text.len && text.ptr[text.len - 1] == '%') text.len--;
    return text.len && text.ptr[0] != '+' && sv_to_i64(text, out);
}

static const char *number_words(enum cfg_kind kind) {
    if (kind == CFG_TIME) return "a time like 500ms, 30s, 15m or 24h";
    if (kind == CFG_SIZE) return "a size like 512KiB or 64MiB";
    return kind == CFG_PERCENT ? "a share like 20%" : "a whole number";
}

static bool is_within(const struct cfg_key *k, long long n) {
    long long low, high;
    const char *dots = strstr(k->bounds, "..");
    if (!dots) return true;
    return parse_number(k->kind, sv_make(k->bounds, (size_t)(dots - k->bounds)), &low) && n >= low &&
           parse_number(k->kind, sv_of(dots + 2), &high) && n <= high;
}

static enum rc set_number(void *slot, const struct cfg_key *k, const char *text, struct err *e) {
    long long n;
    if (k->kind == CFG_TIME && !*text && !*k->dflt) n = -1; /* left open */
    else if (!parse_number(k->kind, sv_of(text), &n))
        return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not %s", text, number_words(k->kind));
    else if (!is_within(k, n))
        return err_set(e, ERR_CONFIG_BAD, "%s is out of bounds: %s", text, k->bounds);
    if (k->kind == CFG_TIME) *(int64_t *)slot = n;
    else if (k->kind == CFG_SIZE) *(size_t *)slot = (size_t)n;
    else *(int *)slot = (int)n;
    return RC_OK;
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static enum rc set_bool(bool *slot, const char *text, struct err *e) {
    static const char *const YES[] = {"yes", "true", "on", "1"}, *const NO[] = {"no", "false", "off", "0"};
    for (int i = 0; i < 4; i++) {
        if (!sv_ieq(sv_of(text), sv_of(YES[i])) && !sv_ieq(sv_of(text), sv_of(NO[i]))) continue;
        *slot = sv_ieq(sv_of(text), sv_of(YES[i]));
        return RC_OK;
    }
    return err_set(e, ERR_CONFIG_BAD, "\"%s\" is neither yes nor no", text);
}

static bool next_word(struct sv *rest, struct sv *word) {
    struct sv after;
    if (sv_is_null(*rest)) return false;
    if (sv_cut(*rest, '|', word, &after)) *rest = after;
    else *word = *rest, *rest = SV_NULL;
    return true;
}

static enum rc set_word(int *slot, const struct cfg_key *k, const char *text, struct err *e) {
    struct sv rest = sv_of(k->bounds), word;
    for (int i = 0; next_word(&rest, &word); i++)
        if (sv_ieq(word, sv_of(text))) {
            *slot = i;
            return RC_OK;
        }
    return err_set(e, ERR_CONFIG_BAD, "\"%s\" is none of %s", text, k->bounds);
}

static enum rc print_word(struct buf *out, const struct cfg_key *k, int n, struct err *e) {
    struct sv rest = sv_of(k->bounds), word = SV_NULL;
    for (int i = 0; i <= n && next_word(&rest, &word); i++) {}
    return buf_addsv(out, word, e);
}

/* ---- texts and lists ------------------------------------------------------------------------------------------- */

static enum rc set_text(char **slot, const char *text, struct err *e) {
    char *copy = mem_strdup(text);
    if (!copy) return err_nomem(e);
    mem_free(*slot);
    *slot = copy;
    return RC_OK;
}

static enum rc set_secret(char **slot, const char *text, struct err *e) {
    char *secret = NULL;
    if (secret_read(text, &secret, e)) return RC_ERR;
    mem_free_secret(*slot);
    *slot = secret;
    return RC_OK;
}

static enum rc add_word(struct cfg_list *list, struct sv word, struct err *e) {
    if (list->n == MAX_WORDS) return err_set(e, ERR_CONFIG_BAD, "a list has at most %d words", MAX_WORDS);
    char **v = mem_realloc(list->v, ((size_t)list->n + 1) * sizeof *v);
    if (!v) return err_nomem(e);
    list->v = v;
    v[list->n] = mem_strndup(word.ptr, word.len);
    if (!v[list->n]) return err_nomem(e);
    list->n++;
    return RC_OK;
}

enum rc value_append(struct cfg_list *list, const char *text, struct err *e) {
    for (struct sv rest = sv_of(text), word; !sv_is_null(rest);) {
        struct sv after = SV_NULL;
        if (!sv_cut(rest, ',', &word, &after)) word = rest, after = SV_NULL;
        word = sv_trim(word);
        if (word.len && add_word(list, word, e)) return RC_ERR;
        rest = after;
    }
    return RC_OK;
}

static enum rc set_list(struct cfg_list *slot, const char *text, struct err *e) {
    struct cfg_list fresh = {0};
    if (value_append(&fresh, text, e)) {
        value_clear(&fresh, CFG_LIST);
        return RC_ERR;
    }
    value_clear(slot, CFG_LIST);
    *slot = fresh;
    return RC_OK;
}

static enum rc print_list(struct buf *out, const struct cfg_list *l, struct err *e) {
    for (int i = 0; i < l->n; i++)
        if ((i && buf_adds(out, ", ", e)) || buf_adds(out, l->v[i], e)) return RC_ERR;
    return RC_OK;
}

/* ---- any ------------------------------------------------------------------------------------------------------- */

enum rc value_set(void *slot, const struct cfg_key *k, const char *text, struct err *e) {
    switch (k->kind) {
    case CFG_TEXT: return set_text(slot, text, e);
    case CFG_SECRET: return set_secret(slot, text, e);
    case CFG_LIST: return set_list(slot, text, e);
    case CFG_BOOL: return set_bool(slot, text, e);
    case CFG_WORD: return set_word(slot, k, text, e);
    default: return set_number(slot, k, text, e);
    }
}

enum rc value_print(struct buf *out, const void *slot, const struct cfg_key *k, struct err *e) {
    switch (k->kind) {
    case CFG_TEXT: return buf_adds(out, *(char *const *)slot, e);
    case CFG_SECRET: return buf_adds(out, **(char *const *)slot ? "<set>" : "<empty>", e);
    case CFG_LIST: return print_list(out, slot, e);
    case CFG_TIME:
        if (*(const int64_t *)slot < 0) return RC_OK;
        return print_units(out, *(const int64_t *)slot, TIMES, N_TIMES, e);
    case CFG_SIZE: return print_units(out, (long long)*(const size_t *)slot, SIZES, N_SIZES, e);
    case CFG_INT: return buf_addf(out, e, "%d", *(const int *)slot);
    case CFG_PERCENT: return buf_addf(out, e, "%d%%", *(const int *)slot);
    case CFG_BOOL: return buf_adds(out, *(const bool *)slot ? "yes" : "no", e);
    case CFG_WORD: return print_word(out, k, *(const int *)slot, e);
    }
    return RC_OK;
}

void value_clear(void *slot, enum cfg_kind kind) {
    if (kind == CFG_TEXT) mem_free(*(char **)slot), *(char **)slot = NULL;
    else if (kind == CFG_SECRET) mem_free_secret(*(char **)slot), *(char **)slot = NULL;
    else if (kind == CFG_LIST) {
        struct cfg_list *l = slot;
        for (int i = 0; i < l->n; i++) mem_free(l->v[i]);
        mem_free(l->v);
        *l = (struct cfg_list){0};
    }
}

static bool same_list(const struct cfg_list *a, const struct cfg_list *b) {
    if (a->n != b->n) return false;
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->v[i], b->v[i]) != 0) return false;
    return true;
}

bool value_same(const void *a, const void *b, enum cfg_kind kind) {
    switch (kind) {
    case CFG_TEXT:
    case CFG_SECRET: return strcmp(*(char *const *)a, *(char *const *)b) == 0;
    case CFG_LIST: return same_list(a, b);
    case CFG_TIME: return *(const int64_t *)a == *(const int64_t *)b;
    case CFG_SIZE: return *(const size_t *)a == *(const size_t *)b;
    case CFG_BOOL: return *(const bool *)a == *(const bool *)b;
    default: return *(const int *)a == *(const int *)b;
    }
}

bool value_is_empty(const void *slot, enum cfg_kind kind) {
    if (kind == CFG_LIST) return ((const struct cfg_list *)slot)->n == 0;
    return (kind == CFG_TEXT || kind == CFG_SECRET) && !**(char *const *)slot;
}

static enum rc copy_list(struct cfg_list *to, const struct cfg_list *from, struct err *e) {
    value_clear(to, CFG_LIST);
    for (int i = 0; i < from->n; i++)
        if (add_word(to, sv_of(from->v[i]), e)) return RC_ERR;
    return RC_OK;
}

enum rc value_copy(void *to, const void *from, enum cfg_kind kind, struct err *e) {
    switch (kind) {
    case CFG_TEXT: return set_text(to, *(char *const *)from, e);
    case CFG_SECRET: {
        char *copy = mem_strdup(*(char *const *)from);
        if (!copy) return err_nomem(e);
        mem_free_secret(*(char **)to);
        *(char **)to = copy;
        return RC_OK;
    }
    case CFG_LIST: return copy_list(to, from, e);
    case CFG_TIME: *(int64_t *)to = *(const int64_t *)from; return RC_OK;
    case CFG_SIZE: *(size_t *)to = *(const size_t *)from; return RC_OK;
    case CFG_BOOL: *(bool *)to = *(const bool *)from; return RC_OK;
    default: *(int *)to = *(const int *)from; return RC_OK;
    }
}
