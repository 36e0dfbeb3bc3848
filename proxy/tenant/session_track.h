/* session_track: what is known about sessions that were opened through this proxy, as far as results depend on it:
 * their settings, catalog and schema, and the changes that were seen to succeed. What cannot be expressed taints the
 * session: nothing of it is cached until it is closed. Pure but for memory. */
#ifndef PROXY_SESSION_TRACK_H
#define PROXY_SESSION_TRACK_H

#include "proxy/config/config.h"
#include "proxy/keys/secrets.h"
#include "proxy/watch/metrics.h"

struct session_track;

/* A session as one statement saw it when it was sent. */
struct session_view {
    bool used;                          /* the statement names a session */
    uint8_t id[DIGEST_BYTES];           /* digest of the session id */
    uint64_t generation;
    uint8_t fingerprint[DIGEST_BYTES];  /* of everything that results depend on */
};

enum rc session_track_new(struct session_track **out, const struct secrets *s, struct metrics *m,
                          struct err *e) MUST_CHECK;
void session_track_free(struct session_track **t);

/* Settings that cannot change a result, by name; borrowed until the next call. */
void session_track_ignore(struct session_track *t, const struct cfg_list *confs);

/* Opened: the request's body and the id of the answer. What cannot be understood gives a tainted session. */
void session_track_open(struct session_track *t, const uint8_t principal[DIGEST_BYTES], struct sv body, struct sv id);
void session_track_close(struct session_track *t, struct sv id);

/* May a statement in this session use the cache? BYPASS_NONE = yes, and the view is filled. */
enum bypass session_track_view(struct session_track *t, const uint8_t principal[DIGEST_BYTES], struct sv id,
                               struct session_view *out);

/* What names and dates in its statements mean; ptr NULL = not known. Borrowed until the session changes. */
struct session_names {
    struct sv catalog, schema, time_zone;
};
struct session_names session_track_names(const struct session_track *t, struct sv id);

bool session_track_is_same(const struct session_track *t, const struct session_view *v);  /* nothing changed since */

/* A statement of class SESSION: begin before it is sent, end when its outcome is known. What cannot be followed taints.
 */
enum session_outcome { SESSION_DONE, SESSION_UNCHANGED, SESSION_UNCLEAR };
void session_track_begin_change(struct session_track *t, struct sv id);
void session_track_end_change(struct session_track *t, struct sv id, struct sv sql, enum session_outcome outcome);
void session_track_taint(struct session_track *t, struct sv id);

#endif
