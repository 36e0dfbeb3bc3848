/* storm: many statements through the driver manager while the network misbehaves (bench/mock, from seeds that follow from
 * the number of the run). Each must end in exactly its rows and SQL_NO_DATA, or in an error that says which chunk and
 * why; each row that comes before an error must be right; all of it in bounded time.
 *
 *   storm                              300 runs with faults that pass, so that they take seconds
 *   storm RUNS [FIRST [THREADS]]       faults that stay, too
 *   storm 1 NUMBER 1                   repeats one run
 *
 * DBX_CONN: the connection string, without the keys that are varied here. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rows.h"

enum { MAX_THREADS = 256, BOUND_MS = 90000, MAX_KINDS = 64, QUICK_RUNS = 320, QUICK_THREADS = 40 };
enum { RUNS_ALIKE = 8 };        /* in a row, on one connection, which has to live on after faults */

/* The ways to connect. */
static const char *const KEYS[] = {"",
                                   "EnableSQLExecHybridResults=0;MaxParallelDownloads=1;MaxFetchMemory=8",
                                   "MaxParallelDownloads=16;MaxFetchMemory=8",
                                   "MaxParallelDownloads=8;EnableSQLExecHybridResults=0",
                                   "EnableArrow=0;MaxParallelDownloads=3",
                                   "EnableQueryResultDownload=0"};
enum { N_KEYS = sizeof KEYS / sizeof *KEYS, KEYS_INLINE = N_KEYS - 1 };

enum plan { PLAN_READ, PLAN_ABANDON, PLAN_CANCEL, PLAN_PAUSE, N_PLANS };

struct run {                    /* what follows from its number */
    unsigned seed;
    const char *cassette;
    enum plan plan;
    int keys, per_mille, links, expire_ms;
    bool stays;                 /* what fails does so at each attempt */
    SQLULEN rowset;
    bool plain_select;          /* what only reads may be asked again, for an answer without storage */
};

struct worker {
    SQLHENV env;
    SQLHDBC dbc;                /* NULL = not connected */
    int keys;                   /* how it is */
    struct reader reader;
    _Atomic long long began;    /* of the run at hand, ms; 0 = none */
    _Atomic unsigned seed;
};

static struct {
    pthread_mutex_t lock;
    int exact, abandoned, cancelled, errors, astray, wrong;    /* astray: errors that came after rows of no good */
    long long slowest;
    unsigned slowest_seed;
    struct { char text[160]; int n; } kinds[MAX_KINDS];
    int n_kinds;
} tally = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_uint next_block;
static unsigned first_run, n_runs;
static bool quick;

static long long now_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void nap_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

/* ---- the plan of a run ------------------------------------------------------------------------------------------- */

static uint32_t dice(unsigned seed, unsigned salt) {
    uint64_t x = (uint64_t)seed * 0x9E3779B97F4A7C15ULL + salt * 0xD1B54A32D192ED03ULL;
    x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93ULL;
    x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93ULL;
    return (uint32_t)(x >> 32);
}

static struct run run_of(unsigned seed) {
    static const char *const CASSETTES[] = {"storm", "storm", "storm_plain", "storm_bare", "storm_frame", "storm_many"};
    static const int RATES[] = {20, 60, 60, 150, 0, 400}, LINKS[] = {0, 1, 3, 8};
    static const SQLULEN ROWSETS[] = {1, 7, 100, 1000};
    unsigned plan = dice(seed, 1) % 100;
    struct run r = {.seed = seed,
                    .cassette = CASSETTES[dice(seed, 2) % 6],
                    .plan = plan < 80 ? PLAN_READ : plan < 88 ? PLAN_ABANDON : plan < 96 ? PLAN_CANCEL : PLAN_PAUSE,
                    .keys = (int)(dice((seed - 1) / RUNS_ALIKE, 8) % N_KEYS),
                    .per_mille = RATES[dice(seed, 3) % (quick ? 5 : 6)],
                    .stays = !quick && dice(seed, 9) % 3 == 0,
                    .links = LINKS[dice(seed, 4) % 4],
                    .rowset = ROWSETS[dice(seed, 5) % 4],
                    .plain_select = seed - first_run >= n_runs - n_runs / 10};
    r.expire_ms = r.plan == PLAN_PAUSE ? 300 : 0;
    if (r.keys == KEYS_INLINE) r.cassette = "storm";    /* the one that exists as JSON */
    return r;
}

/* The word UPDATE makes the driver take it for more than a question, which is never asked again in another way. */
static void statement_of(const struct run *r, char *sql, size_t cap) {
    snprintf(sql, cap, "%sSELECT * FROM %s /* faults %u:%d links %d expire %d */",
             r->plain_select ? "" : "WITH update AS (SELECT 1) ", r->cassette, r->seed * 2 + r->stays, r->per_mille,
             r->links, r->expire_ms);
}

/* ---- what came of it --------------------------------------------------------------------------------------------- */

/* Errors that differ in numbers only are one kind. */
static void kind_of(const struct reader *r, char *out, size_t cap) {
    const char *text = r->why;
    for (const char *at; (at = strstr(text, "] "));) text = at + 2;
    size_t n = (size_t)snprintf(out, cap, "%s ", r->state);
    for (; *text && n + 1 < cap; text++) {
        if (*text < '0' || *text > '9') out[n++] = *text;
        else if (out[n - 1] != '#') out[n++] = '#';
    }
    out[n] = '\0';
}

static void count_error(const struct reader *r) {
    char kind[160];
    int i = 0;
    kind_of(r, kind, sizeof kind);
    pthread_mutex_lock(&tally.lock);
    tally.errors++;
    tally.astray += r->astray_until > 0;
    while (i < tally.n_kinds && strcmp(tally.kinds[i].text, kind) != 0) i++;
    if (i == tally.n_kinds && i < MAX_KINDS) strcpy(tally.kinds[tally.n_kinds++].text, kind);
    if (i < MAX_KINDS) tally.kinds[i].n++;
    pthread_mutex_unlock(&tally.lock);
}

static void count(int *what) {
    pthread_mutex_lock(&tally.lock);
    ++*what;
    pthread_mutex_unlock(&tally.lock);
}

static void count_wrong(const struct run *run, const char *why) {
    count(&tally.wrong);
    printf("# WRONG seed %u (%s, %s, %d per mille%s, links %d, plan %d, rowset %lu%s): %s\n", run->seed, run->cassette,
           KEYS[run->keys], run->per_mille, run->stays ? " that stay" : "", run->links, run->plan,
           (unsigned long)run->rowset, run->plain_select ? ", SELECT" : "", why);
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

static bool was_cancelled(const struct reader *r) {
    return strcmp(r->state, "HY008") == 0 || (strcmp(r->state, "HY010") == 0 && strstr(r->why, "[Driver Manager]"));
}

/* An error about a result names the chunk, or the numbers that do not agree. */
static bool names_the_cause(const struct reader *r) { return strstr(r->why, "chunk") || strstr(r->why, "rows"); }

static void judge_error(const struct run *run, struct reader *r, bool fetched) {
    char first[WHY_BYTES];
    if (run->plan == PLAN_CANCEL && was_cancelled(r)) {
        count(&tally.cancelled);
        return;
    }
    snprintf(first, sizeof first, "%s", r->why);
    if (!names_the_cause(r)) {
        count_wrong(run, r->why);
        return;
    }
    count_error(r);
    if (fetched && reader_step(r) != STEP_ERROR) {
        count_wrong(run, "the error did not stay:");
        printf("#   first: %s\n#   then: %s\n", first, r->why);
    }
}

struct canceller {
    SQLHSTMT stmt;
    long after_ms;
};

static void *cancel_soon(void *arg) {
    const struct canceller *c = arg;
    nap_ms(c->after_ms);
    SQLCancel(c->stmt);
    return NULL;
}

static void read_result(struct worker *w, const struct run *run) {
    struct reader *r = &w->reader;
    int64_t some = dice(run->seed, 6) % (unsigned)rows_of(run->cassette);
    enum step step = STEP_ROWS;
    if (!reader_bind(r, r->stmt, run->cassette, run->rowset, 1)) {
        count_wrong(run, "binding failed");
        return;
    }
    if (run->plan == PLAN_ABANDON || run->plan == PLAN_PAUSE)
        while (step == STEP_ROWS && r->next < some) step = reader_step(r);
    if (run->plan == PLAN_ABANDON && step == STEP_ROWS) {
        count(&tally.abandoned);
        return;
    }
    if (run->plan == PLAN_PAUSE) nap_ms(700);
    if (step == STEP_ROWS) step = reader_to_end(r);
    if (step == STEP_END) count(&tally.exact);
    else if (step == STEP_ERROR) judge_error(run, r, true);
    else count_wrong(run, r->why);
}

static void hang_up(struct worker *w) {
    if (!w->dbc) return;
    SQLDisconnect(w->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, w->dbc);
    w->dbc = NULL;
}

/* The driver manager reads its files into static memory, without a lock. */
static SQLRETURN connect_alone(SQLHDBC dbc, char *conn) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    SQLRETURN rc = SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
    pthread_mutex_unlock(&lock);
    return rc;
}

static bool connect_worker(struct worker *w, int keys) {
    char conn[2048];
    if (w->dbc && w->keys == keys) return true;
    hang_up(w);
    snprintf(conn, sizeof conn, "%s;Host=127.0.0.1;SocketTimeout=1;ConnectTimeout=2;RateLimitRetryTimeout=3;%s",
             getenv("DBX_CONN"), KEYS[keys]);
    w->keys = keys;
    SQLAllocHandle(SQL_HANDLE_DBC, w->env, &w->dbc);
    if (SQL_SUCCEEDED(connect_alone(w->dbc, conn))) return true;
    reader_fault(&w->reader, SQL_HANDLE_DBC, w->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, w->dbc);
    w->dbc = NULL;
    return false;
}

static void perform(struct worker *w, const struct run *run) {
    char sql[256];
    struct reader *r = &w->reader;
    pthread_t canceller;
    statement_of(run, sql, sizeof sql);
    r->astray_until = 0;
    SQLAllocHandle(SQL_HANDLE_STMT, w->dbc, &r->stmt);
    struct canceller soon = {r->stmt, dice(run->seed, 7) % 60};
    bool cancels = run->plan == PLAN_CANCEL && pthread_create(&canceller, NULL, cancel_soon, &soon) == 0;
    if (SQL_SUCCEEDED(SQLExecDirect(r->stmt, (SQLCHAR *)sql, SQL_NTS))) read_result(w, run);
    else if (reader_fault(r, SQL_HANDLE_STMT, r->stmt) == STEP_ERROR) judge_error(run, r, false);
    else count_wrong(run, r->why);
    if (cancels) pthread_join(canceller, NULL);
    SQLFreeHandle(SQL_HANDLE_STMT, r->stmt);
}

static void note_time(unsigned seed, long long ms) {
    pthread_mutex_lock(&tally.lock);
    if (ms > tally.slowest) tally.slowest = ms, tally.slowest_seed = seed;
    pthread_mutex_unlock(&tally.lock);
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

static void perform_timed(struct worker *w, unsigned seed) {
    struct run run = run_of(seed);
    if (!connect_worker(w, run.keys)) {    /* one after the other, so that waiting for it says nothing */
        count_wrong(&run, w->reader.why);
        return;
    }
    w->seed = seed;
    w->began = now_ms();
    perform(w, &run);
    note_time(seed, now_ms() - w->began);
    w->began = 0;
}

static void *work(void *arg) {
    struct worker *w = arg;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &w->env);
    SQLSetEnvAttr(w->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    for (unsigned block; (block = next_block++ * RUNS_ALIKE) < n_runs;)
        for (unsigned i = block; i < block + RUNS_ALIKE && i < n_runs; i++) perform_timed(w, first_run + i);
    hang_up(w);
    SQLFreeHandle(SQL_HANDLE_ENV, w->env);
    return NULL;
}

/* A run that hangs is named, and ends all. */
static void *watch(void *arg) {
    struct worker *workers = arg;
    for (;; nap_ms(1000))
        for (int i = 0; i < MAX_THREADS; i++) {
            long long began = workers[i].began;
            if (!began || now_ms() - began < 2 * BOUND_MS) continue;
            printf("not ok 1 - seed %u hangs\n", workers[i].seed);
            fflush(stdout);
            abort();            /* a core, if that is wanted */
        }
    return NULL;
}

static int open_files(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void report(double seconds, int files) {
    printf("# %u runs in %.1f s: %d exact, %d errors (%d after rows that only the end of their chunk disproved), %d "
           "abandoned, %d cancelled, %d wrong; the slowest took %lld ms (seed %u)\n",
           n_runs, seconds, tally.exact, tally.errors, tally.astray, tally.abandoned, tally.cancelled, tally.wrong,
           tally.slowest, tally.slowest_seed);
    for (int i = 0; i < tally.n_kinds; i++) printf("# %6d  %s\n", tally.kinds[i].n, tally.kinds[i].text);
    printf("1..4\n%sok 1 - each run ends in exactly its rows, or in an error that names chunk and cause\n",
           tally.wrong ? "not " : "");
    printf("%sok 2 - each run ends within %d s\n", tally.slowest > BOUND_MS ? "not " : "", BOUND_MS / 1000);
    printf("%sok 3 - faults were met, and were overcome\n", n_runs > 100 && (!tally.errors || !tally.exact) ? "not " : "");
    printf("%sok 4 - no descriptor is left behind\n", files > 0 ? "not " : "");
}

int main(int argc, char **argv) {
    static struct worker workers[MAX_THREADS];
    pthread_t threads[MAX_THREADS], watcher;
    quick = argc == 1;
    n_runs = quick ? QUICK_RUNS : (unsigned)strtoul(argv[1], NULL, 10);
    first_run = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    long n_threads = argc > 3 ? strtol(argv[3], NULL, 10) : QUICK_THREADS;
    if (!getenv("DBX_CONN") || !n_runs || n_threads < 1 || n_threads > MAX_THREADS) {
        fprintf(stderr, "usage: DBX_CONN=... storm [RUNS [FIRST [THREADS]]]\n");
        return 2;
    }
    long long began = now_ms();
    int files = open_files();
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pthread_create(&watcher, NULL, watch, workers) == 0) pthread_detach(watcher);
    for (int i = 0; i < n_threads; i++) pthread_create(&threads[i], NULL, work, &workers[i]);
    for (int i = 0; i < n_threads; i++) pthread_join(threads[i], NULL);
    files = open_files() - files;
    report((double)(now_ms() - began) / 1000, files);
    return tally.wrong || tally.slowest > BOUND_MS || files > 0;
}
