/* TZif files. */
#include <stddef.h>
#include <stdint.h>

#include "core/tz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int64_t WHEN[] = {INT64_MIN, -62135596800, -1, 0, 1623760496, 4102444800, 253402300799, INT64_MAX};
    struct tz *z;
    struct err e = ERR_INIT;
    if (tz_parse(&z, data, size, &e) != RC_OK) return 0;
    for (size_t i = 0; i < sizeof WHEN / sizeof *WHEN; i++) {
        struct tz_span span = {0, 0, 0};
        tz_span_at(z, WHEN[i], &span);
        tz_local_us(z, &span, WHEN[i]);
    }
    tz_free(&z);
    return 0;
}
