/* Connection strings: parsed, written out, and parsed again. */
#include <stddef.h>
#include <stdint.h>

#include "driver/conf/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct options o, again;
    struct err e = ERR_INIT;
    struct buf out;
    if (options_parse(&o, sv_make((const char *)data, size), &e)) {
        if (!e.text[0]) __builtin_trap();
        return 0;
    }
    buf_init(&out, 16 * 1024 * 1024);
    if (options_to_string(&o, &out, &e) == RC_OK && options_parse(&again, buf_sv(&out), &e) == RC_OK) options_fini(&again);
    buf_fini(&out);
    options_fini(&o);
    return 0;
}
