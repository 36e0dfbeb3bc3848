/* scenes: readers that stop, fetches that are given up, storage that cannot be reached, results of any size; against
 * bench/mock. With an argument it is a reader: scenes peak REPEAT prints how far its memory grew. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/mockd/fault.h"
#include "rows.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

struct place {
    SQLHENV env;
    SQLHDBC dbc;
    struct reader reader;
};

static const char *program;

static long long now_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void nap_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

/* ---- what the mock has counted ----------------------------------------------------------------------------------- */

static void ask_mock(char *answer, size_t cap) {
    static const char GET[] = "GET /mock/counters HTTP/1.1\r\n\r\n";
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(getenv("DBX_MOCK_PORT")))};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t len = 0;
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(write(fd, GET, sizeof GET - 1), sizeof GET - 1);
    for (ssize_t n = 1; n > 0 && !strstr(answer, "}}\n"); len += n > 0 ? (size_t)n : 0)
        n = read(fd, answer + len, cap - 1 - len);
    close(fd);
}

static long long counter(const char *name) {
    char answer[8192] = {0}, word[64];
    ask_mock(answer, sizeof answer);
    snprintf(word, sizeof word, "\"%s\":", name);
    const char *at = strstr(answer, word);
    assert_non_null(at);
    return strtoll(at + strlen(word), NULL, 10);
}

static bool comes_to(const char *name, long long value, long ms) {
    for (long long end = now_ms() + ms; now_ms() < end; nap_ms(20))
        if (counter(name) == value) return true;
    return counter(name) == value;
}

/* ---- connecting and asking --------------------------------------------------------------------------------------- */

static void connect_to(struct place *p, const char *host, const char *keys) {
    char conn[2048];
    memset(p, 0, sizeof *p);
    snprintf(conn, sizeof conn, "%s;Host=%s;%s", getenv("DBX_CONN"), host, keys);
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &p->env);
    SQLSetEnvAttr(p->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, p->env, &p->dbc);
    if (!SQL_SUCCEEDED(SQLDriverConnect(p->dbc, NULL, (SQLCHAR *)conn, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT))) {
        reader_fault(&p->reader, SQL_HANDLE_DBC, p->dbc);
        fail_msg("%s %s", p->reader.state, p->reader.why);
    }
    SQLAllocHandle(SQL_HANDLE_STMT, p->dbc, &p->reader.stmt);
}

static void leave(struct place *p) {
    SQLFreeHandle(SQL_HANDLE_STMT, p->reader.stmt);
    SQLDisconnect(p->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, p->dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, p->env);
}

/* "SELECT * FROM cassette" with a comment for the mock; STEP_ROWS when there is a result. */
static enum step ask(struct place *p, const char *cassette, int64_t repeat, SQLULEN rowset, const char *comment) {
    char sql[512];
    struct reader *r = &p->reader;
    snprintf(sql, sizeof sql, "SELECT * FROM %s /* repeat %lld %s */", cassette, (long long)repeat, comment);
    SQLFreeStmt(r->stmt, SQL_CLOSE);
    SQLFreeStmt(r->stmt, SQL_UNBIND);
    if (!SQL_SUCCEEDED(SQLExecDirect(r->stmt, (SQLCHAR *)sql, SQL_NTS)))
        return reader_fault(r, SQL_HANDLE_STMT, r->stmt);
    assert_true(reader_bind(r, r->stmt, cassette, rowset, repeat));
    return STEP_ROWS;
}

static void must_be(const struct reader *r, enum step got, enum step want) {
    if (got != want) fail_msg("step %d instead of %d at row %lld: %s %s", got, want, (long long)r->next, r->state, r->why);
}

static void read_some(struct reader *r, int64_t rows) {
    while (r->next < rows) must_be(r, reader_step(r), STEP_ROWS);
}

/* ---- readers that stop ------------------------------------------------------------------------------------------- */

static void read_with_pause(const char *comment) {
    static struct place p;
    connect_to(&p, "127.0.0.1", "MaxFetchMemory=8;MaxParallelDownloads=3");
    must_be(&p.reader, ask(&p, "large", 8, 1000, comment), STEP_ROWS);
    read_some(&p.reader, 2000);
    nap_ms(2500);
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    leave(&p);
}

static void a_reader_that_stops_gets_the_rest_though_its_links_expire(void **state) {
    (void)state;
    read_with_pause("links 8 expire 1000");
}

static void a_reader_that_stops_gets_the_rest_though_links_die_before_their_time(void **state) {
    (void)state;
    long long before = counter("link_calls");
    read_with_pause("links 8 expire -1000");
    assert_true(counter("link_calls") > before);
}

/* ---- fetches that are given up ----------------------------------------------------------------------------------- */

/* A seed with which chunk 0 comes and the next ones hang. */
static unsigned stalling_seed(int per_mille) {
    for (unsigned seed = 2;; seed += 2) {
        struct fault_plan plan = {seed, per_mille, FAULT_STALL};
        bool good = fault_at(&plan, PLACE_STORAGE, 0, 0) == FAULT_NONE;
        for (int i = 1; i <= 4; i++) good = good && fault_at(&plan, PLACE_STORAGE, i, 0) == FAULT_STALL;
        if (good) return seed;
    }
}

static void begin_to_read(struct place *p) {
    char comment[64];
    snprintf(comment, sizeof comment, "faults %u:900:STALL", stalling_seed(900));
    connect_to(p, "127.0.0.1", "MaxParallelDownloads=4;SocketTimeout=60");
    must_be(&p->reader, ask(p, "large", 4, 10, comment), STEP_ROWS);
    read_some(&p->reader, 100);
    for (long long end = now_ms() + 5000; !counter("downloads_open") && now_ms() < end;) nap_ms(20);
    assert_true(counter("downloads_open") > 0);
}

static void an_abandoned_fetch_ends_its_downloads_and_closes_the_statement(void **state) {
    (void)state;
    static struct place p;
    long long closes = counter("closes");
    begin_to_read(&p);
    long long began = now_ms();
    assert_true(SQL_SUCCEEDED(SQLFreeStmt(p.reader.stmt, SQL_CLOSE)));
    assert_in_range(now_ms() - began, 0, 2000);
    assert_true(comes_to("downloads_open", 0, 2000));
    assert_true(comes_to("closes", closes + 1, 2000));
    must_be(&p.reader, ask(&p, "storm", 1, 100, ""), STEP_ROWS);
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    leave(&p);
}

static void disconnecting_in_the_middle_of_a_fetch_ends_its_downloads(void **state) {
    (void)state;
    static struct place p;
    begin_to_read(&p);
    long long began = now_ms();
    leave(&p);
    assert_in_range(now_ms() - began, 0, 5000);
    assert_true(comes_to("downloads_open", 0, 2000));
}

/* ---- storage that cannot be reached ------------------------------------------------------------------------------ */

/* The names of the host differ, since what is learnt about one is remembered by its name. */
static void fall_back(const char *host, const char *comment, long long bound_ms) {
    static struct place p;
    connect_to(&p, host, "ConnectTimeout=1");
    long long began = now_ms();
    must_be(&p.reader, ask(&p, "storm", 1, 100, comment), STEP_ROWS);
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    assert_in_range(now_ms() - began, 0, bound_ms);
    began = now_ms();
    must_be(&p.reader, ask(&p, "storm", 1, 100, comment), STEP_ROWS);
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    assert_in_range(now_ms() - began, 0, SANITIZED ? 3000 : 1000);
    leave(&p);
}

static void an_object_that_is_missing_does_not_shut_the_storage_out(void **state) {
    (void)state;
    static struct place p;
    connect_to(&p, "127.0.0.1", "");
    must_be(&p.reader, ask(&p, "storm", 1, 100, "faults 3:1000:MISSING"), STEP_ROWS);
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    long long downloads = counter("downloads");
    must_be(&p.reader, ask(&p, "storm", 1, 100, ""), STEP_ROWS);
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    assert_true(counter("downloads") > downloads);
    leave(&p);
}

static void storage_that_refuses_connections_is_gone_around_and_remembered(void **state) {
    (void)state;
    fall_back("127.0.0.1", "dead refuse", 15000);
}

static void storage_behind_a_silent_firewall_is_gone_around_and_remembered(void **state) {
    (void)state;
    fall_back("localhost", "dead drop", 15000);
}

static void where_there_is_no_way_around_the_error_names_host_and_key(void **state) {
    (void)state;
    static struct place p;
    connect_to(&p, "LOCALHOST", "ConnectTimeout=1");
    for (int i = 0; i < 2; i++) {
        long long began = now_ms();
        enum step step = ask(&p, "storm_many", 1, 100, "dead drop");
        if (step == STEP_ROWS) step = reader_to_end(&p.reader);
        must_be(&p.reader, step, STEP_ERROR);
        assert_string_equal(p.reader.state, "08S01");
        assert_non_null(strstr(p.reader.why, "127.0.0.1:"));
        assert_non_null(strstr(p.reader.why, "EnableQueryResultDownload"));
        assert_in_range(now_ms() - began, 0, 15000);
    }
    must_be(&p.reader, ask(&p, "storm_many", 1, 100, ""), STEP_ROWS);  /* the storage is back */
    must_be(&p.reader, reader_to_end(&p.reader), STEP_END);
    leave(&p);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

enum { BUDGET_MIB = 8, BESIDES_MIB = 32 };

static double peak_mib(void) {
    char line[256];
    double kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %lf", &kib) == 1) break;
    if (f) fclose(f);
    return kib / 1024;
}

static int peak(const char *repeat) {
    static struct place p;
    double empty = peak_mib();
    char keys[64];
    snprintf(keys, sizeof keys, "MaxFetchMemory=%d", BUDGET_MIB);
    connect_to(&p, "127.0.0.1", keys);
    enum step step = ask(&p, "large", strtol(repeat, NULL, 10), 1000, "links 8");
    if (step == STEP_ROWS) step = reader_to_end(&p.reader);
    if (step == STEP_END) printf("%.1f %lld\n", peak_mib() - empty, (long long)p.reader.next);
    else fprintf(stderr, "%s %s\n", p.reader.state, p.reader.why);
    leave(&p);
    return step != STEP_END;
}

static double peak_of(long repeat) {
    char command[4096];
    double mib = -1;
    snprintf(command, sizeof command, "'%s' peak %ld", program, repeat);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lf", &mib), 1);
    assert_int_equal(pclose(f), 0);
    return mib;
}

static void memory_does_not_grow_with_the_result(void **state) {
    (void)state;
    if (SANITIZED) return;      /* they keep what is freed */
    double small = peak_of(4), large = peak_of(80);
    print_message("# peak beyond an empty process: 1 M rows %.1f MiB, 20 M rows %.1f MiB\n", small, large);
    assert_true(small < BUDGET_MIB + BESIDES_MIB && large < BUDGET_MIB + BESIDES_MIB);
    assert_true(large < small * 1.1 + 2 && small < large * 1.1 + 2);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_stops_gets_the_rest_though_its_links_expire),
        cmocka_unit_test(a_reader_that_stops_gets_the_rest_though_links_die_before_their_time),
        cmocka_unit_test(an_abandoned_fetch_ends_its_downloads_and_closes_the_statement),
        cmocka_unit_test(disconnecting_in_the_middle_of_a_fetch_ends_its_downloads),
        cmocka_unit_test(memory_does_not_grow_with_the_result),
        cmocka_unit_test(an_object_that_is_missing_does_not_shut_the_storage_out),
        cmocka_unit_test(storage_that_refuses_connections_is_gone_around_and_remembered),
        cmocka_unit_test(storage_behind_a_silent_firewall_is_gone_around_and_remembered),
        cmocka_unit_test(where_there_is_no_way_around_the_error_names_host_and_key),
    };
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], "peak") == 0) return peak(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
