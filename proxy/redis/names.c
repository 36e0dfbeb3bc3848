#include "names.h"

#include <stdarg.h>

#include "core/err.h"

void name_hex(const uint8_t *bytes, int n, char *out) {
    static const char DIGITS[] = "0123456789abcdef";
    for (int i = 0; i < n; i++) {
        out[2 * i] = DIGITS[bytes[i] >> 4];
        out[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool name_unhex(struct sv hex, uint8_t *out, size_t n) {
    if (hex.len != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit(hex.ptr[2 * i]), low = digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static struct name PRINTF_LIKE(1, 2) make(const char *fmt, ...) {
    struct name n;
    va_list ap;
    va_start(ap, fmt);
    n.len = (size_t)vsnprintf(n.text, sizeof n.text, fmt, ap);
    va_end(ap);
    return n;
}

struct name name_of_key(char kind, const uint8_t key[32]) {
    char hex[NAME_HEX];
    name_hex(key, 16, hex);
    return make("dxp1:%c:{%s}", kind, hex);
}

struct name name_of_piece(const uint8_t key[32], const uint8_t gen[16], uint32_t index) {
    char hex[NAME_HEX], gen_hex[NAME_HEX];
    name_hex(key, 16, hex);
    name_hex(gen, 16, gen_hex);
    return make("dxp1:c:{%s}:%s:%u", hex, gen_hex, index);
}

struct name name_of_epoch(char kind, const char *tag, const uint8_t hash[16]) {
    char hex[NAME_HEX];
    name_hex(hash, 16, hex);
    return make("dxp1:%c:{%s:%s}", kind, tag, hex);
}

struct name name_of_record(char kind, const uint8_t hash[16]) {
    char hex[NAME_HEX];
    name_hex(hash, 16, hex);
    return make("dxp1:%c:{%s}", kind, hex);
}

struct name name_of_news(const char *tag) {
    return make("dxp1:vn:%s", tag);
}
