/* keyed: one keyed hash for names. */
#ifndef PROXY_REDIS_KEYED_H
#define PROXY_REDIS_KEYED_H

#include <stdint.h>

#include "core/sv.h"

/* HMAC-SHA-256 of purpose, a NUL, and the bytes. */
void keyed_hash(const uint8_t key[32], const char *purpose, size_t purpose_len, struct sv bytes, uint8_t out[32]);

#endif
