/* mock: the REST API of a warehouse that plays cassettes from memory, so that
 * the client is what is measured.
 *
 *   bench/mock --cassettes DIR --ready-file FILE [--port N] [--storage-port N]
 * [--api-ms N] [--first-byte-ms N] [--mib-per-s N]
 *
 * A statement that holds "FROM <cassette>" (or a cassette's own "match" text)
 * is answered with that cassette, as often as a comment like "repeat 100" says.
 * Small ones come inline where the client allows it, all others as links to the
 * storage port. --api-ms delays each answer of the API, --first-byte-ms each
 * chunk, --mib-per-s is the bandwidth of one connection. Everything else a
 * client may ask of a workspace is a 404. */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <dirent.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CASSETTES = 64,
    INLINE_BYTES = 4 << 20,
    LINKS = 8,
    MAX_REPEAT = 100000,
    PATH_BYTES = 4096,
    WRITE_BYTES = 1 << 20
};

struct piece { /* one chunk */
    long long rows, bytes, at, wire;
};

struct cassette {
    char *name, *match;
    char *columns; /* JSON */
    int n_columns, n;
    long long rows;
    struct piece *pieces;
    const char *tape;
    char *inline_text; /* base64 of the only chunk, if it is small */
};

struct mock {
    struct event_base *base;
    struct cassette cassettes[MAX_CASSETTES];
    int n, storage_port;
    long api_ms, first_byte_ms, mib_per_s;
    struct ev_token_bucket_cfg *rate;
    unsigned long long statements;
};

static void die(const char *what, const char *about) {
    fprintf(stderr, "mock: %s: %s\n", what, about);
    exit(1);
}

static void *must(void *p) {
    if (!p) die("out of memory", "giving up");
    return p;
}

/* ---- cassettes -------------------------------------------------------------------------------------------------- */

static const char *map_file(const char *path, size_t *size) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) die("cannot read", path);
    *size = (size_t)st.st_size;
    const char *bytes = mmap(NULL, *size ? *size : 1, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) die("cannot map", path);
    return bytes;
}

static long long number(const cJSON *o, const char *name) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNumber(v) ? (long long)v->valuedouble : -1;
}

static void keep_inline(struct cassette *c) {
    if (c->n != 1 || c->pieces[0].bytes > INLINE_BYTES) return;
    size_t wire = (size_t)c->pieces[0].wire;
    c->inline_text = must(malloc(wire * 4 / 3 + 8));
    EVP_EncodeBlock((unsigned char *)c->inline_text, (const unsigned char *)c->tape, (int)wire);
}

static void load(struct mock *m, const char *dir, const char *name) {
    char path[PATH_BYTES];
    size_t size, tape_size;
    if (m->n == MAX_CASSETTES) die("too many cassettes", dir);
    struct cassette *c = &m->cassettes[m->n++];
    snprintf(path, sizeof path, "%s/%s/manifest.json", dir, name);
    const char *text = map_file(path, &size);
    cJSON *doc = cJSON_ParseWithLength(text, size);
    if (!doc) die("not JSON", path);
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(doc, "columns");
    const cJSON *match = cJSON_GetObjectItemCaseSensitive(doc, "match");
    const cJSON *chunks = cJSON_GetObjectItemCaseSensitive(doc, "chunks"), *chunk;
    c->name = must(strdup(name));
    c->match = match ? must(strdup(match->valuestring)) : NULL;
    c->columns = must(cJSON_PrintUnformatted(columns));
    c->n_columns = cJSON_GetArraySize(columns);
    c->rows = number(doc, "rows");
    c->pieces = must(calloc((size_t)cJSON_GetArraySize(chunks) + 1, sizeof *c->pieces));
    snprintf(path, sizeof path, "%s/%s/chunks.bin", dir, name);
    c->tape = map_file(path, &tape_size);
    long long at = 0;
    cJSON_ArrayForEach(chunk, chunks) {
        struct piece *p = &c->pieces[c->n++];
        *p = (struct piece){number(chunk, "row_count"), number(chunk, "byte_count"), at, number(chunk, "wire_bytes")};
        at += p->wire;
    }
    if ((size_t)at != tape_size) die("chunks.bin does not fit its manifest", path);
    keep_inline(c);
    cJSON_Delete(doc);
    munmap((void *)text, size);
}

static void load_all(struct mock *m, const char *dir) {
    DIR *d = opendir(dir);
    char path[PATH_BYTES];
    if (!d) die("no such folder", dir);
    for (struct dirent *f; (f = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s/manifest.json", dir, f->d_name);
        if (access(path, R_OK) == 0) load(m, dir, f->d_name);
    }
    closedir(d);
}

static const struct cassette *find(const struct mock *m, const char *sql) {
    char from[256];
    for (int i = 0; i < m->n; i++) {
        const struct cassette *c = &m->cassettes[i];
        snprintf(from, sizeof from, "FROM %s", c->name);
        if (c->match ? strstr(sql, c->match) : strstr(sql, from)) return c;
    }
    return NULL;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

struct later {
    struct evhttp_request *rq;
    struct evbuffer *body;
    struct event *timer;
    int status;
};

static void send_now(struct later *l) {
    evhttp_send_reply(l->rq, l->status, NULL, l->body);
    evbuffer_free(l->body);
    if (l->timer) event_free(l->timer);
    free(l);
}

static void on_time(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    send_now(arg);
}

static void answer(struct mock *m, struct evhttp_request *rq, int status, struct evbuffer *body, long ms) {
    struct later *l = must(calloc(1, sizeof *l));
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    *l = (struct later){rq, body, NULL, status};
    if (ms <= 0) {
        send_now(l);
        return;
    }
    l->timer = must(evtimer_new(m->base, on_time, l));
    evtimer_add(l->timer, &wait);
}

static void answer_json(struct mock *m, struct evhttp_request *rq, int status, struct evbuffer *body) {
    evhttp_add_header(evhttp_request_get_output_headers(rq), "Content-Type", "application/json");
    answer(m, rq, status, body, m->api_ms);
}

static void answer_error(struct mock *m, struct evhttp_request *rq, int status, const char *code, const char *text) {
    struct evbuffer *body = must(evbuffer_new());
    evbuffer_add_printf(body, "{\"error_code\":\"%s\",\"message\":\"%s\"}", code, text);
    answer_json(m, rq, status, body);
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

/* Ids hold all there is to know, so that nothing is kept: cassette,
 * repetitions, a number. */
struct play {
    const struct cassette *cassette;
    int index, repeat;
};

static bool parse_id(const struct mock *m, const char *id, struct play *out) {
    unsigned index, repeat;
    if (sscanf(id, "mock-%u-%u-", &index, &repeat) != 2 || index >= (unsigned)m->n || repeat > MAX_REPEAT) return false;
    *out = (struct play){&m->cassettes[index], (int)index, (int)repeat};
    return true;
}

static void add_expiration(struct evbuffer *out) {
    char text[32];
    time_t when = time(NULL) + 900;
    struct tm tm;
    gmtime_r(&when, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    evbuffer_add_printf(out, "\"expiration\":\"%s\"", text);
}

static long long n_chunks(const struct play *p) { return (long long)p->cassette->n * p->repeat; }

static void add_chunk(struct evbuffer *out, const struct play *p, long long i) {
    const struct cassette *c = p->cassette;
    long long offset = i / c->n * c->rows;
    for (int k = 0; k < i % c->n; k++) offset += c->pieces[k].rows;
    evbuffer_add_printf(out,
                        "\"chunk_index\":%lld,\"row_offset\":%lld,\"row_count\":%"
                        "lld,\"byte_count\":%lld",
                        i, offset, c->pieces[i % c->n].rows, c->pieces[i % c->n].bytes);
}

static void add_links(struct evbuffer *out, const struct mock *m, const struct play *p, long long first, int n) {
    long long all = n_chunks(p);
    evbuffer_add_printf(out, "\"external_links\":[");
    for (long long i = first; i < first + n && i < all; i++) {
        evbuffer_add_printf(out, "%s{", i > first ? "," : "");
        add_chunk(out, p, i);
        if (i + 1 < all) evbuffer_add_printf(out, ",\"next_chunk_index\":%lld", i + 1);
        evbuffer_add_printf(out, ",\"external_link\":\"http://127.0.0.1:%d/chunk/%s/%lld\",", m->storage_port,
                            p->cassette->name, i % p->cassette->n);
        add_expiration(out);
        evbuffer_add_printf(out, "}");
    }
    evbuffer_add_printf(out, "]");
}

static void add_manifest(struct evbuffer *out, const struct play *p) {
    const struct cassette *c = p->cassette;
    long long bytes = 0;
    for (int i = 0; i < c->n; i++) bytes += c->pieces[i].bytes;
    evbuffer_add_printf(out,
                        "\"manifest\":{\"format\":\"ARROW_STREAM\",\"result_compression\":\"LZ4_"
                        "FRAME\",\"schema\":"
                        "{\"column_count\":%d,\"columns\":%s},\"total_chunk_count\":%lld,\"total_"
                        "row_count\":%lld,"
                        "\"total_byte_count\":%lld,\"truncated\":false,\"chunks\":[",
                        c->n_columns, c->columns, n_chunks(p), c->rows * p->repeat, bytes * p->repeat);
    for (long long i = 0; i < n_chunks(p); i++) {
        evbuffer_add_printf(out, i ? ",{" : "{");
        add_chunk(out, p, i);
        evbuffer_add_printf(out, "}");
    }
    evbuffer_add_printf(out, "]}");
}

static void add_result(struct evbuffer *out, const struct mock *m, const struct play *p, bool hybrid) {
    evbuffer_add_printf(out, "\"result\":{");
    if (hybrid && p->cassette->inline_text && p->repeat == 1) {
        add_chunk(out, p, 0);
        evbuffer_add_printf(out, ",\"attachment\":\"");
        evbuffer_add_reference(out, p->cassette->inline_text, strlen(p->cassette->inline_text), NULL, NULL);
        evbuffer_add_printf(out, "\"");
    } else {
        add_links(out, m, p, 0, hybrid ? LINKS : 1);
    }
    evbuffer_add_printf(out, "}");
}

static int repeat_of(const char *sql) {
    const char *word = strstr(sql, "repeat ");
    int n = word ? atoi(word + 7) : 1;
    return n > 0 && n <= MAX_REPEAT ? n : 1;
}

static void execute(struct mock *m, struct evhttp_request *rq) {
    struct evbuffer *in = evhttp_request_get_input_buffer(rq);
    size_t size = evbuffer_get_length(in);
    cJSON *doc = cJSON_ParseWithLength(size ? (char *)evbuffer_pullup(in, -1) : "", size);
    const char *sql = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, "statement"));
    const char *disposition = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, "disposition"));
    const struct cassette *c = sql ? find(m, sql) : NULL;
    if (c) {
        struct play p = {c, (int)(c - m->cassettes), repeat_of(sql)};
        struct evbuffer *out = must(evbuffer_new());
        evbuffer_add_printf(out,
                            "{\"statement_id\":\"mock-%d-%d-%llu\",\"status\":{"
                            "\"state\":\"SUCCEEDED\"},",
                            p.index, p.repeat, ++m->statements);
        add_manifest(out, &p);
        evbuffer_add_printf(out, ",");
        add_result(out, m, &p, disposition && strcmp(disposition, "INLINE_OR_EXTERNAL_LINKS") == 0);
        evbuffer_add_printf(out, "}");
        answer_json(m, rq, 200, out);
    } else {
        answer_error(m, rq, 400, "BAD_REQUEST", "no cassette answers this statement");
    }
    cJSON_Delete(doc);
}

static void send_status(struct mock *m, struct evhttp_request *rq, const char *id, const struct play *p) {
    struct evbuffer *out = must(evbuffer_new());
    evbuffer_add_printf(out, "{\"statement_id\":\"%s\",\"status\":{\"state\":\"SUCCEEDED\"},", id);
    add_manifest(out, p);
    evbuffer_add_printf(out, ",");
    add_result(out, m, p, false);
    evbuffer_add_printf(out, "}");
    answer_json(m, rq, 200, out);
}

static void send_empty(struct mock *m, struct evhttp_request *rq) {
    struct evbuffer *out = must(evbuffer_new());
    evbuffer_add_printf(out, "{}");
    answer_json(m, rq, 200, out);
}

/* GET, DELETE …/statements/ID, POST …/cancel, GET …/result/chunks/N */
static void about_statement(struct mock *m, struct evhttp_request *rq, const char *rest) {
    struct play p;
    char id[128];
    long long chunk;
    size_t n = strcspn(rest, "/?");
    snprintf(id, sizeof id, "%.*s", (int)(n < 100 ? n : 100), rest);
    if (!parse_id(m, id, &p)) {
        answer_error(m, rq, 404, "NOT_FOUND", "no such statement");
    } else if (sscanf(rest + n, "/result/chunks/%lld", &chunk) == 1) {
        if (chunk < 0 || chunk >= n_chunks(&p)) {
            answer_error(m, rq, 404, "NOT_FOUND", "no such chunk");
            return;
        }
        struct evbuffer *out = must(evbuffer_new());
        evbuffer_add_printf(out, "{");
        add_links(out, m, &p, chunk, 1);
        evbuffer_add_printf(out, "}");
        answer_json(m, rq, 200, out);
    } else if (evhttp_request_get_command(rq) == EVHTTP_REQ_GET) {
        send_status(m, rq, id, &p);
    } else {
        send_empty(m, rq);
    }
}

/* JDBC opens them beneath the warehouse. */
static bool is_about_sessions(const char *uri) {
    static const char SESSIONS[] = "/api/2.0/sql/sessions", WAREHOUSES[] = "/api/2.0/sql/warehouses/";
    return strncmp(uri, SESSIONS, strlen(SESSIONS)) == 0 ||
           (strncmp(uri, WAREHOUSES, strlen(WAREHOUSES)) == 0 && strstr(uri, "/sessions"));
}

static void on_api(struct evhttp_request *rq, void *arg) {
    static const char STATEMENTS[] = "/api/2.0/sql/statements";
    struct mock *m = arg;
    const char *uri = evhttp_request_get_uri(rq);
    size_t n = strlen(STATEMENTS);
    if (strncmp(uri, STATEMENTS, n) == 0 && uri[n] == '/' && uri[n + 1]) {
        about_statement(m, rq, uri + n + 1);
    } else if (strncmp(uri, STATEMENTS, n) == 0) {
        execute(m, rq);
    } else if (is_about_sessions(uri) && evhttp_request_get_command(rq) == EVHTTP_REQ_POST) {
        struct evbuffer *out = must(evbuffer_new());
        evbuffer_add_printf(out, "{\"session_id\":\"mock-session-%llu\"}", ++m->statements);
        answer_json(m, rq, 200, out);
    } else if (is_about_sessions(uri)) {
        send_empty(m, rq);
    } else {
        answer_error(m, rq, 404, "NOT_FOUND", "the mock knows statements and sessions only");
    }
}

/* ---- storage ---------------------------------------------------------------------------------------------------- */

static void on_storage(struct evhttp_request *rq, void *arg) {
    struct mock *m = arg;
    int chunk;
    char name[128];
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(rq));
    struct evbuffer *body = must(evbuffer_new());
    bufferevent_set_max_single_write(bev, WRITE_BYTES);
    if (m->rate) bufferevent_set_rate_limit(bev, m->rate);
    evhttp_add_header(evhttp_request_get_output_headers(rq), "Content-Type", "application/octet-stream");
    const struct cassette *c = NULL;
    if (sscanf(evhttp_request_get_uri(rq), "/chunk/%127[^/]/%d", name, &chunk) == 2)
        for (int i = 0; i < m->n; i++)
            if (strcmp(m->cassettes[i].name, name) == 0) c = &m->cassettes[i];
    if (!c || chunk < 0 || chunk >= c->n) {
        answer(m, rq, 404, body, 0);
        return;
    }
    evbuffer_add_reference(body, c->tape + c->pieces[chunk].at, (size_t)c->pieces[chunk].wire, NULL, NULL);
    answer(m, rq, 200, body, m->first_byte_ms);
}

/* ---- process ---------------------------------------------------------------------------------------------------- */

static int listen_on(struct mock *m, int port, void (*on)(struct evhttp_request *, void *)) {
    struct evhttp *http = must(evhttp_new(m->base));
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    evhttp_set_allowed_methods(http,
                               EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_DELETE | EVHTTP_REQ_PUT | EVHTTP_REQ_HEAD);
    evhttp_set_gencb(http, on, m);
    struct evhttp_bound_socket *s = evhttp_bind_socket_with_handle(http, "127.0.0.1", (unsigned short)port);
    if (!s || getsockname(evhttp_bound_socket_get_fd(s), (struct sockaddr *)&addr, &len) != 0)
        die("cannot listen", "127.0.0.1");
    return ntohs(addr.sin_port);
}

static void tell_ready(const struct mock *m, const char *path, int port) {
    char temp[PATH_BYTES];
    snprintf(temp, sizeof temp, "%s.new", path);
    FILE *f = fopen(temp, "w");
    if (!f) die("cannot write", temp);
    fprintf(f,
            "{\"host\":\"127.0.0.1\",\"port\":%d,\"storage_port\":%d,\"http_"
            "path\":\"/sql/1.0/warehouses/mock\",\"token\":\"dapi-mock\"}\n",
            port, m->storage_port);
    if (fclose(f) != 0 || rename(temp, path) != 0) die("cannot write", path);
}

static void on_signal(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    event_base_loopbreak(arg);
}

static const struct option OPTIONS[] = {
    {"cassettes", required_argument, NULL, 'c'}, {"ready-file", required_argument, NULL, 'r'},
    {"port", required_argument, NULL, 'p'},      {"storage-port", required_argument, NULL, 's'},
    {"api-ms", required_argument, NULL, 'a'},    {"first-byte-ms", required_argument, NULL, 'f'},
    {"mib-per-s", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};

int main(int argc, char **argv) {
    static struct mock m;
    const char *cassettes = NULL, *ready = NULL;
    int port = 0, storage_port = 0;
    for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
        switch (o) {
        case 'c': cassettes = optarg; break;
        case 'r': ready = optarg; break;
        case 'p': port = atoi(optarg); break;
        case 's': storage_port = atoi(optarg); break;
        case 'a': m.api_ms = atol(optarg); break;
        case 'f': m.first_byte_ms = atol(optarg); break;
        case 'm': m.mib_per_s = atol(optarg); break;
        default: return 2;
        }
    }
    if (!cassettes || !ready)
        die("usage", "mock --cassettes DIR --ready-file FILE [--port N] "
                     "[--storage-port N] [--api-ms N] "
                     "[--first-byte-ms N] [--mib-per-s N]");
    signal(SIGPIPE, SIG_IGN);
    m.base = must(event_base_new());
    load_all(&m, cassettes);
    if (m.mib_per_s > 0) {
        struct timeval tick = {0, 10000};
        size_t per_tick = (size_t)m.mib_per_s * 1024 * 1024 / 100;
        m.rate = must(ev_token_bucket_cfg_new(EV_RATE_LIMIT_MAX, EV_RATE_LIMIT_MAX, per_tick, per_tick, &tick));
    }
    m.storage_port = listen_on(&m, storage_port, on_storage);
    port = listen_on(&m, port, on_api);
    event_add(must(evsignal_new(m.base, SIGTERM, on_signal, m.base)), NULL);
    event_add(must(evsignal_new(m.base, SIGINT, on_signal, m.base)), NULL);
    tell_ready(&m, ready, port);
    event_base_dispatch(m.base);
    unlink(ready);
    return 0;
}
