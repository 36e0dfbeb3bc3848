/* flight: one run of a cacheable statement upstream, and all who wait for it.
 *
 *   LOCKING ──► ELSEWHERE (another instance runs it) ─┐
 *      └──────► SUBMITTING ──► RUNNING (polled) ──────┴──► landed: the flight is gone
 *
 * The flight owns the upstream request with a copy of what its first request said, so that no client's speed, death or
 * cancel touches another's result. Each participant has a seat and, but for the first one, a statement id of its own;
 * the first keeps the upstream's id. A request joins only while nothing that the flight may have read was changed since
 * it began. An answer that is too large to be captured goes to one participant as a stream, and the others run alone.
 *
 * Waiters end by event, all at once; each waits no longer than its own wait_timeout. The first failure of the
 * infrastructure makes one waiter the new first; the second ends all. One loop; nothing here blocks. */
#ifndef PROXY_SERVE_FLIGHT_H
#define PROXY_SERVE_FLIGHT_H

#include "exchange.h"
#include "proxy/keys/handle.h"

struct flight;
struct flights;

enum rc flights_new(struct flights **out, struct proxy *p, struct err *e) MUST_CHECK;
void flights_free(struct flights **f);   /* seats must be empty */
size_t flights_count(const struct flights *f);
size_t flights_waiters(const struct flights *f);

/* Join the flight of this statement or begin one. The exchange is answered later, or at once. */
void flight_enter(struct exchange *x);

/* Fetch anew what this exchange is being served from memory, with its token, for nobody but the cache. */
void flight_refresh(struct exchange *x);

/* The exchange ends before it was answered. Nothing to leave is welcome. */
void seat_leave(struct exchange *x);

/* ---- requests on statement ids --------------------------------------------------------------------------------- */

struct flight *flight_by_gen(struct flights *f, const uint8_t gen[HANDLE_GEN_BYTES]);  /* NULL = none under way */
struct flight *flight_by_upstream_id(struct flights *f, const struct tenant *t, struct sv id);

bool flight_is_of(const struct flight *f, const uint8_t principal[DIGEST_BYTES]);

/* The upstream's id behind a generation that has landed; ptr NULL = not known (any more). */
struct sv flights_landed_id(struct flights *f, const uint8_t gen[HANDLE_GEN_BYTES]);

/* The result behind this id of the upstream's, the principal's own, was given to others as well, and nothing of it is
 * kept here: their links and chunks end with it, so it is not closed. The upstream forgets it by itself after an hour. */
bool flights_id_is_shared(struct flights *f, const struct tenant *t, const uint8_t principal[DIGEST_BYTES],
                          struct sv id);

/* A GET of its status under the id that the client uses; from_upstream: that is the upstream's own. */
void flight_poll(struct exchange *x, struct flight *f, bool from_upstream);

/* The holder of one id (from_upstream: of the upstream's own) cancels or closes; to be called once for each. true =
 * others go on: answer {}. false = it was the last: *id_r is what is to be cancelled upstream; ptr NULL = nothing yet, the
 * flight sees to it. */
bool flight_detach(struct flight *f, bool from_upstream, struct sv *id_r);

#endif
