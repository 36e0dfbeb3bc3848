#include "server.h"

#include <stdio.h>

static enum rc bad(const char *url, const char *why, struct err *e) {
    return err_set(e, ERR_CONFIG_BAD,
                   "[redis] url '%s': %s (wanted: redis://host:port, rediss://host:port or unix:PATH)", url, why);
}

static enum rc set_host(struct sv host, const char *url, struct server *out, struct err *e) {
    if (!host.len || host.len >= sizeof out->host) return bad(url, "the host is missing or too long", e);
    memcpy(out->host, host.ptr, host.len);
    out->host[host.len] = '\0';
    return RC_OK;
}

/* host, host:port, [v6], [v6]:port */
static enum rc parse_host_port(struct sv v, const char *url, struct server *out, struct err *e) {
    struct sv host = v, port = SV_NULL, inner;
    long long n = 6379;
    if (v.len && v.ptr[0] == '[') {
        if (!sv_cut(sv_make(v.ptr + 1, v.len - 1), ']', &host, &inner)) return bad(url, "a ']' is missing", e);
        if (inner.len && inner.ptr[0] != ':') return bad(url, "there is more behind the ']'", e);
        if (inner.len) port = sv_make(inner.ptr + 1, inner.len - 1);
    } else if (!sv_cut(v, ':', &host, &port)) {
        host = v;
        port = SV_NULL;
    }
    if (port.ptr && (!sv_to_i64(port, &n) || n < 1 || n > 65535))
        return bad(url, "the port is no number from 1 to 65535", e);
    out->port = (int)n;
    return set_host(host, url, out, e);
}

enum rc server_parse(const char *url, struct server *out, struct err *e) {
    struct sv v = sv_of(url);
    *out = (struct server){0};
    if (sv_istarts(v, SV_LIT("unix:"))) {
        v = sv_make(v.ptr + 5, v.len - 5);
        if (sv_istarts(v, SV_LIT("///"))) v = sv_make(v.ptr + 2, v.len - 2);
        out->is_unix = true;
        return set_host(v, url, out, e);
    }
    out->tls = sv_istarts(v, SV_LIT("rediss://"));
    if (!out->tls && !sv_istarts(v, SV_LIT("redis://"))) return bad(url, "the scheme is unknown", e);
    v = sv_make(v.ptr + (out->tls ? 9 : 8), v.len - (out->tls ? 9 : 8));
    if (v.len && v.ptr[v.len - 1] == '/') v.len--;
    if (memchr(v.ptr, '@', v.len))
        return err_set(e, ERR_CONFIG_BAD,
                       "[redis] url: no user or password in it; there are the keys user and password");
    if (memchr(v.ptr, '/', v.len))
        return err_set(e, ERR_CONFIG_BAD, "[redis] url: no database in it; there is the key database");
    return parse_host_port(v, url, out, e);
}

bool server_is(const struct server *a, const struct server *b) {
    return a->is_unix == b->is_unix && a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void server_text(const struct server *s, char out[280]) {
    if (s->is_unix) snprintf(out, 280, "unix:%s", s->host);
    else snprintf(out, 280, strchr(s->host, ':') ? "[%s]:%d" : "%s:%d", s->host, s->port);
}
