#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

enum { MAX_REQUEST = 64 << 20, STACK_BYTES = 256 << 10, SLICE_MS = 5 };

struct visit {                  /* a connection and who serves it */
    struct conn conn;
    const struct listener *at;
};

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static long long now_us(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

bool http_nap(struct conn *c, long ms) {
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    return poll(&p, 1, (int)ms) == 0;
}

static bool send_all(int fd, const char *bytes, size_t n) {
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent, n -= (size_t)sent;
    }
    return true;
}

static void sleep_until_us(long long at) {
    struct timespec ts = {at / 1000000, at % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR) {}
}

bool http_send(struct conn *c, const void *bytes, size_t n) {
    const char *at = bytes;
    if (!c->mib_per_s) return send_all(c->fd, at, n);
    size_t slice = (size_t)c->mib_per_s * (1 << 20) * SLICE_MS / 1000;
    long long begin = now_us();
    for (size_t done = 0, some; done < n; done += some) {
        some = n - done < slice ? n - done : slice;
        sleep_until_us(begin + (long long)((double)(done + some) * 1e6 / ((double)c->mib_per_s * (1 << 20))));
        if (!send_all(c->fd, at + done, some)) return false;
    }
    return true;
}

static const char *reason(int status) {
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Something";
    }
}

static void put_head(struct text *t, int status, const char *headers, long long length) {
    text_add(t, "HTTP/1.1 %d %s\r\n%s", status, reason(status), headers);
    if (length >= 0) text_add(t, "Content-Length: %lld\r\n", length);
    text_add(t, length >= 0 ? "\r\n" : "Connection: close\r\n\r\n");
}

bool http_head(struct conn *c, int status, const char *headers, long long length) {
    struct text t = {NULL, 0, 0};
    put_head(&t, status, headers, length);
    bool sent = send_all(c->fd, t.ptr, t.len);
    text_free(&t);
    return sent;
}

bool http_answer(struct conn *c, int status, const char *type, const void *body, size_t n) {
    char header[256];
    struct text t = {NULL, 0, 0};
    snprintf(header, sizeof header, "Content-Type: %s\r\n", type);
    put_head(&t, status, header, (long long)n);
    text_bytes(&t, body, n);    /* one packet where it fits */
    bool sent = http_send(c, t.ptr, t.len);
    text_free(&t);
    return sent;
}

bool http_reset(struct conn *c) {
    struct linger now = {1, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

static bool receive(struct conn *c) {
    if (c->cap - c->len < 4096) c->in = must(realloc(c->in, c->cap = c->cap ? c->cap * 2 : 16384));
    ssize_t n;
    do n = recv(c->fd, c->in + c->len, c->cap - c->len - 1, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0 || c->len > MAX_REQUEST) return false;
    c->len += (size_t)n;
    c->in[c->len] = '\0';
    return true;
}

static char *header(char *head, const char *name) {
    size_t n = strlen(name);
    for (char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, n) == 0) return line + 2 + n;
    return NULL;
}

/* Splits "GET /target HTTP/1.1"; the text of the connection may move while the body comes, so that is last. */
static bool read_request(struct conn *c, struct request *rq) {
    char *end;
    if (c->used) memmove(c->in, c->in + c->used, c->len - c->used + 1);
    c->len -= c->used;
    c->used = 0;
    while (!c->in || !(end = strstr(c->in, "\r\n\r\n")))
        if (!receive(c)) return false;
    *end = '\0';
    const char *length = header(c->in, "Content-Length:"), *expect = header(c->in, "Expect: 100");
    size_t head = (size_t)(end - c->in) + 4, body = length ? strtoul(length, NULL, 10) : 0;
    if (expect && !send_all(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25)) return false;
    while (c->len < head + body)
        if (!receive(c)) return false;
    *rq = (struct request){.body = c->in + head, .body_len = body};
    size_t method = strcspn(c->in, " ");
    if (method >= sizeof rq->method || c->in[method] != ' ') return false;
    memcpy(rq->method, c->in, method);
    rq->target = c->in + method + 1;
    rq->target[strcspn(rq->target, " \r\n")] = '\0';
    c->used = head + body;
    return true;
}

/* ---- listening --------------------------------------------------------------------------------------------------- */

static void *serve(void *arg) {
    struct visit *v = arg;
    struct request rq;
    while (read_request(&v->conn, &rq) && v->at->on(&v->conn, &rq, v->at->arg)) {}
    close(v->conn.fd);
    free(v->conn.in);
    free(v);
    return NULL;
}

static void welcome(const struct listener *l, int fd, const pthread_attr_t *attr) {
    int one = 1;
    struct timeval idle = {l->idle_ms / 1000, l->idle_ms % 1000 * 1000};
    struct visit *v = must(calloc(1, sizeof *v));
    pthread_t thread;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (l->idle_ms) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
    *v = (struct visit){{.fd = fd, .mib_per_s = l->mib_per_s}, l};
    if (pthread_create(&thread, attr, serve, v) == 0) return;
    close(fd);
    free(v);
}

struct bound {
    int fd;
    const struct listener *l;
};

static void *accept_all(void *arg) {
    struct bound b = *(struct bound *)arg;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    free(arg);
    for (;;) {
        int fd = accept4(b.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) welcome(b.l, fd, &attr);
    }
    return NULL;
}

static int bind_to(int *port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((unsigned short)*port)};
    socklen_t len = sizeof addr;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) ||
        getsockname(fd, (struct sockaddr *)&addr, &len))
        die("cannot listen on 127.0.0.1", strerror(errno));
    *port = ntohs(addr.sin_port);
    return fd;
}

void http_listen(struct listener *l) {
    struct bound *b = must(malloc(sizeof *b));
    pthread_t thread;
    *b = (struct bound){bind_to(&l->port), l};
    if (listen(b->fd, 256) || pthread_create(&thread, NULL, accept_all, b)) die("cannot listen", strerror(errno));
    pthread_detach(thread);
}

/* A queue of one that is full: what comes then is dropped, as behind a firewall. */
int http_dead_port(bool drops) {
    int port = 0, fd = bind_to(&port);
    if (!drops) return port;    /* bound, and nobody listens: refused */
    if (listen(fd, 0)) die("cannot listen", strerror(errno));
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
        addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(filler, (struct sockaddr *)&addr, sizeof addr)) {}
    }
    return port;
}
