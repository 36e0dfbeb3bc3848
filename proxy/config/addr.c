#include "addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/sv.h"

static enum rc set_path(struct addr *out, const char *what, const char *path, struct err *e) {
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof out->path)
        return err_set(e, ERR_CONFIG_BAD, "%s has 1 to %zu characters: \"%s\"", what, sizeof out->path - 1, path);
    memcpy(out->path, path, len + 1);
    return RC_OK;
}

static bool split_host_port(const char *text, struct sv *host, struct sv *port) {
    const char *colon = strrchr(text, ':');
    if (!colon) return false;
    *host = sv_make(text, (size_t)(colon - text));
    *port = sv_of(colon + 1);
    if (host->len >= 2 && host->ptr[0] == '[' && host->ptr[host->len - 1] == ']')
        *host = sv_make(host->ptr + 1, host->len - 2);
    else if (memchr(host->ptr, ':', host->len))
        return false; /* IPv6 wants brackets, or its last group would be the port */
    return host->len > 0;
}

enum rc addr_parse(const char *text, struct addr *out, struct err *e) {
    struct sv host, port;
    long long number = -1;
    *out = (struct addr){0};
    out->is_unix = strncmp(text, "unix:", 5) == 0;
    out->is_passed = strncmp(text, "systemd:", 8) == 0;
    if (out->is_unix) return set_path(out, "a Unix socket path", text + 5, e);
    if (out->is_passed) return set_path(out, "the name of a passed socket", text + 8, e);
    if (!split_host_port(text, &host, &port) || !sv_to_i64(port, &number) || number < 0 || number > 65535 ||
        host.len >= sizeof out->host)
        return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not host:port, [ipv6]:port, unix:PATH or systemd:NAME", text);
    memcpy(out->host, host.ptr, host.len);
    out->port = (uint16_t)number;
    return RC_OK;
}

bool addr_host_is_loopback(const char *host) {
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(host, "localhost") == 0) return true;
    if (inet_pton(AF_INET, host, &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b) {
    return a->is_unix == b->is_unix && a->is_passed == b->is_passed && a->port == b->port &&
           strcmp(a->path, b->path) == 0 && strcasecmp(a->host, b->host) == 0;
}

bool addr_same(const struct addr *a, const struct addr *b) {
    return addr_equal(a, b) && (a->is_unix || a->is_passed || a->port != 0);
}

void addr_print(const struct addr *a, char *out, size_t cap) {
    if (a->is_unix)
        snprintf(out, cap, "unix:%s", a->path);
    else if (a->is_passed)
        snprintf(out, cap, "systemd:%s", a->path);
    else if (strchr(a->host, ':'))
        snprintf(out, cap, "[%s]:%u", a->host, a->port);
    else
        snprintf(out, cap, "%s:%u", a->host, a->port);
}
