/* load: asks a server the same thing over and over on connections that stay open, one request at a time on each, and
 * says how fast the answers came.
 *
 *   bench/proxy/load [-c CONNECTIONS] [-n REQUESTS] [-b FIRST] [-k CYCLE] [-t TAIL-FILE] [-r] [-m] HOST:PORT REQUEST-FILE
 *   bench/proxy/load -B -c CLIENTS HOST:PORT REQUEST-FILE           every client asks once, all at the same moment
 *   bench/proxy/load -i -c CONNECTIONS HOST:PORT HELLO-FILE         asks once on each, then holds them until stdin ends
 *
 * REQUEST-FILE holds the bytes of one request. "@@@@@@@@@@" in it becomes a number that counts from FIRST, modulo CYCLE;
 * so every request can be another. Every answer must be a 200 as long as the first one and end with the bytes of
 * TAIL-FILE (-B, -m: the end alone counts); anything else is counted as an error and ends the run with 1. -r: RESP (Redis) instead of HTTP; with -i
 * any answer will do. Prints one JSON object; -B adds when each client had its answer, in microseconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILE = 4 << 20, HEAD_MAX = 16 * 1024, READ_BYTES = 256 * 1024, SUB = 64, BUCKETS = 40 * SUB, DIGITS = 10 };

struct blob {
    char *ptr;
    size_t len;
};

struct client {
    int fd;
    char *request;      /* its own copy: the number in it changes */
    size_t sent;
    char head[HEAD_MAX];
    size_t head_len;    /* of the answer, as far as it is here; 0 = nothing yet */
    size_t want, got;   /* bytes of its body */
    bool in_body, waits_to_write;
    char tail[256];     /* last bytes seen */
    size_t tail_len;
    int64_t begun_ns, done_ns;
};

struct load {
    struct sockaddr_in to;
    int n_clients, epoll;
    long requests, started, done, errors, first, cycle;
    bool redis, burst, idle, mixed;
    struct blob request, tail;
    size_t number_at;   /* of "@@@@@@@@@@"; SIZE_MAX = none */
    size_t body_bytes;  /* of every answer; 0 = not known yet */
    uint64_t bytes;
    struct client *clients;
    uint64_t histogram[BUCKETS];
    char scratch[READ_BYTES];
};

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct blob read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    struct blob b = {malloc(MAX_FILE), 0};
    if (!f || !b.ptr) fail(path);
    b.len = fread(b.ptr, 1, MAX_FILE, f);
    fclose(f);
    return b;
}

/* ---- histogram: 64 steps per power of two --------------------------------------------------------------------- */

static int bucket_of(uint64_t ns) {
    int power = 63 - __builtin_clzll(ns | SUB);
    int b = (power - 6) * SUB + (int)(ns >> (power - 6));
    return b < BUCKETS ? b : BUCKETS - 1;
}

static double us_of(int bucket) {
    int power = bucket / SUB;
    if (power == 0) return bucket / 1000.0;
    return (double)((uint64_t)(bucket % SUB + SUB) << (power - 1)) / 1000.0;
}

static double percentile(const struct load *l, double share) {
    uint64_t seen = 0, want = (uint64_t)((double)l->done * share);
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += l->histogram[i]) > want) return us_of(i);
    return 0;
}

/* ---- one client ------------------------------------------------------------------------------------------------ */

static void watch(struct load *l, struct client *c, bool to_write) {
    struct epoll_event ev = {.events = to_write ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};
    if (c->waits_to_write == to_write) return;
    c->waits_to_write = to_write;
    epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static void send_rest(struct load *l, struct client *c) {
    ssize_t n = send(c->fd, c->request + c->sent, l->request.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) fail("send");
    if (n > 0) c->sent += (size_t)n;
    watch(l, c, c->sent < l->request.len);
}

static void ask(struct load *l, struct client *c) {
    if (l->started == l->requests) return;
    long number = l->first + (l->cycle ? l->started % l->cycle : l->started);
    char digits[DIGITS + 12];
    if (l->number_at != SIZE_MAX) {
        snprintf(digits, sizeof digits, "%0*ld", DIGITS, number);
        memcpy(c->request + l->number_at, digits, DIGITS);
    }
    l->started++;
    c->sent = c->head_len = c->got = c->tail_len = 0;
    c->in_body = false;
    c->begun_ns = now_ns();
    send_rest(l, c);
}

static void connect_to(struct load *l, struct client *c) {
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&l->to, sizeof l->to)) fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->request = malloc(l->request.len);
    if (!c->request) fail("memory");
    memcpy(c->request, l->request.ptr, l->request.len);
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev)) fail("epoll");
}

/* ---- its answer ------------------------------------------------------------------------------------------------ */

/* Bytes of head at the start of c->head, 0 while more must come; sets c->want. */
static size_t head_end(const struct load *l, struct client *c) {
    char *end;
    c->head[c->head_len] = '\0';
    if (l->redis) {
        if (!(end = strstr(c->head, "\r\n"))) return 0;
        if (c->head[0] != '$' || c->head[1] == '-') errno = ENODATA, fail("an answer that is no value");
        c->want = strtoul(c->head + 1, NULL, 10) + 2;
        return (size_t)(end + 2 - c->head);
    }
    if (!(end = strstr(c->head, "\r\n\r\n"))) return 0;
    char *length = strcasestr(c->head, "\r\nContent-Length:");
    if (strncmp(c->head, "HTTP/1.1 200", 12) != 0 || !length || length > end) {
        fprintf(stderr, "load: not a 200 with a length: %.300s\n", c->head);
        exit(1);
    }
    c->want = strtoul(length + 17, NULL, 10);
    return (size_t)(end + 4 - c->head);
}

static void keep_tail(struct client *c, const char *bytes, size_t n) {
    if (n >= sizeof c->tail) {
        memcpy(c->tail, bytes + n - sizeof c->tail, sizeof c->tail);
        c->tail_len = sizeof c->tail;
        return;
    }
    size_t keep = c->tail_len + n > sizeof c->tail ? sizeof c->tail - n : c->tail_len;
    memmove(c->tail, c->tail + c->tail_len - keep, keep);
    memcpy(c->tail + keep, bytes, n);
    c->tail_len = keep + n;
}

static bool is_right(const struct load *l, const struct client *c) {
    size_t n = l->tail.len < c->tail_len ? l->tail.len : c->tail_len;
    return (l->burst || l->mixed || c->want == l->body_bytes) && memcmp(c->tail + c->tail_len - n, l->tail.ptr + l->tail.len - n, n) == 0;
}

static void end_answer(struct load *l, struct client *c) {
    c->done_ns = now_ns();
    if (!l->body_bytes) l->body_bytes = c->want;
    l->errors += !is_right(l, c);
    l->bytes += c->want;
    l->histogram[bucket_of((uint64_t)(c->done_ns - c->begun_ns))]++;
    l->done++;
    if (!l->burst) ask(l, c);
}

static void take_body(struct load *l, struct client *c, const char *bytes, size_t n) {
    c->got += n;
    if (l->tail.len) keep_tail(c, bytes, n);
    if (c->got > c->want) errno = EPROTO, fail("more than was announced");
    if (c->got == c->want) end_answer(l, c);
}

static void take(struct load *l, struct client *c, const char *bytes, size_t n) {
    if (c->in_body) {
        take_body(l, c, bytes, n);
        return;
    }
    size_t room = HEAD_MAX - 1 - c->head_len, use = n < room ? n : room, before = c->head_len;
    memcpy(c->head + c->head_len, bytes, use);
    c->head_len += use;
    size_t head = head_end(l, c);
    if (!head && use == room) errno = EPROTO, fail("a head too long");
    if (!head) return;
    c->in_body = true;
    take_body(l, c, bytes + (head - before), n - (head - before));
}

static void on_event(struct load *l, struct client *c, uint32_t events) {
    if (events & EPOLLOUT) send_rest(l, c);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    ssize_t n = recv(c->fd, l->scratch, sizeof l->scratch, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) fail("the server closed a connection");
    if (n > 0) take(l, c, l->scratch, (size_t)n);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static void run(struct load *l) {
    struct epoll_event events[256];
    for (int i = 0; i < l->n_clients; i++) ask(l, &l->clients[i]);
    while (l->done < l->requests) {
        int n = epoll_wait(l->epoll, events, 256, 60000);
        if (n == 0) errno = ETIMEDOUT, fail("no answer");
        for (int i = 0; i < n; i++) on_event(l, events[i].data.ptr, events[i].events);
    }
}

static void print(const struct load *l, int64_t ns) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("{\"requests\":%ld,\"errors\":%ld,\"seconds\":%.6f,\"bytes\":%llu,\"body_bytes\":%zu,\"p50_us\":%.2f,"
           "\"p90_us\":%.2f,\"p99_us\":%.2f,\"max_us\":%.2f,\"client_cpu_s\":%.4f",
           l->done, l->errors, (double)ns / 1e9, (unsigned long long)l->bytes, l->body_bytes, percentile(l, 0.5),
           percentile(l, 0.9), percentile(l, 0.99), percentile(l, 1 - 1e-12),
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
    if (l->burst) {
        int64_t begin = l->clients[0].begun_ns;
        for (int i = 0; i < l->n_clients; i++)
            printf("%s%.1f", i ? "," : ",\"answered_us\":[", (double)(l->clients[i].done_ns - begin) / 1000);
        printf("]");
    }
    printf("}\n");
}

/* Says "ready" once every connection had an answer, and stays. */
static void hold(struct load *l) {
    struct timeval patience = {20, 0};
    for (int i = 0; i < l->n_clients; i++) {
        struct client *c = &l->clients[i];
        setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (send(c->fd, l->request.ptr, l->request.len, MSG_NOSIGNAL) < 0) fail("send");
        if (l->request.len && recv(c->fd, l->scratch, sizeof l->scratch, 0) <= 0) fail("the server closed a connection");
    }
    puts("ready");
    fflush(stdout);
    while (read(0, l->scratch, sizeof l->scratch) > 0) continue;
}

static void parse_target(struct load *l, char *text) {
    char *colon = strrchr(text, ':');
    if (!colon) errno = EINVAL, fail(text);
    *colon = '\0';
    l->to.sin_family = AF_INET;
    l->to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, text, &l->to.sin_addr) != 1) errno = EINVAL, fail(text);
}

static void parse(struct load *l, int argc, char **argv) {
    for (int o; (o = getopt(argc, argv, "c:n:b:k:t:rmBi")) != -1;) switch (o) {
        case 'c': l->n_clients = (int)strtol(optarg, NULL, 10); break;
        case 'n': l->requests = strtol(optarg, NULL, 10); break;
        case 'b': l->first = strtol(optarg, NULL, 10); break;
        case 'k': l->cycle = strtol(optarg, NULL, 10); break;
        case 't': l->tail = read_file(optarg); break;
        case 'r': l->redis = true; break;
        case 'm': l->mixed = true; break;
        case 'B': l->burst = true; break;
        case 'i': l->idle = true; break;
        default: exit(2);
        }
    if (argc - optind != 2) errno = EINVAL, fail("arguments");
    parse_target(l, argv[optind]);
    l->request = read_file(argv[optind + 1]);
    char *number = memmem(l->request.ptr, l->request.len, "@@@@@@@@@@", DIGITS);
    l->number_at = number ? (size_t)(number - l->request.ptr) : SIZE_MAX;
    if (l->burst) l->requests = l->n_clients, l->cycle = 1;
}

int main(int argc, char **argv) {
    struct load *l = calloc(1, sizeof *l);
    if (!l) fail("memory");
    l->n_clients = 1;
    l->requests = 1000;
    parse(l, argc, argv);
    l->clients = calloc((size_t)l->n_clients, sizeof *l->clients);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!l->clients || l->epoll < 0) fail("memory");
    for (int i = 0; i < l->n_clients; i++) connect_to(l, &l->clients[i]);
    if (l->idle) {
        hold(l);
        return 0;
    }
    int64_t begin = now_ns();
    run(l);
    print(l, now_ns() - begin);
    return l->errors ? 1 : 0;
}
