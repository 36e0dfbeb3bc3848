#include "err.h"

#include <stdio.h>
#include <string.h>

#include "utf.h"

static const char *const NAMES[] = {
#define ERR(code, sqlstate, native, meaning) #code,
#include "tbl/errors.h"
#undef ERR
};

static const char *const MEANINGS[] = {
#define ERR(code, sqlstate, native, meaning) meaning,
#include "tbl/errors.h"
#undef ERR
};

/* vsnprintf cuts between bytes; move the cut to a character edge and show that there was more. */
static void mark_cut(char *text, size_t cap, int wanted) {
    static const char more[] = "\xe2\x80\xa6"; /* … */
    if (wanted < 0 || (size_t)wanted < cap) return;
    size_t keep = utf8_floor(text, cap - 1, cap - sizeof more);
    memcpy(text + keep, more, sizeof more);
}

enum rc err_vset(struct err *e, enum err_code code, const char *fmt, va_list ap) {
    e->code = code;
    e->retryable = false;
    e->http_status = 0;
    e->sqlstate[0] = '\0';
    e->statement_id[0] = '\0';
    mark_cut(e->text, sizeof e->text, vsnprintf(e->text, sizeof e->text, fmt, ap));
    return RC_ERR;
}

enum rc err_set(struct err *e, enum err_code code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    err_vset(e, code, fmt, ap);
    va_end(ap);
    return RC_ERR;
}

enum rc err_nomem(struct err *e) { return err_set(e, ERR_NOMEM, "out of memory"); }

enum rc err_wrap(struct err *e, const char *fmt, ...) {
    char words[512], old[sizeof e->text];
    va_list ap;
    va_start(ap, fmt);
    mark_cut(words, sizeof words, vsnprintf(words, sizeof words, fmt, ap));
    va_end(ap);
    memcpy(old, e->text, sizeof old);
    mark_cut(e->text, sizeof e->text, snprintf(e->text, sizeof e->text, "%s: %s", words, old));
    return RC_ERR;
}

/* Kilobytes of text need no zeros to be empty. */
void err_clear(struct err *e) {
    e->code = ERR_NONE;
    e->retryable = false;
    e->http_status = 0;
    e->sqlstate[0] = e->statement_id[0] = e->text[0] = '\0';
}

const char *err_code_name(enum err_code code) {
    return (unsigned)code < ERR_CODE_COUNT ? NAMES[code] : "?";
}

const char *err_code_meaning(enum err_code code) {
    return (unsigned)code < ERR_CODE_COUNT ? MEANINGS[code] : "?";
}
