/* text: a string that grows. The mock gives up when there is no memory, so nothing here fails. */
#ifndef BENCH_MOCKD_TEXT_H
#define BENCH_MOCKD_TEXT_H

#include <stddef.h>

struct text {
    char *ptr;                  /* always followed by a zero, once anything was added */
    size_t len, cap;
};

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_bytes(struct text *t, const void *bytes, size_t n);
void text_free(struct text *t);

/* The ends of the program when something cannot be: a message, and exit. */
_Noreturn void die(const char *what, const char *about);
void *must(void *p);            /* p, unless it is NULL */

#endif
