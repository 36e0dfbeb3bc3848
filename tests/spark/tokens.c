/* Statements of standard input, each ended by a NUL, as the proxy sees them, in the words of Tokens.java. Three lines
 * for each: the tokens as "kind:start:end" in characters; "class reason traits"; the names that are read or written in catalog
 * c and schema s, behind "open" when there may be more. */
#include <stdio.h>
#include <stdlib.h>

#include "core/sqlscan.h"
#include "proxy/sql/classify.h"
#include "proxy/sql/deps.h"

static const char *kind_of(const struct sqltoken *t) {
    static const char *const NAMES[] = {"end", "word", "name", "string", "number", "marker", "punct", "semi", "hint", "odd"};
    return NAMES[t->kind];
}

/* Characters, not bytes. */
static size_t chars(const char *from, const char *to) {
    size_t n = 0;
    for (; from < to; from++) n += ((unsigned char)*from & 0xC0) != 0x80;
    return n;
}

static void print_tokens(struct sv sql) {
    struct sqlscan s = sqlscan_of(sql);
    const char *last = sql.ptr;
    size_t at = 0;
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) {
        size_t start = at + chars(last, t.text.ptr), end = start + chars(t.text.ptr, t.text.ptr + t.text.len);
        printf("%s:%zu:%zu ", kind_of(&t), start, end);
        last = t.text.ptr + t.text.len;
        at = end;
    }
    putchar('\n');
}

static void print_names(struct sv sql) {
    static const struct sqldeps_at at = {SV_LIT("c"), SV_LIT("s")};
    struct arena a = ARENA_INIT;
    struct sqldeps d;
    struct err e = ERR_INIT;
    if (sqldeps_find(sql, &at, &a, &d, &e)) abort();
    printf("%s", d.open_reads ? "open" : "sure");
    for (int i = 0; i < d.n_reads; i++) printf(" " SV_FMT, SV_ARG(d.reads[i].name));
    for (int i = 0; i < d.n_writes; i++) printf(" " SV_FMT, SV_ARG(d.writes[i].name));
    putchar('\n');
    arena_fini(&a);
}

int main(void) {
    char *text = NULL;
    size_t room = 0;
    for (ssize_t len; (len = getdelim(&text, &room, '\0', stdin)) > 0;) {
        struct sv sql = sv_make(text, (size_t)len - 1);
        struct sqlverdict v = classify(sql, NULL);
        print_tokens(sql);
        printf("%s %s %u\n", sqlclass_name(v.class), bypass_word(v.why), v.traits);
        print_names(sql);
    }
    free(text);
    return 0;
}
