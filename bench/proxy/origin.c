/* origin: a warehouse that answers at once, for measuring what stands before it. On evhttp, so that it is also the floor
 * of any server built on that; used as dbxproxyd uses it: the kernel hears of interests once per turn, and an answer is
 * written at once (proxy/serve/sendnow.h).
 *
 *   bench/proxy/origin READY-FILE          writes HOST:PORT into it and serves until it is told to stop
 *
 * A statement that names bench.r_BYTES_MS gets a result of about BYTES, MS milliseconds later; every other path gets a
 * small JSON object (a client's identity, say), GET /r/BYTES such a result, GET /count how many statements ran. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PIECE = 1 << 20, ROW = 104, BACKLOG = 4096 };

/* One row of a result: ["…"], 104 bytes with its comma. */
static char rows[PIECE / ROW * ROW];

struct origin {
    struct event_base *base;
    unsigned long long executions;
};

struct late {
    struct evhttp_request *req;
    struct evbuffer *body;
    struct event *timer;
};

static void make_rows(void) {
    for (size_t at = 0; at < sizeof rows; at += ROW) {
        memset(rows + at, 'a' + (int)(at / ROW % 26), ROW);
        memcpy(rows + at, "[\"", 2);
        memcpy(rows + at + ROW - 3, "\"],", 3);
    }
}

static struct evbuffer *result(unsigned long long number, size_t bytes) {
    struct evbuffer *out = evbuffer_new();
    size_t n = bytes / ROW ? bytes / ROW : 1;
    evbuffer_add_printf(out,
        "{\"statement_id\":\"01ef0000-0000-1000-8000-%012llx\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{"
        "\"format\":\"JSON_ARRAY\",\"schema\":{\"column_count\":1,\"columns\":[{\"name\":\"x\",\"type_text\":\"STRING\","
        "\"type_name\":\"STRING\",\"position\":0}]},\"total_chunk_count\":1,\"chunks\":[{\"chunk_index\":0,"
        "\"row_offset\":0,\"row_count\":%zu}],\"total_row_count\":%zu,\"truncated\":false},\"result\":{\"chunk_index\":0,"
        "\"row_offset\":0,\"row_count\":%zu,\"data_array\":[", number, n, n, n);
    for (size_t left = n * ROW - 1; left; left -= left < sizeof rows ? left : sizeof rows)
        evbuffer_add_reference(out, rows, left < sizeof rows ? left : sizeof rows, NULL, NULL);
    evbuffer_add_printf(out, "]}}");
    return out;
}

static void answer(struct evhttp_request *req, struct evbuffer *body) {
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    struct evbuffer *out = bufferevent_get_output(bev);
    evhttp_send_reply(req, 200, NULL, body);
    evbuffer_free(body);
    evbuffer_unfreeze(out, 1);
    evbuffer_write_atmost(out, bufferevent_getfd(bev), PIECE);
    evbuffer_freeze(out, 1);
    if (evbuffer_get_length(out) == 0) bufferevent_trigger(bev, EV_WRITE, 0);
    else bufferevent_set_max_single_write(bev, PIECE);
}

static void on_time(evutil_socket_t fd, short what, void *arg) {
    struct late *l = arg;
    (void)fd;
    (void)what;
    answer(l->req, l->body);
    event_free(l->timer);
    free(l);
}

static void answer_late(struct origin *o, struct evhttp_request *req, struct evbuffer *body, unsigned ms) {
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    struct late *l = calloc(1, sizeof *l);
    l->req = req;
    l->body = body;
    l->timer = evtimer_new(o->base, on_time, l);
    evtimer_add(l->timer, &wait);
}

static void execute(struct origin *o, struct evhttp_request *req) {
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t bytes = 0;
    unsigned ms = 0;
    evbuffer_add(in, "", 1);
    const char *text = (const char *)evbuffer_pullup(in, -1), *table = strstr(text, "bench.r_");
    if (table) sscanf(table, "bench.r_%zu_%u", &bytes, &ms);
    struct evbuffer *body = result(++o->executions, bytes);
    if (ms) answer_late(o, req, body, ms);
    else answer(req, body);
}

static void on_request(struct evhttp_request *req, void *arg) {
    struct origin *o = arg;
    const char *uri = evhttp_request_get_uri(req);
    if (evhttp_request_get_command(req) == EVHTTP_REQ_POST && strncmp(uri, "/api/2.0/sql/statements", 23) == 0) {
        execute(o, req);
        return;
    }
    if (strncmp(uri, "/r/", 3) == 0) {
        answer(req, result(0, strtoul(uri + 3, NULL, 10)));
        return;
    }
    struct evbuffer *body = evbuffer_new();
    if (strcmp(uri, "/count") == 0) evbuffer_add_printf(body, "%llu", o->executions);
    else evbuffer_add_printf(body, "{\"id\":\"1\",\"userName\":\"bench\"}");
    answer(req, body);
}

static void on_stop(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static int tell(struct evhttp_bound_socket *bound, const char *path) {
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int one = 1, fd = evhttp_bound_socket_get_fd(bound);
    FILE *f = fopen(path, "w");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* inherited by what is accepted */
    if (!f || getsockname(fd, (struct sockaddr *)&at, &len)) return 1;
    fprintf(f, "127.0.0.1:%u\n", ntohs(at.sin_port));
    return fclose(f);
}

static struct event_base *new_base(void) {
    struct event_config *c = event_config_new();
    event_config_set_flag(c, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(c);
    event_config_free(c);
    return base;
}

int main(int argc, char **argv) {
    struct origin o = {.base = new_base()};
    if (argc != 2 || !o.base) return 2;
    make_rows();
    signal(SIGPIPE, SIG_IGN);
    struct evhttp *http = evhttp_new(o.base);
    evhttp_set_gencb(http, on_request, &o);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    struct event *stop = evsignal_new(o.base, SIGTERM, on_stop, o.base);
    if (!bound || !stop || evsignal_add(stop, NULL) || tell(bound, argv[1])) return 1;
    event_base_dispatch(o.base);
    evhttp_free(http);
    event_free(stop);
    event_base_free(o.base);
    return 0;
}
