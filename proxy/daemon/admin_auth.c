#include "admin_auth.h"

#include <event2/bufferevent.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sv.h"
#include "proxy/config/addr.h"

/* ---- Unix ------------------------------------------------------------------------------------------------------ */

static int socket_of(struct evhttp_request *req) {
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    return conn ? bufferevent_getfd(evhttp_connection_get_bufferevent(conn)) : -1;
}

static bool is_unix(int fd) {
    int domain = 0;
    socklen_t len = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

static bool is_listed(const struct cfg_list *uids, uid_t uid) {
    long long n;
    for (int i = 0; i < uids->n; i++)
        if (sv_to_i64(sv_of(uids->v[i]), &n) && n >= 0 && (uid_t)n == uid) return true;
    return false;
}

static bool is_trusted_peer(int fd, const struct config_server *cfg) {
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)) return false;
    return peer.uid == 0 || peer.uid == geteuid() || is_listed(&cfg->admin_uids, peer.uid);
}

/* ---- TCP ------------------------------------------------------------------------------------------------------- */

/* A web site can make a browser ask us under a name of its own (DNS rebinding), but not under a loopback one. */
static bool has_local_host(struct evhttp_request *req) {
    const char *host = evhttp_request_get_host(req);
    return host && (addr_host_is_loopback(host) || strcmp(host, "[::1]") == 0);
}

/* Constant time for equal lengths; the length of the token is no secret. */
static bool has_token(struct evhttp_request *req, const char *token) {
    const char *given = evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");
    struct sv mark = SV_LIT("Bearer ");
    if (!given || !sv_istarts(sv_of(given), mark)) return false;
    given += mark.len;
    return strlen(given) == strlen(token) && CRYPTO_memcmp(given, token, strlen(token)) == 0;
}

const char *admin_auth_refuses(struct evhttp_request *req, const struct config_server *cfg, enum admin_need need,
                               int *status_r) {
    int fd = socket_of(req);
    *status_r = 403;
    if (is_unix(fd)) return is_trusted_peer(fd, cfg) ? NULL : "this user may not use the admin socket (admin_uids)";
    if (need == ADMIN_FREE) return NULL;
    if (need == ADMIN_LOCAL) return has_local_host(req) ? NULL : "ask for this page as localhost or 127.0.0.1";
    if (!*cfg->admin_token) return "no admin_token is configured: use the Unix admin socket";
    *status_r = 401;
    return has_token(req, cfg->admin_token) ? NULL : "the admin token is missing or wrong";
}
