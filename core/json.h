/* json: small control messages through cJSON, and the two things cJSON cannot do for us: find a member in a large
 * text without building a tree, and refuse duplicate keys.
 *
 * Trees are for control messages only (limit JSON_MAX_TREE bytes). Bulk results are cut out of the text first with
 * json_slice() and decoded by the result room. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "err.h"
#include "sv.h"

enum { JSON_MAX_DEPTH = 64, JSON_MAX_TREE = 16 * 1024 * 1024 };

/* ERR_PROTOCOL with the position when the text is not one JSON value, is too deep or too large. Free with cJSON_Delete. */
enum rc json_parse(struct sv text, cJSON **out, struct err *e) MUST_CHECK;

/* Typed members of an object; the fallback is returned when absent, null or of another type. */
const char *json_str(const cJSON *obj, const char *key);              /* NULL = absent; borrowed from the tree */
int64_t json_i64(const cJSON *obj, const char *key, int64_t fallback); /* also accepts a string of digits */
bool json_bool(const cJSON *obj, const char *key, bool fallback);
const cJSON *json_obj(const cJSON *obj, const char *key);              /* NULL = absent or not an object */
const cJSON *json_arr(const cJSON *obj, const char *key);

/* The raw text of the value at a path of member names ("result", "data_array", NULL-terminated), found by one pass
 * that knows strings and nesting. found=false when absent. ERR_PROTOCOL when the text up to there is not JSON. */
enum rc json_slice(struct sv text, const char *const *path, struct sv *out, bool *found, struct err *e) MUST_CHECK;

/* Check one JSON value without a tree: depth, syntax, UTF-8 and (if asked) duplicate keys at any level. */
enum rc json_check(struct sv text, bool refuse_duplicates, struct err *e) MUST_CHECK;

/* Append s as a JSON string with its quotes. s is UTF-8; ill-formed parts become U+FFFD. */
enum rc json_quote(struct buf *out, struct sv s, struct err *e) MUST_CHECK;

/* Append the text that a JSON string token stands for (token with or without its quotes). \uXXXX pairs are joined,
 * lone surrogates become U+FFFD. ERR_PROTOCOL on a bad escape. */
enum rc json_unquote(struct buf *out, struct sv token, struct err *e) MUST_CHECK;

#endif
