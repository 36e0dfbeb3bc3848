/* flight_priv: shared by flights.c (the registry), flight.c (beginning, joining, leaving), flight_seat.c (one participant),
 * flight_run.c (the upstream's side) and flight_land.c (ends). */
#ifndef PROXY_SERVE_FLIGHT_PRIV_H
#define PROXY_SERVE_FLIGHT_PRIV_H

#include "flight.h"
#include "proxy/cache/answer.h"
#include "proxy/redis/shared.h"
#include "statement.h"

enum flight_phase { FLIGHT_LOCKING, FLIGHT_ELSEWHERE, FLIGHT_SUBMITTING, FLIGHT_RUNNING, FLIGHT_LANDED };

enum { FLIGHT_HEARD_MS = 15 * 60 * 1000, FLIGHT_SILENCE_MS = 75 * 1000, FLIGHT_SLACK = 64 * 1024,
       FLIGHT_NEWS_MS = 100 };

/* One place in a map of flights. */
struct flight_name {
    struct keymap_node node;
    struct flight *flight;
    bool in;
};

struct seat {
    struct flight *flight;
    struct exchange *x;
    bool is_first;                 /* gets the upstream's own id */
    bool is_poll;                  /* a GET: any news will do */
    bool own_id;                   /* the client knows it by x->route.id or id below, not by the upstream's */
    char id[HANDLE_TEXT_BYTES];    /* "" = the upstream's */
    struct event *deadline;
    TAILQ_ENTRY(seat) link;
};

struct flight {
    struct proxy *proxy;
    struct tenant *tenant;
    struct flight_name by_key, by_gen, by_id;
    enum flight_phase phase;
    struct analysis *analysis;
    struct fill fill;
    uint8_t principal[DIGEST_BYTES];
    bool is_background;
    bool is_over;                  /* nobody may join: everybody cancelled */
    bool wants_cancel, is_cancelled;  /* upstream is to be told so once it is known; was told */
    struct version *before;        /* of the analysis' tables, as they were known when it was sent; NULL = not all */
    int handles;                   /* ids that clients hold and have not closed … */
    bool first_holds;              /* … the upstream's own among them */
    bool told_others;              /* ids of ours stand for the result that the upstream keeps, and we do not */
    int reruns;

    /* the request, as it is sent */
    struct evkeyvalq headers;      /* with the token; wiped at the end */
    char *target;
    struct buf body, moved;        /* moved: for another warehouse */
    bool is_movable;
    char *authorization;           /* of it, for links; wiped */

    /* the answer */
    struct upstream_req *up;
    struct arena arena;
    struct evkeyvalq head;
    int status;
    struct buf captured;
    size_t accounted;
    char upstream_id[HANDLE_UPSTREAM_BYTES];
    bool is_polling;               /* up is a poll */
    int64_t poll_ms, news_ms;      /* wait before the next poll; when the last news came */
    int poll_faults;               /* in a row */
    struct event *timer;

    /* among instances */
    struct shared_lock *lock;
    struct shared_watch *watch;
    struct shared_op *op;
    int64_t elsewhere_until_ms;

    TAILQ_HEAD(, seat) seats;
    TAILQ_ENTRY(flight) link;
};

struct flights {
    struct proxy *proxy;
    struct keymap by_key, by_gen, by_id, landed;
    TAILQ_HEAD(flight_list, flight) all;
    TAILQ_HEAD(, landing) landings;   /* oldest first */
    size_t n_landings, n_flights, n_waiters;
    struct event *sweep;
};

/* flights.c */
struct flight *flights_find(struct flights *f, const uint8_t key[DIGEST_BYTES]);  /* that others join; NULL = none */
void flights_add(struct flight *f);
void flights_name(struct flight *f, const uint8_t gen[DIGEST_BYTES]);   /* the generation, padded with zeros */
void flights_offer(struct flight *f);                                   /* from now on it is the one that others join */
void flights_remove(struct flight *f);

/* flight_seat.c */
struct page;                                  /* bytes that several answers send at once; counted */
struct page *page_new(struct sv bytes);       /* NULL = out of memory */
void page_unref(struct page *p);
struct seat *seat_new(struct flight *f, struct exchange *x);
bool seat_set_deadline(struct seat *s, int64_t wait_ms);   /* false = it cannot wait */
void seat_set_status(struct seat *s, const char *detail);
void seat_answer(struct seat *s, int status, const struct evkeyvalq *head, struct page *p);
void seat_answer_state(struct seat *s, const char *state);

/* flight.c */
void flight_free(struct flight *f);
void flight_delist(struct flight *f);                        /* nobody joins any more */
bool flight_name_upstream(struct flight *f, struct sv id);   /* from now on it is found by it */
bool flight_digest_id(const struct tenant *t, struct sv id, uint8_t out[DIGEST_BYTES]);
struct seat *flight_first_waiter(struct flight *f);          /* not a poll; NULL = none */
bool flight_take_request(struct flight *f, struct exchange *x);  /* copies what is sent; false = out of memory */
bool flight_take_token(struct flight *f, struct exchange *x);    /* polls go on with this one's */
void flight_count_waiter(struct flight *f, bool comes);
void flight_unname_upstream(struct flight *f);                   /* that statement is of no use any more */

/* flight_run.c */
void flight_begin(struct flight *f);
void flight_poll_now(struct flight *f);
void flight_cancel_upstream(struct flight *f);
void flight_stop(struct flight *f);     /* everything under way, silently */

/* flight_land.c: each ends seats; the ones named land_ end the flight too */
void flight_tell_running(struct flight *f, struct sv body);
void flight_land_answer(struct flight *f, struct sv body, const struct answer *a);
void flight_land_entry(struct flight *f, struct entry *e);
void flight_land_failure(struct flight *f, const struct upstream_end *end);   /* no answer at all */
void flight_land_status(struct flight *f, struct sv body);                    /* HTTP status other than 200 */
void flight_release_all(struct flight *f);    /* all run alone */
void flight_stream(struct flight *f, struct sv more);  /* too large: to one, the others run alone */
void seat_answer_pending(struct seat *s);
void seat_answer_canceled(struct seat *s);
void seat_free(struct seat *s);

#endif
