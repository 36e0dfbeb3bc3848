/* sea_codec: JSON text of the SQL Statement Execution API to sea_model and back. Pure: text in, values out.
 *
 * Unknown members are ignored, absent ones get the model's defaults, wrong types and impossible numbers (negative
 * counts, absurd sizes) are ERR_PROTOCOL. The large members data_array and attachment are never turned into a tree. */
#ifndef CORE_SEA_CODEC_H
#define CORE_SEA_CODEC_H

#include "arena.h"
#include "buf.h"
#include "err.h"
#include "sea_model.h"

enum rc sea_answer_parse(struct sv body, struct arena *a, struct sea_answer *out, struct err *e) MUST_CHECK;
enum rc sea_result_parse(struct sv body, struct arena *a, struct sea_result *out, struct err *e) MUST_CHECK;

/* The failure that an HTTP status >= 300 and its body tell: standard JSON (numeric or text error_code), "CODE: text",
 * HTML title, raw text. Sets code, http_status, sqlstate if any, retryable for 429 and 503. Always returns RC_ERR. */
enum rc sea_http_error(int http_status, struct sv body, struct err *e);

/* The failure that a FAILED, CANCELED or CLOSED answer tells. Always returns RC_ERR. */
enum rc sea_statement_error(const struct sea_answer *answer, struct err *e);

enum rc sea_request_write(const struct sea_request *r, struct buf *out, struct err *e) MUST_CHECK;
enum rc sea_session_write(const char *warehouse_id, const char *catalog, const char *schema,
                          int n_confs, const struct sea_header *confs, struct buf *out, struct err *e) MUST_CHECK;

/* Five characters of SQLSTATE out of an error message: "SQLSTATE: 42601", else by "[ERROR_CLASS…]". false = none. */
bool sea_sqlstate_find(const char *message, char sqlstate_r[6]);

/* ISO-8601 with zone ("2024-11-08T15:20:17.922Z") to wall-clock milliseconds; 0 when it cannot be read. */
int64_t sea_time_parse(const char *iso);

#endif
