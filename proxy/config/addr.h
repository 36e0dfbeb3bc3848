/* addr: where to listen: "host:port", "[ipv6]:port" or "unix:path". Pure text work. */
#ifndef PROXY_ADDR_H
#define PROXY_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct addr {
    bool is_unix;
    char host[256];   /* without brackets; "" when is_unix */
    uint16_t port;    /* 0 = any free port */
    char path[104];   /* fits sockaddr_un; "" unless is_unix */
};

enum rc addr_parse(const char *text, struct addr *out, struct err *e) MUST_CHECK;   /* ERR_CONFIG_BAD */
bool addr_host_is_loopback(const char *host);  /* 127.0.0.0/8, ::1 or "localhost"; never asks DNS */
void addr_print(const struct addr *a, char *out, size_t cap);

#endif
