/* metacache: the answers of catalog functions, kept for one connection. Tools ask the same again and again while they
 * open a connection; a copy of the last seconds saves the statement.
 *
 *   metacache_new → metacache_get … metacache_put … metacache_flush … → metacache_free
 *
 * Belongs to the connection, hence to one principal; bounded in time (from when the answer came) and in bytes (the oldest
 * go first). What the connection itself does to the catalogue, or to where it stands, flushes it. An answer that was asked
 * for before a flush is not kept after it: metacache_epoch is taken before asking and given to metacache_put.
 *
 * Programs also walk: they ask for one table after the other of a schema. A family is such a question without the
 * table's name; metacache_walks tells when it pays to ask for the whole family and to keep that.
 * Any thread; a lock of its own. A NULL cache is one that is off. */
#ifndef DRIVER_API_METACACHE_H
#define DRIVER_API_METACACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sv.h"

struct memrows;
struct metacache;

struct metacache *metacache_new(int64_t ttl_ms, size_t max_bytes);      /* NULL = off (ttl 0), or out of memory */
void metacache_free(struct metacache **c);
uint64_t metacache_epoch(struct metacache *c);
struct memrows *metacache_get(struct metacache *c, struct sv key);      /* a reference for the caller, or NULL */
void metacache_put(struct metacache *c, struct sv key, struct memrows *rows, uint64_t epoch);
size_t metacache_room(const struct metacache *c);                       /* bytes that all answers may have together */
/* member of family was asked for and is not kept: true when it is the third one (or later) of the family, each within
 * the time of an answer after the one before. True at most once in that time, whatever becomes of the whole: one that is
 * too large, or was not allowed, is not asked for at every step. */
bool metacache_walks(struct metacache *c, struct sv family, struct sv member);
void metacache_flush(struct metacache *c);

#endif
