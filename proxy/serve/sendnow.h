/* sendnow: gives an answer to the kernel at once. evhttp asks the loop first whether the socket takes bytes, and after
 * writing asks again whether to go on: two turns and two system calls more, which is a quarter of a small hit.
 *
 * To be called right after evhttp_send_reply() or evhttp_send_reply_end() on the same turn. When all of the answer went
 * out, the request has ended when this returns: its completion callback was called, and the connection reads the next
 * request, or is gone. What the socket did not take is left to the loop, as are faults. Not for TLS. */
#ifndef PROXY_SENDNOW_H
#define PROXY_SENDNOW_H

#include <event2/http.h>

void sendnow(struct evhttp_connection *conn);

#endif
