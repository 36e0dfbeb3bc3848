/* record: what remains of an exchange when it ends: numbers, a line in the access log, its place among the top
 * statements. */
#ifndef PROXY_SERVE_RECORD_H
#define PROXY_SERVE_RECORD_H

struct exchange;

void record_exchange(struct exchange *x);

#endif
