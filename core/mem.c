#include "mem.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(size_t bytes) { return malloc(bytes ? bytes : 1); }

void *mem_zalloc(size_t bytes) { return calloc(1, bytes ? bytes : 1); }

void *mem_array(size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *mem_realloc(void *old, size_t bytes) { return realloc(old, bytes ? bytes : 1); }

void mem_free(void *p) { free(p); }

void mem_wipe(void *p, size_t bytes) {
    if (p && bytes) OPENSSL_cleanse(p, bytes);
}

char *mem_strndup(const char *s, size_t len) {
    char *copy = len < SIZE_MAX ? mem_alloc(len + 1) : NULL;
    if (!copy) return NULL;
    if (len) memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *mem_strdup(const char *s) { return mem_strndup(s, strlen(s)); }

void mem_free_secret(char *s) {
    if (!s) return;
    mem_wipe(s, strlen(s));
    mem_free(s);
}
