#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *what, const char *about) {
    fprintf(stderr, "mock: %s: %s\n", what, about);
    exit(1);
}

void *must(void *p) {
    if (!p) die("out of memory", "giving up");
    return p;
}

static void reserve(struct text *t, size_t more) {
    if (t->cap - t->len > more) return;
    while (t->cap - t->len <= more) t->cap = t->cap ? t->cap * 2 : 4096;
    t->ptr = must(realloc(t->ptr, t->cap));
}

void text_bytes(struct text *t, const void *bytes, size_t n) {
    reserve(t, n);
    memcpy(t->ptr + t->len, bytes, n);
    t->len += n;
    t->ptr[t->len] = '\0';
}

void text_add(struct text *t, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    reserve(t, 512);
    size_t room = t->cap - t->len;
    int n = vsnprintf(t->ptr + t->len, room, fmt, args);
    if (n >= 0 && (size_t)n >= room) {
        reserve(t, (size_t)n);
        vsnprintf(t->ptr + t->len, (size_t)n + 1, fmt, again);
    }
    if (n > 0) t->len += (size_t)n;
    va_end(again);
    va_end(args);
}

void text_free(struct text *t) {
    free(t->ptr);
    *t = (struct text){NULL, 0, 0};
}
