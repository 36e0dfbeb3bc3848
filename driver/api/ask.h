/* ask: a statement of ours (SHOW …, DESCRIBE …) and its rows, read cell by cell. */
#ifndef DRIVER_API_ASK_H
#define DRIVER_API_ASK_H

#include "driver/session/session.h"

struct stmt;

struct ask {
    struct stmt *stmt;
    int64_t deadline;
    struct result *result;
    struct batch *batch;
    int64_t row;
    int n_known;                /* columns looked up before, by the address of their names */
    struct { const char *names; int col; } known[16];
};

/* Runs sql as a metadata statement within the statement's time-out; a cancel of the statement ends it. */
enum rc ask_open(struct ask *a, struct stmt *s, struct sv sql, struct err *e) MUST_CHECK;
enum rc ask_next(struct ask *a, bool *more, struct err *e) MUST_CHECK;  /* first call: first row */
void ask_close(struct ask *a);          /* an all-zero struct is fine */

/* The column with the first of these names that exists ("col_name|column"), case ignored; -1 = none. The names must stay
 * where they are as long as the ask. */
int ask_column(struct ask *a, const char *names);
/* Views into the current batch, good until ask_next. NULL cells, columns that do not exist and other types: SV_NULL. */
struct sv ask_text(const struct ask *a, int col);
int64_t ask_number(const struct ask *a, int col, int64_t otherwise);    /* also digits in a text */

#endif
