#include "sendnow.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

/* evhttp's own 16 KiB make seven turns of a result of 100 KiB. */
enum { MAX_WRITE = 1024 * 1024 };

void sendnow(struct evhttp_connection *conn) {
    struct bufferevent *bev = evhttp_connection_get_bufferevent(conn);
    struct evbuffer *out = bufferevent_get_output(bev);
    if (evbuffer_get_length(out) == 0) return;
    evbuffer_unfreeze(out, 1); /* a bufferevent keeps the front of its output to itself */
    evbuffer_write_atmost(out, bufferevent_getfd(bev), MAX_WRITE);
    evbuffer_freeze(out, 1);
    if (evbuffer_get_length(out) == 0) bufferevent_trigger(bev, EV_WRITE, 0);
    else bufferevent_set_max_single_write(bev, MAX_WRITE);
}
