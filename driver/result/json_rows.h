/* json_rows: the text [[cell, …], …] of a JSON_ARRAY chunk, as batches of typed columns.
 *
 *   json_rows_feed(piece) → json_rows_next … until NULL → json_rows_feed(next piece) → …  → json_rows_finish
 *
 * A chunk's text comes in pieces cut anywhere, also inside an escape or a character; the first piece after new or finish
 * begins a chunk. Rows are given out as soon as they are whole, in batches bounded in rows and bytes; of a piece only the
 * row that it cut is kept. So memory does not grow with the chunk, and a byte is looked at twice at most.
 *
 * A strict scanner for this one shape, without a tree: a cell is a string or null (bare numbers, true and false are
 * let pass). Each is parsed straight into the physical type of its column; one that does not fit is an error that names
 * row and column. Errors are ERR_RESULT_CORRUPT, but for memory and limits; after one nothing but free is of use. */
#ifndef DRIVER_RESULT_JSON_ROWS_H
#define DRIVER_RESULT_JSON_ROWS_H

#include "batch.h"
#include "block.h"

struct json_rows;

enum rc json_rows_new(struct json_rows **out, const struct sea_manifest *manifest, struct err *e) MUST_CHECK;
void json_rows_free(struct json_rows **j);

/* Takes the piece over, also on failure, and lets go of it as soon as it is used up. Only when the one before is. */
enum rc json_rows_feed(struct json_rows *j, struct block **piece, struct err *e) MUST_CHECK;
/* NULL = the piece is used up. A batch has at least one row and outlives the reader. */
enum rc json_rows_next(struct json_rows *j, struct batch **out, struct err *e) MUST_CHECK;
/* The chunk is over, its pieces used up: an error unless its array is closed. No text at all, blanks and "null" are chunks
 * without rows. */
enum rc json_rows_finish(struct json_rows *j, struct err *e) MUST_CHECK;

#endif
