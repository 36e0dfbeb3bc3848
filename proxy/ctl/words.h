/* words: numbers as people read them. */
#ifndef CTL_WORDS_H
#define CTL_WORDS_H

enum { WORDS_BYTES = 48 };

struct words {
    char text[WORDS_BYTES];
};

struct words words_bytes(double n);                     /* "45.9 MiB" */
struct words words_time(double seconds);                /* "1 h 15 min" */
struct words words_percent(double part, double all);    /* "98.1 %", "-" of nothing */

#endif
