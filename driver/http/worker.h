/* worker: a thread of the driver's own, started so that the host program does not notice it: it takes none of the
 * program's signals. Whoever starts one joins it. */
#ifndef DRIVER_HTTP_WORKER_H
#define DRIVER_HTTP_WORKER_H

#include <pthread.h>
#include <stdbool.h>

bool worker_start(pthread_t *thread, void *(*work)(void *), void *arg);     /* false = no thread to be had */

#endif
