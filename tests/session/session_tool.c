/* session_tool: the session room as a command, for the scripted tests: one line of output per event.
 *
 *   session_tool [-d deadline_ms] [-c cancel_after_ms] [-l login_ms] [-n rows] [-p pause_ms] [-t threads] [-q] CONNECTION_STRING SQL...
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "driver/session/session.h"

static struct {
    int64_t deadline_ms, cancel_ms, login_ms, max_rows, pause_ms;
    int threads;
    bool quiet;
} args = {.max_rows = INT64_MAX, .login_ms = 20000, .threads = 1};

static void print_error(const char *what, const struct err *e) {
    printf("%s error %s http=%d state=%s id=%s text=%s\n", what, err_code_name(e->code), e->http_status, e->sqlstate,
           e->statement_id, e->text);
    fflush(stdout);
}

static void print_cell(const struct col_view *v, int64_t row) {
    int64_t i = v->offset + row;
    if (col_is_null(v, row)) { fputs("NULL", stdout); return; }
    switch (v->phys) {
    case COL_I32: case COL_DATE32: printf("%" PRId32, ((const int32_t *)v->data)[i]); break;
    case COL_I64: case COL_TS_US: printf("%" PRId64, ((const int64_t *)v->data)[i]); break;
    case COL_F64: printf("%g", ((const double *)v->data)[i]); break;
    case COL_BOOL: printf("%d", ((const uint8_t *)v->data)[i >> 3] >> (i & 7) & 1); break;
    case COL_UTF8:
        printf("%.*s", (int)(v->offsets[i + 1] - v->offsets[i]), (const char *)v->data + v->offsets[i]);
        break;
    default: printf("<%d>", v->phys);
    }
}

static void print_rows(const struct batch *b) {
    for (int64_t row = 0; row < b->n_rows && !args.quiet; row++) {
        fputs("row ", stdout);
        for (int c = 0; c < b->n_cols; c++) {
            if (c) putchar('|');
            print_cell(&b->cols[c], row);
        }
        putchar('\n');
    }
}

static void print_columns(const struct result *r) {
    struct cachenews news = result_cachenews(r);
    printf("columns %d total=%" PRId64 " cache=%s", result_n_columns(r), result_total_rows(r),
           news.kind == CACHENEWS_NONE ? "" : cachenews_word(news.kind));
    for (int i = 0; i < result_n_columns(r) && !args.quiet; i++) {
        const struct column *c = &result_columns(r)[i];
        printf(" %s:%s%s%s%s", c->sea.name, c->sea.type_text, c->nullable == NULLABLE_NO ? "!" : "",
               *c->zone ? "@" : "", c->zone);
    }
    putchar('\n');
}

static void fetch(struct result *r, struct cancel *c, int64_t deadline) {
    struct err e = ERR_INIT;
    struct batch *b = NULL;
    int64_t rows = 0;
    while (rows < args.max_rows) {
        if (result_next(r, c, deadline, &b, &e)) {
            print_error("fetch", &e);
            printf("rows-before-error %" PRId64 "\n", rows);
            return;
        }
        if (!b) break;
        rows += b->n_rows;
        print_rows(b);
        batch_free(&b);
        if (args.pause_ms) usleep((useconds_t)args.pause_ms * 1000);
    }
    printf("rows %" PRId64 "\n", rows);
}

struct raiser { struct cancel *c; int64_t ms; };

static void *raise_later(void *arg) {
    struct raiser *r = arg;
    usleep((useconds_t)r->ms * 1000);
    cancel_raise(r->c);
    return NULL;
}

static int run(struct session *s, const char *sql) {
    struct err e = ERR_INIT;
    struct result *r = NULL;
    struct cancel *c = cancel_new();
    struct raiser raiser = {c, args.cancel_ms};
    pthread_t thread;
    int64_t began = clock_mono_ms(), deadline = clock_deadline(args.deadline_ms);
    struct exec_in in = {.sql = sv_of(sql), .deadline = deadline};
    if (args.cancel_ms) pthread_create(&thread, NULL, raise_later, &raiser);
    int failed = session_execute(s, &in, c, &r, &e) != RC_OK;
    if (failed) print_error("execute", &e);
    else {
        print_columns(r);
        fetch(r, c, deadline);
    }
    printf("took %" PRId64 " ms dead=%d\n", clock_mono_ms() - began, session_is_dead(s));
    if (args.cancel_ms) pthread_join(thread, NULL);
    result_free(&r);
    cancel_free(&c);
    return failed;
}

/* A child that inherits the session can neither use nor harm it. */
static void run_in_child(struct session *s) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        fputs("child ", stdout);
        run(s, "select 1");
        session_close(&s);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

struct job { struct session *s; char **sql; int n; };

static void *run_all(void *arg) {
    struct job *job = arg;
    struct err e = ERR_INIT;
    for (int i = 0; i < job->n; i++) {
        const char *catalog, *schema;
        if (strcmp(job->sql[i], "@namespace") == 0) {
            if (session_namespace(job->s, NULL, clock_deadline(20000), &catalog, &schema, &e))
                print_error("namespace", &e);
            else printf("namespace %s %s\n", catalog, schema);
        } else if (strncmp(job->sql[i], "@use ", 5) == 0) {
            if (session_use_catalog(job->s, sv_of(job->sql[i] + 5), NULL, clock_deadline(20000), &e))
                print_error("use", &e);
        } else if (strcmp(job->sql[i], "@fork") == 0) {
            run_in_child(job->s);
        } else if (strncmp(job->sql[i], "@sleep ", 7) == 0) {
            usleep((useconds_t)atoi(job->sql[i] + 7) * 1000);
        } else {
            run(job->s, job->sql[i]);
        }
        fflush(stdout);
    }
    return NULL;
}

static int parse_args(int argc, char **argv) {
    int opt;
    while ((opt = getopt(argc, argv, "d:c:l:n:p:t:q")) != -1) {
        int64_t n = optarg ? atoll(optarg) : 0;
        switch (opt) {
        case 'd': args.deadline_ms = n; break;
        case 'c': args.cancel_ms = n; break;
        case 'l': args.login_ms = n; break;
        case 'n': args.max_rows = n; break;
        case 'p': args.pause_ms = n; break;
        case 't': args.threads = (int)n; break;
        case 'q': args.quiet = true; break;
        default: exit(2);
        }
    }
    return optind;
}

int main(int argc, char **argv) {
    int first = parse_args(argc, argv);
    struct err e = ERR_INIT;
    struct options o = {0};
    struct session *s = NULL;
    struct log *log = NULL;
    enum log_level level = LOG_OFF;
    if (first >= argc) return 2;
    if (options_from_string(&o, sv_of(argv[first]), &e)) { print_error("options", &e); return 1; }
    log_level_parse(o.log_level, &level);
    if (log_open(&log, level, o.log_file, &e)) { print_error("log", &e); return 1; }
    int64_t began = clock_mono_ms();
    if (session_open(&s, &o, log, NULL, clock_deadline(args.login_ms), &e)) {
        print_error("open", &e);
        printf("took %" PRId64 " ms\n", clock_mono_ms() - began);
    } else {
        pthread_t threads[64];
        struct job job = {s, argv + first + 1, argc - first - 1};
        for (int i = 1; i < args.threads; i++) pthread_create(&threads[i], NULL, run_all, &job);
        run_all(&job);
        for (int i = 1; i < args.threads; i++) pthread_join(threads[i], NULL);
        session_close(&s);
    }
    log_close(&log);
    options_fini(&o);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak %ld KiB\n", usage.ru_maxrss);
    return 0;
}
