/* metacache: the answers of catalog functions, kept for one connection. Tools ask the same again and again while they
 * open a connection; a copy of the last seconds saves the statement.
 *
 *   metacache_new → metacache_get … metacache_put … metacache_flush … → metacache_free
 *
 * Belongs to the connection, hence to one principal; bounded in time (from when the answer came) and in bytes (the oldest
 * go first). What the connection itself does to the catalogue, or to where it stands, flushes it. An answer that was asked
 * for before a flush is not kept after it: metacache_epoch is taken before asking and given to metacache_put.
 * Any thread; a lock of its own. A NULL cache is one that is off. */
#ifndef DRIVER_API_METACACHE_H
#define DRIVER_API_METACACHE_H

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
void metacache_flush(struct metacache *c);

#endif
