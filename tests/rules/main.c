/* The list of rules, and running it: in a child process, so that a driver that crashes or hangs loses one rule and not
 * the report. TAP goes to standard output, one JSON object per rule to the file of --jsonl. */
#include "rules.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"

enum { RULE_LIMIT_MS = 15000, MAX_RULES = 4000 };

static struct rule rules[MAX_RULES];
static int n_rules;

void rule_add(const char *file, struct row row, rule_fn *check, const void *line) {
    const char *slash = strrchr(file, '/');
    if (n_rules == MAX_RULES) abort();
    rules[n_rules++] = (struct rule){ slash ? slash + 1 : file, row, check, line };
}

/* By file, in the order they were added: constructors of one file run in its order. */
static int by_chapter(const void *a, const void *b) {
    const struct rule *x = a, *y = b;
    int c = strcmp(x->chapter, y->chapter);
    return c ? c : (x > y) - (x < y);
}

static void check_ids(void) {
    for (int i = 0; i < n_rules; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(rules[i].row.id, rules[k].row.id)) {
                fprintf(stderr, "two rules are called %s\n", rules[i].row.id);
                exit(2);
            }
}

/* What a child tells about one rule. */
struct told {
    int index, outcome, ms;
    char state[6], by[8], reason[400];
};

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void tell(int fd, const struct told *t) {
    const char *p = (const char *)t;
    size_t left = sizeof *t;
    while (left) {
        ssize_t n = write(fd, p, left);
        if (n <= 0) _exit(3);
        p += n;
        left -= (size_t)n;
    }
}

static bool hear(int fd, struct told *t) {
    char *p = (char *)t;
    size_t have = 0;
    while (have < sizeof *t) {
        struct pollfd w = { fd, POLLIN, 0 };
        if (poll(&w, 1, RULE_LIMIT_MS) <= 0) return false;
        ssize_t n = read(fd, p + have, sizeof *t - have);
        if (n <= 0) return false;
        have += (size_t)n;
    }
    return true;
}

static bool is_wanted(const struct rule *rule, const char *only) {
    return !only || strstr(rule->row.id, only) || strstr(rule->chapter, only);
}

static void child(int fd, int from, const char *only) {
    struct run *r = calloc(1, sizeof *r);
    if (!r) _exit(3);
    for (int i = from; i < n_rules; i++) {
        if (!is_wanted(&rules[i], only)) continue;
        long long begin = now_ms();
        run_rule(r, &rules[i]);
        struct told t = { .index = i, .outcome = (int)r->outcome, .ms = (int)(now_ms() - begin) };
        memcpy(t.state, r->state, sizeof t.state);
        memcpy(t.by, r->by, sizeof t.by);
        memcpy(t.reason, r->reason, sizeof t.reason);
        tell(fd, &t);
    }
    drop_connection(r);
    free(r);
    _exit(0);
}

static void put_json_text(FILE *f, const char *name, const char *s) {
    fprintf(f, ",\"%s\":\"", name);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') fprintf(f, "\\%c", *s);
        else if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f) fprintf(f, "\\u%04x", (unsigned char)*s);
        else fputc(*s, f);
    }
    fputc('"', f);
}

static int counts[4];
static const char *const OUTCOMES[] = { "pass", "fail", "skip", "unsupported" };

static void chapter_name(const struct rule *rule, char *to, size_t size) {
    snprintf(to, size, "%s", rule->chapter);
    to[strcspn(to, ".")] = 0;
}

static void report(FILE *json, const char *run, const struct told *t) {
    const struct rule *rule = &rules[t->index];
    char chapter[64];
    static int number;
    chapter_name(rule, chapter, sizeof chapter);
    counts[t->outcome]++;
    printf("%s %d - %s: %s: %s", t->outcome == FAIL ? "not ok" : "ok", ++number, rule->row.id, rule->row.section,
           rule->row.sentence);
    if (t->outcome == SKIPPED) printf(" # SKIP %s", t->reason);
    if (t->outcome == UNSUPPORTED) printf(" # SKIP unsupported(%s) %s", t->state, t->reason);
    putchar('\n');
    if (t->outcome == FAIL) printf("# %s\n", t->reason);
    fflush(stdout);
    if (!json) return;
    fprintf(json, "{\"outcome\":\"%s\"", OUTCOMES[t->outcome]);
    put_json_text(json, "run", run);
    put_json_text(json, "chapter", chapter);
    put_json_text(json, "id", rule->row.id);
    put_json_text(json, "section", rule->row.section);
    put_json_text(json, "rule", rule->row.sentence);
    put_json_text(json, "sqlstate", t->state);
    put_json_text(json, "by", t->by);
    put_json_text(json, "reason", t->reason);
    fprintf(json, ",\"ms\":%d}\n", t->ms);
}

static int next_wanted(int from, const char *only) {
    while (from < n_rules && !is_wanted(&rules[from], only)) from++;
    return from;
}

/* Children until all rules are told; the rule a child ended in failed. */
static void run_all(FILE *json, const char *run, const char *only) {
    int at = next_wanted(0, only);
    while (at < n_rules) {
        int fd[2], status = 0;
        struct told t;
        if (pipe(fd) != 0) exit(3);
        fflush(NULL);
        pid_t pid = fork();
        if (pid < 0) exit(3);
        if (pid == 0) {
            close(fd[0]);
            child(fd[1], at, only);
        }
        close(fd[1]);
        while (at < n_rules && hear(fd[0], &t)) {
            report(json, run, &t);
            at = next_wanted(t.index + 1, only);
        }
        close(fd[0]);
        bool hung = at < n_rules && waitpid(pid, &status, WNOHANG) == 0;
        if (hung) kill(pid, SIGKILL);
        if (hung || at >= n_rules) waitpid(pid, &status, 0);
        if (at >= n_rules) break;
        t = (struct told){ .index = at, .outcome = FAIL };
        snprintf(t.reason, sizeof t.reason, hung ? "hangs: stopped after %d s" : "the process ended (wait status %d)",
                 hung ? RULE_LIMIT_MS / 1000 : status);
        report(json, run, &t);
        at = next_wanted(at + 1, only);
    }
}

static int prepare_source(void) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) _exit(run_setup() ? 0 : 1);
    int status = 1;
    if (pid < 0 || waitpid(pid, &status, 0) < 0) return 1;
    return status;
}

static const char *option(int argc, char **argv, const char *name) {
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], name)) return argv[i + 1];
    return NULL;
}

int main(int argc, char **argv) {
    const char *path = option(argc, argv, "--profile"), *out = option(argc, argv, "--jsonl");
    const char *run = option(argc, argv, "--name"), *only = option(argc, argv, "--only");
    FILE *json = NULL;
    qsort(rules, (size_t)n_rules, sizeof *rules, by_chapter);
    check_ids();
    if (argc == 2 && !strcmp(argv[1], "--list")) {
        for (int i = 0; i < n_rules; i++)
            printf("%s\t%s\t%s\n", rules[i].row.id, rules[i].row.section, rules[i].row.sentence);
        return 0;
    }
    if (!path || !profile_load(path) || !conn_string()) {
        fputs("usage: RULES_CONN=\"Driver=...\" rules --profile FILE [--name RUN] [--jsonl FILE] [--only TEXT] | "
            "--list\n",
              stderr);
        return 2;
    }
    if (out && !(json = fopen(out, "w"))) {
        fprintf(stderr, "%s: %s\n", out, strerror(errno));
        return 2;
    }
    if (prepare_source() != 0) {
        puts("Bail out! no connection, or the tables cannot be made");
        return 3;
    }
    run_all(json, run ? run : "run", only);
    if (json && fclose(json) != 0) return 2;
    printf("1..%d\n# %d rules: %d passed, %d failed, %d unsupported, %d skipped\n",
           counts[0] + counts[1] + counts[2] + counts[3], counts[0] + counts[1] + counts[2] + counts[3], counts[PASS],
           counts[FAIL], counts[UNSUPPORTED], counts[SKIPPED]);
    return counts[FAIL] ? 1 : 0;
}
