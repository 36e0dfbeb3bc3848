/* names: of keys and channels; never a readable text. H is 32 hex digits of a digest; braces keep what belongs together
 * in one slot of a cluster. */
#ifndef PROXY_REDIS_NAMES_H
#define PROXY_REDIS_NAMES_H

#include <stdint.h>
#include <stdio.h>

#include "core/sv.h"

enum { NAME_BYTES = 128, NAME_HEX = 33, NAME_TAG = 17 };

struct name {
    char text[NAME_BYTES];
    size_t len;
};
static inline struct sv name_sv(const struct name *n) { return sv_make(n->text, n->len); }

void name_hex(const uint8_t *bytes, int n, char *out);            /* 2 n digits and a NUL */
bool name_unhex(struct sv hex, uint8_t *out, size_t n);

struct name name_of_key(char kind, const uint8_t key[32]);        /* dxp1:e:{H}, l, n */
struct name name_of_piece(const uint8_t key[32], const uint8_t gen[16], uint32_t index); /* dxp1:c:{H}:gen:i */
struct name name_of_epoch(char kind, const char *tag, const uint8_t hash[16]); /* dxp1:v:{<tag>:<hash>}, w */
struct name name_of_record(char kind, const uint8_t hash[16]);    /* dxp1:s:{hash}, x, f, u */
struct name name_of_news(const char *tag);                        /* dxp1:vn:<tag> */

#endif
