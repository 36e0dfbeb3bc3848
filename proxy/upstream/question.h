/* question: a request of our own: its answer is small and is kept whole, up to a limit, until the next is asked. */
#ifndef PROXY_UPSTREAM_QUESTION_H
#define PROXY_UPSTREAM_QUESTION_H

#include "core/json.h"
#include "upstream.h"

typedef void question_fn(void *arg, enum upstream_fault fault);

struct question {
    struct upstream_req *req;  /* NULL = none under way */
    int head;                  /* the status that came; 0 = none did */
    bool is_whole;             /* all of the answer is here: no fault, and not over the limit */
    struct buf answer;
    int64_t sent_ms;           /* monotonic */
    question_fn *fn;
    void *arg;
};

/* fn is called once for each question that is asked, from then on never during question_ask(). */
void question_init(struct question *q, size_t most, question_fn *fn, void *arg);
void question_fini(struct question *q);  /* what is under way is cancelled */

/* One at a time. call->total_ms is also how long it may be silent; the answer is asked for in plain or gzip. */
enum rc question_ask(struct question *q, struct upstream *u, struct upstream_call call, struct err *e) MUST_CHECK;

int question_status(const struct question *q);  /* 0 unless the answer is whole */
cJSON *question_json(const struct question *q); /* of a whole answer with status 200; NULL = it is not JSON, or no such */

#endif
