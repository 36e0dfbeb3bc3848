/* Settings files: read, checked, printed, and read again, which must give the same. */
#include <stddef.h>
#include <stdint.h>

#include "proxy/config/check.h"
#include "proxy/config/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config *load(struct sv text) {
    struct err e = ERR_INIT;
    struct draft d;
    struct config *c = NULL;
    if (draft_init(&d, "fuzz.ini", &e) == RC_OK && ini_parse_text(&d, text, &e) == RC_OK && check_all(&d, &e) == RC_OK)
        c = draft_take(&d);
    else if (!e.text[0])
        __builtin_trap();
    draft_fini(&d);
    return c;
}

static bool print(const struct config *c, struct buf *out) {
    struct err e = ERR_INIT;
    buf_init(out, 16 * 1024 * 1024);
    return config_print(c, out, &e) == RC_OK;
}

static bool has_secret(const struct buf *text) { return strstr(text->ptr, "= <set>") != NULL; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf first = {0}, second = {0};
    struct config *c = load(sv_make((const char *)data, size)), *again;
    if (!c) return 0;
    if (print(c, &first) && !has_secret(&first)) {
        again = load(buf_sv(&first));
        if (!again || !print(again, &second) || !sv_eq(buf_sv(&first), buf_sv(&second))) __builtin_trap();
        config_unref(&again);
    }
    config_unref(&c);
    buf_fini(&first);
    buf_fini(&second);
    return 0;
}
