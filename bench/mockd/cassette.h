/* cassette: a result that was made before, mapped into memory: its columns, its chunks, their bytes. */
#ifndef BENCH_MOCKD_CASSETTE_H
#define BENCH_MOCKD_CASSETTE_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_CASSETTES = 64 };

struct piece {                  /* one chunk */
    long long rows, offset;
    long long bytes, at, wire;  /* before compression; where it is, and its size there */
};

struct cassette {
    char *name, *match;
    char *columns;              /* JSON */
    bool json, plain;           /* JSON_ARRAY instead of ARROW_STREAM; not compressed */
    bool unlisted;              /* the server does not list the chunks, only counts them */
    int n_columns, n;
    long long rows, bytes;
    struct piece *pieces;
    const char *tape;
    char *inline_text;          /* base64 of the only chunk, if it is small */
};

struct shelf {
    struct cassette all[MAX_CASSETTES];
    int n;
};

void shelf_load(struct shelf *s, const char *dir);  /* each folder in it that has a manifest.json */
const struct cassette *shelf_find(const struct shelf *s, const char *sql);
const struct cassette *shelf_named(const struct shelf *s, const char *name, size_t len, const char *suffix);

#endif
