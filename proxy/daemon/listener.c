#include "listener.h"

#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

/* ---- both ------------------------------------------------------------------------------------------------------ */

enum rc listener_open(struct listener *l, struct event_base *base, struct evhttp *http, const struct addr *addr,
                      struct err *e) {
    int fd = -1;
    *l = (struct listener){.addr = *addr};
    if (addr->is_unix ? bind_unix(addr, &fd, e) : bind_tcp(addr, &fd, e)) return RC_ERR;
    struct evconnlistener *lev =
        evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (!lev) {
        fail(addr, "listen", e);
        close(fd);
        return RC_ERR;
    }
    l->bound = evhttp_bind_listener(http, lev);
    if (!l->bound) {
        evconnlistener_free(lev);
        return err_nomem(e);
    }
    if (!addr->is_unix) {
        learn_port(l, fd);
    } else {
        struct stat st;
        if (lstat(addr->path, &st) == 0) l->dev = st.st_dev, l->ino = st.st_ino;
    }
    return RC_OK;
}

void listener_close(struct listener *l, struct evhttp *http) {
    struct stat st;
    if (!l->bound) return;
    evhttp_del_accept_socket(http, l->bound);
    l->bound = NULL;
    if (l->addr.is_unix && lstat(l->addr.path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
        unlink(l->addr.path);
}
