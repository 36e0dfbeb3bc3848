/* json_rows: the text [[cell, …], …] of a JSON_ARRAY chunk, as batches of typed columns.
 *
 * A strict scanner for this one shape, without a tree: a cell is a string or null (bare numbers, true and false are
 * let pass). Each is parsed straight into the physical type of its column; one that does not fit is an error that names
 * row and column. Batches are bounded in rows and bytes, so memory does not grow with the chunk. */
#ifndef DRIVER_RESULT_JSON_ROWS_H
#define DRIVER_RESULT_JSON_ROWS_H

#include "batch.h"
#include "block.h"

struct json_rows;

enum rc json_rows_new(struct json_rows **out, const struct sea_manifest *manifest, struct err *e) MUST_CHECK;
void json_rows_free(struct json_rows **j);

/* Takes the text over, also on failure. Only when the text before is used up. "" and "null" are texts without rows. */
enum rc json_rows_feed(struct json_rows *j, struct block **text, struct err *e) MUST_CHECK;
enum rc json_rows_next(struct json_rows *j, struct batch **out, struct err *e) MUST_CHECK;   /* NULL = used up */

#endif
