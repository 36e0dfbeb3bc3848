#include "typecells.h"

#include "driver/handle/dbc.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"
#include "memtable.h"
#include "typefacts.h"

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static size_t word_end(struct sv text, size_t i) {
    if (text.ptr[i] == '`') {
        do i++;
        while (i < text.len && text.ptr[i] != '`');
        return i < text.len ? i + 1 : i;
    }
    while (i < text.len && is_word(text.ptr[i])) i++;
    return i;
}

/* Nested types keep their full spelling, which says what is in them; type words in capitals wherever the spelling comes
 * from (SHOW COLUMNS and information_schema differ), names of fields as they are: those before a colon. */
static enum rc set_spelling(struct memtable *t, int col, struct sv type, struct err *e) {
    char *own = arena_dup(&t->arena, type);
    if (!own) return err_nomem(e);
    for (size_t i = 0; i < type.len;) {
        size_t end = word_end(type, i), next = end;
        while (next < type.len && type.ptr[next] == ' ') next++;
        bool is_field = type.ptr[i] == '`' || (next < type.len && type.ptr[next] == ':');
        for (size_t k = i; k < end && !is_field; k++)
            if (own[k] >= 'a' && own[k] <= 'z') own[k] = (char)(own[k] - 32);
        i = end > i ? end : i + 1;
    }
    return memtable_text(t, col, sv_make(own, type.len), e);
}

static void set(struct memtable *t, int col, bool applies, int64_t v) {
    if (col >= 0 && applies) memtable_int(t, col, v);
}

enum rc typecells_set(const struct stmt *s, struct memtable *t, const struct typecells *at, struct sv type,
                      struct err *e) {
    struct type_facts f;
    struct type_spec spec = type_parse(type);
    bool nested = spec.type == DBX_ARRAY || spec.type == DBX_MAP || spec.type == DBX_STRUCT;
    type_describe(&spec, &s->dbc->options, &f);
    set(t, at->data_type, true, type_for_version(f.concise, s->dbc->env->odbc_version));
    set(t, at->size, true, (int64_t)f.size);
    set(t, at->buffer, true, f.buffer);
    set(t, at->digits, f.has_digits, f.digits);
    set(t, at->radix, f.radix != 0, f.radix);
    set(t, at->sql_type, true, f.verbose);
    set(t, at->sub, f.sub != 0, f.sub);
    set(t, at->octets, f.is_text || f.is_binary, f.octets);
    return nested ? set_spelling(t, at->type_name, type, e) : memtable_text(t, at->type_name, sv_of(f.name), e);
}
