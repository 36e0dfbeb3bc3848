#include "listener.h"

#include <errno.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "systemd.h"

enum { BACKLOG = 4096 };

static enum rc fail(const struct addr *a, const char *what, struct err *e) {
    char text[300];
    int saved = errno;
    addr_print(a, text, sizeof text);
    return err_set(e, ERR_CONFIG_BAD, "cannot listen on %s: %s: %s", text, what, strerror(saved));
}

/* ---- Unix ------------------------------------------------------------------------------------------------------ */

static struct sockaddr_un unix_name(const char *path) {
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    memcpy(un.sun_path, path, strlen(path) + 1); /* struct addr is no longer than that */
    return un;
}

/* Does somebody answer there? Then it must be left alone. */
static bool is_served(const struct sockaddr_un *un) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return true;
    bool served = connect(fd, (const struct sockaddr *)un, sizeof *un) == 0 ||
                  (errno != ECONNREFUSED && errno != ENOENT);
    close(fd);
    return served;
}

static enum rc clear_stale(const struct addr *a, const struct sockaddr_un *un, struct err *e) {
    struct stat st;
    if (lstat(a->path, &st)) return errno == ENOENT ? RC_OK : fail(a, "the path cannot be looked at", e);
    if (!S_ISSOCK(st.st_mode)) return err_set(e, ERR_CONFIG_BAD, "%s exists and is not a socket", a->path);
    if (is_served(un)) return err_set(e, ERR_CONFIG_BAD, "%s is served by another process", a->path);
    return unlink(a->path) && errno != ENOENT ? fail(a, "the stale socket cannot be removed", e) : RC_OK;
}

static enum rc bind_unix(const struct addr *a, int *fd_r, struct err *e) {
    struct sockaddr_un un = unix_name(a->path);
    if (clear_stale(a, &un, e)) return RC_ERR;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fail(a, "socket", e);
    mode_t old = umask(0177); /* never open to others, not even for a moment */
    int failed = bind(fd, (struct sockaddr *)&un, sizeof un);
    umask(old);
    if (failed) {
        fail(a, "bind", e);
        close(fd);
        return RC_ERR;
    }
    *fd_r = fd;
    return RC_OK;
}

/* ---- TCP ------------------------------------------------------------------------------------------------------- */

static int bind_one(const struct addrinfo *ai) {
    int one = 1, fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* inherited by accepted connections */
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static enum rc bind_tcp(const struct addr *a, int *fd_r, struct err *e) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", a->port);
    int gai = getaddrinfo(a->host, port, &hints, &list);
    if (gai) return err_set(e, ERR_CONFIG_BAD, "cannot listen on %s: %s", a->host, gai_strerror(gai));
    *fd_r = bind_one(list);
    freeaddrinfo(list);
    return *fd_r < 0 ? fail(a, "bind", e) : RC_OK;
}

static void learn_port(struct listener *l, int fd) {
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    if (getsockname(fd, (struct sockaddr *)&ss, &len)) return;
    if (ss.ss_family == AF_INET) l->addr.port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
    if (ss.ss_family == AF_INET6) l->addr.port = ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

static void learn_kind(struct listener *l, int fd) {
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    char host[NI_MAXHOST] = "";
    if (getsockname(fd, (struct sockaddr *)&ss, &len)) return;
    l->is_unix = ss.ss_family == AF_UNIX;
    if (!l->is_unix) getnameinfo((struct sockaddr *)&ss, len, host, sizeof host, NULL, 0, NI_NUMERICHOST);
    l->is_exposed = !l->is_unix && !addr_host_is_loopback(host);
}

static enum rc get_fd(const struct addr *addr, int *fd_r, struct err *e) {
    if (addr->is_passed) return systemd_socket(addr->path, fd_r, e);
    return addr->is_unix ? bind_unix(addr, fd_r, e) : bind_tcp(addr, fd_r, e);
}

void listener_set_mode(struct listener *l, bool for_all_users) {
    if (l->addr.is_unix && chmod(l->addr.path, for_all_users ? 0666 : 0600)) return; /* removed: nobody can come */
}

static void remember_file(struct listener *l, bool for_all_users) {
    struct stat st;
    listener_set_mode(l, for_all_users);
    if (lstat(l->addr.path, &st) == 0) l->dev = st.st_dev, l->ino = st.st_ino;
}

enum rc listener_open(struct listener *l, struct event_base *base, const struct addr *addr, bool for_all_users,
                      struct err *e) {
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED;
    int fd = -1;
    *l = (struct listener){.addr = *addr};
    if (get_fd(addr, &fd, e)) return RC_ERR;
    l->lev = evconnlistener_new(base, NULL, NULL, flags, addr->is_passed ? 0 : BACKLOG, fd);
    if (!l->lev) {
        fail(addr, "listen", e);
        close(fd);
        return RC_ERR;
    }
    learn_kind(l, fd);
    if (addr->is_unix) remember_file(l, for_all_users);
    else if (!addr->is_passed) learn_port(l, fd);
    return RC_OK;
}

enum rc listener_serve(struct listener *l, struct evhttp *http, struct err *e) {
    l->bound = evhttp_bind_listener(http, l->lev);
    if (!l->bound) return err_nomem(e);
    evconnlistener_enable(l->lev);
    return RC_OK;
}

void listener_pause(struct listener *l, bool paused) {
    if (!l->lev) return;
    if (paused) evconnlistener_disable(l->lev);
    else evconnlistener_enable(l->lev);
}

void listener_close(struct listener *l, struct evhttp *http) {
    struct stat st;
    if (!l->lev) return;
    if (l->bound) evhttp_del_accept_socket(http, l->bound);
    else evconnlistener_free(l->lev);
    l->bound = NULL;
    l->lev = NULL;
    if (l->addr.is_unix && lstat(l->addr.path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
        unlink(l->addr.path);
}
