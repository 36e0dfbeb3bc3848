/* rowstore: all rows of a static cursor that have arrived so far, so that it can go back to them.
 *
 *   rowstore_add … → rowstore_find, any row → rowstore_trim → rowstore_find … → rowstore_free
 *
 * Batches are kept as they come, without copying, until max_bytes are held; what comes after that goes to disk
 * (spill.h) in pieces of about PIECE_BYTES, and a piece is read back when one of its rows is wanted. A few pieces
 * stay in memory, for neighbours. One thread at a time. */
#ifndef DRIVER_RESULT_ROWSTORE_H
#define DRIVER_RESULT_ROWSTORE_H

#include "batch.h"

struct rowstore;

struct rowstore_in {
    size_t max_bytes;           /* in memory, pieces read back not counted; 0 = all goes to disk */
    const char *folder;         /* of the file; NULL or "" = the usual one. Must outlive the store */
};

enum rc rowstore_new(struct rowstore **out, const struct rowstore_in *in, struct err *e) MUST_CHECK;
void rowstore_free(struct rowstore **s);

/* Appends the batch and takes it, also on failure: then its rows are lost and the store ends before them. */
enum rc rowstore_add(struct rowstore *s, struct batch **b, struct err *e) MUST_CHECK;
int64_t rowstore_rows(const struct rowstore *s);

/* The batch that holds row (0 … rows − 1) and the row's number in it. Good until rowstore_trim. */
enum rc rowstore_find(struct rowstore *s, int64_t row, struct batch **b_r, int64_t *row_r, struct err *e) MUST_CHECK;
/* None of the batches found so far is in use any more. */
void rowstore_trim(struct rowstore *s);

#endif
