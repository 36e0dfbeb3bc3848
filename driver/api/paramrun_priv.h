/* paramrun_priv: an execution with parameters, for the files that carry it out. */
#ifndef DRIVER_API_PARAMRUN_PRIV_H
#define DRIVER_API_PARAMRUN_PRIV_H

#include "driver/sql/insert.h"
#include "driver/sql/scan.h"
#include "paramchunk.h"
#include "paramrow.h"
#include "paramrun.h"

enum { PARAMRUN_MAX_TEXT = 16 * 1024 * 1024 };      /* of a statement, as the API takes it */

struct paramrun {
    struct stmt *stmt;
    struct arena arena;         /* what lives as long as the run */
    struct sv sql;
    struct scan scan;
    struct markers marks;
    struct insert shape;
    SQLULEN n_sets, at;         /* at: the set whose turn it is, from 0 */
    bool gathers;               /* into statements of many tuples */
    int number;                 /* the data-at-execution parameter that SQLParamData named; 0 = none in this set yet */
    struct held *held;          /* per marker */
    size_t held_bytes;
    struct arena values;        /* of the set whose turn it is */
    struct paramchunk chunk;
    int64_t deadline;
    SQLULEN tried, failed, warned;
    SQLLEN count;               /* rows affected so far; -1 = the server did not say */
    bool stopped;               /* the server cannot be asked any more */
    bool taken;                 /* the only set's result became the statement's */
};

/* What the application sees of a set; a failed one is counted, too. */
void paramrun_status(struct paramrun *r, SQLULEN set, SQLUSMALLINT status);
void paramrun_failed(struct paramrun *r, SQLULEN set, SQLUSMALLINT status);
void paramrun_add_count(struct paramrun *r, SQLLEN n);
void paramrun_server_failed(struct paramrun *r, const struct err *e);

#endif
