/* addr: where to listen: "host:port", "[ipv6]:port", "unix:path", or "systemd:name" for a socket that is passed to us.
 * Pure text work. */
#ifndef PROXY_ADDR_H
#define PROXY_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct addr {
    bool is_unix;
    bool is_passed;   /* by systemd; path is the socket's name */
    char host[256];   /* without brackets; "" unless TCP */
    uint16_t port;    /* 0 = any free port */
    char path[104];   /* fits sockaddr_un; "" when TCP */
};

enum rc addr_parse(const char *text, struct addr *out, struct err *e) MUST_CHECK;   /* ERR_CONFIG_BAD */
bool addr_host_is_loopback(const char *host);  /* 127.0.0.0/8, ::1 or "localhost"; never asks DNS */
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_same(const struct addr *a, const struct addr *b);  /* cannot both be listened on: equal, and not port 0 */
void addr_print(const struct addr *a, char *out, size_t cap);

#endif
