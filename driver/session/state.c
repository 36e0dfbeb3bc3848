#include "state.h"

#include "core/mem.h"

enum { MAX_REPLAY = 64, MAX_TEXT = 16 * 1024 };

/* Without leading blanks, comments and parentheses. */
static struct sv skip_space(struct sv v) {
    for (;;) {
        struct sv before = v;
        v = sv_trim(v);
        while (v.len && (*v.ptr == '(' || *v.ptr == ';')) v.ptr++, v.len--;
        if (v.len >= 2 && v.ptr[0] == '-' && v.ptr[1] == '-') {
            struct sv line, rest;
            v = sv_cut(v, '\n', &line, &rest) ? rest : SV_NULL;
        } else if (v.len >= 2 && v.ptr[0] == '/' && v.ptr[1] == '*') {
            size_t i = 2;
            while (i + 1 < v.len && !(v.ptr[i] == '*' && v.ptr[i + 1] == '/')) i++;
            v = i + 1 < v.len ? sv_make(v.ptr + i + 2, v.len - i - 2) : SV_NULL;
        }
        if (v.len == before.len) return v;
    }
}

static struct sv next_word(struct sv *v) {
    size_t n = 0;
    *v = skip_space(*v);
    while (n < v->len) {
        unsigned char c = (unsigned char)v->ptr[n];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) break;
        n++;
    }
    struct sv word = sv_make(v->ptr, n);
    *v = sv_make(v->ptr + n, v->len - n);
    return word;
}

static bool is_one_of(struct sv word, const char *const *list) {
    for (; *list; list++)
        if (sv_ieq(word, sv_of(*list))) return true;
    return false;
}

static enum stmt_kind kind_of_set(struct sv rest) {
    static const char *const variables[] = {"VAR", "VARIABLE", "AUTOCOMMIT", NULL};
    struct sv word = next_word(&rest);
    if (sv_ieq(word, SV_LIT("CATALOG")) || sv_ieq(word, SV_LIT("SCHEMA")) || sv_ieq(word, SV_LIT("DATABASE")))
        return STMT_NAMESPACE;
    return is_one_of(word, variables) ? STMT_STICKY : STMT_SETTING;
}

static enum stmt_kind kind_of_create(struct sv rest) {
    struct sv word = next_word(&rest);
    if (sv_ieq(word, SV_LIT("OR"))) next_word(&rest), word = next_word(&rest);
    if (sv_ieq(word, SV_LIT("GLOBAL"))) word = next_word(&rest);
    return sv_ieq(word, SV_LIT("TEMP")) || sv_ieq(word, SV_LIT("TEMPORARY")) ? STMT_STICKY : STMT_WRITE;
}

/* A WITH may end in INSERT: only one that never says so is a read. */
static bool has_word(struct sv v, const char *const *list) {
    while ((v = skip_space(v)).len) {
        struct sv word = next_word(&v);
        if (!word.len) v.ptr++, v.len--;
        else if (is_one_of(word, list)) return true;
    }
    return false;
}

enum stmt_kind stmt_kind_of(struct sv sql) {
    static const char *const reads[] = {"SELECT",  "SHOW",  "DESCRIBE", "DESC", "VALUES",
                                        "EXPLAIN", "TABLE", "LIST",     NULL};
    static const char *const sticky[] = {"DECLARE", "BEGIN", "START",   "COMMIT", "ROLLBACK",
                                         "EXECUTE", "CACHE", "UNCACHE", "CALL",   NULL};
    static const char *const writes[] = {"INSERT", "MERGE", "UPDATE", "DELETE", NULL};
    struct sv rest = sql, word = next_word(&rest);
    if (is_one_of(word, reads)) return STMT_READ;
    if (sv_ieq(word, SV_LIT("WITH")) || sv_ieq(word, SV_LIT("FROM")))
        return has_word(rest, writes) ? STMT_WRITE : STMT_READ;
    if (sv_ieq(word, SV_LIT("USE"))) return STMT_NAMESPACE;
    if (sv_ieq(word, SV_LIT("SET"))) return kind_of_set(rest);
    if (sv_ieq(word, SV_LIT("RESET"))) return STMT_SETTING;
    if (sv_ieq(word, SV_LIT("CREATE"))) return kind_of_create(rest);
    return is_one_of(word, sticky) ? STMT_STICKY : STMT_WRITE;
}

void state_note(struct state *st, struct sv sql, enum stmt_kind kind, bool has_params) {
    if (kind == STMT_READ || kind == STMT_WRITE) return;
    bool fits = kind != STMT_STICKY && !has_params && sql.len <= MAX_TEXT && st->n_replay < MAX_REPLAY;
    char **grown = fits ? mem_realloc(st->replay, (size_t)(st->n_replay + 1) * sizeof *grown) : NULL;
    if (grown) {
        st->replay = grown;
        grown[st->n_replay] = mem_strndup(sql.ptr, sql.len);
        if (grown[st->n_replay]) st->n_replay++;
        else grown = NULL;
    }
    if (!grown) st->sticky = true;
}

void state_fini(struct state *st) {
    for (int i = 0; i < st->n_replay; i++) mem_free_secret(st->replay[i]);
    mem_free(st->replay);
    *st = (struct state){0};
}
