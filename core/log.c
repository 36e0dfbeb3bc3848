#include "log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "sv.h"
#include "utf.h"

enum { LINE_BYTES = 8192 };

struct log {
    enum log_level level;
    int fd;
    bool owns_fd;
    bool json;
    log_tap_fn *tap;
    void *tap_arg;
    pthread_mutex_t lock; /* keeps a line whole when write() is cut short */
};

static const char *const LEVEL_NAMES[] = {"OFF", "FATAL", "ERROR", "WARNING", "INFO", "DEBUG", "TRACE"};

enum rc log_open(struct log **out, enum log_level level, const char *path, struct err *e) {
    struct log *log = mem_zalloc(sizeof *log);
    if (!log) return err_nomem(e);
    log->level = path && *path ? level : LOG_OFF;
    log->fd = -1;
    pthread_mutex_init(&log->lock, NULL);
    if (log->level != LOG_OFF) {
        log->owns_fd = strcmp(path, "-") != 0;
        log->fd = log->owns_fd ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : STDERR_FILENO;
        if (log->fd < 0) {
            err_set(e, ERR_CONFIG_BAD, "the log file %s cannot be opened (%s); check LogFile", path, strerror(errno));
            log_close(&log);
            return RC_ERR;
        }
    }
    *out = log;
    return RC_OK;
}

void log_close(struct log **log) {
    if (!*log) return;
    if ((*log)->owns_fd && (*log)->fd >= 0) close((*log)->fd);
    pthread_mutex_destroy(&(*log)->lock);
    mem_free(*log);
    *log = NULL;
}

void log_use_json(struct log *log) {
    if (log) log->json = true;
}

void log_set_tap(struct log *log, log_tap_fn *fn, void *arg) {
    if (!log) return;
    log->tap = fn;
    log->tap_arg = arg;
}

enum log_level log_level_of(const struct log *log) { return log ? log->level : LOG_OFF; }

void log_set_level(struct log *log, enum log_level level) {
    if (log && log->fd >= 0) log->level = level;
}

const char *log_level_name(enum log_level level) { return LEVEL_NAMES[level]; }

bool log_wants(const struct log *log, enum log_level level) { return log && level <= log->level && level != LOG_OFF; }

static void stamp(char out[32]) {
    int64_t ms = clock_wall_ms();
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    size_t n = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &tm); /* numbers only: no locale has a say */
    snprintf(out + n, 32 - n, ".%03dZ", (int)(ms % 1000));
}

/* One event is one line, whatever the text contains. */
static void flatten(char *s) {
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F) *s = ' ';
}

/* What snprintf wrote of what it wanted to write. */
static size_t written(int n, size_t cap) { return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1; }

static size_t make_plain(char *line, size_t cap, enum log_level level, const char *component, const char *text) {
    char ts[32];
    stamp(ts);
    int n = snprintf(line, cap, "%s %-7s [%d:%ld] %s: %s", ts, LEVEL_NAMES[level], (int)getpid(),
                     (long)syscall(SYS_gettid), component, text);
    return written(n, cap);
}

/* JSON must be UTF-8; a text that was cut in the middle of a character, or never was UTF-8, is shown without its marks. */
static void make_utf8(char *text) {
    if (utf8_is_valid(text, strlen(text))) return;
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80) *text = '?';
}

/* The text has no control characters any more; quotes and backslashes are what is left to escape. */
static size_t make_json(char *line, size_t cap, enum log_level level, const char *component, const char *text) {
    char ts[32], word[16];
    size_t i = 0;
    for (; LEVEL_NAMES[level][i]; i++) word[i] = (char)tolower((unsigned char)LEVEL_NAMES[level][i]);
    word[i] = '\0';
    stamp(ts);
    int n = snprintf(line, cap, "{\"ts\":\"%s\",\"level\":\"%s\",\"room\":\"%s\",\"text\":\"", ts, word, component);
    size_t len = written(n, cap);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') line[len++] = '\\';
        line[len++] = *text;
    }
    memcpy(line + len, "\"}", 2);
    return len + 2;
}

static void put_line(struct log *log, const char *line, size_t len) {
    pthread_mutex_lock(&log->lock);
    for (size_t at = 0; at < len;) {
        ssize_t put = write(log->fd, line + at, len - at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) break; /* a full disk must not disturb the host program */
        at += (size_t)put;
    }
    pthread_mutex_unlock(&log->lock);
}

void log_line(struct log *log, enum log_level level, const char *component, const char *fmt, ...) {
    char text[LINE_BYTES], line[2 * LINE_BYTES + 256]; /* every byte may have to be escaped */
    va_list ap;
    if (!log_wants(log, level)) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    flatten(text);
    log_redact(text);
    if (log->json) make_utf8(text);
    if (log->tap && level <= LOG_WARNING) log->tap(log->tap_arg, component, text);
    size_t len = (log->json ? make_json : make_plain)(line, sizeof line - 1, level, component, text);
    line[len++] = '\n';
    put_line(log, line, len);
}

bool log_level_parse(const char *text, enum log_level *out) {
    struct sv word = sv_trim(sv_of(text));
    long long n;
    if (sv_to_i64(word, &n)) {
        *out = n < LOG_OFF ? LOG_OFF : n > LOG_TRACE ? LOG_TRACE : (enum log_level)n;
        return n >= LOG_OFF && n <= LOG_TRACE;
    }
    for (int i = LOG_OFF; i <= LOG_TRACE; i++)
        if (sv_ieq(word, sv_of(LEVEL_NAMES[i]))) return *out = (enum log_level)i, true;
    return false;
}

/* What introduces a secret, and whether it is a prefix of the secret itself. The match starts at a word edge. */
static const struct { const char *mark; bool is_part; } SECRET_MARKS[] = {
    {"bearer ", false},          {"dapi", true},        {"eyJ", true},          {"X-Amz-Signature=", false},
    {"X-Amz-Credential=", false}, {"X-Amz-Security-Token=", false}, {"sig=", false}, {"Signature=", false},
    {"client_secret=", false},   {"token=", false},     {"pwd=", false},        {"password=", false},
    {"dbxp/v1/r/", false},       /* a link of dbxproxyd's own */
};

static bool is_secret_char(char c) { return isalnum((unsigned char)c) || strchr("-_.~+/=%", c) != NULL; }

static size_t mark_at(const char *s) {
    for (size_t i = 0; i < sizeof SECRET_MARKS / sizeof *SECRET_MARKS; i++) {
        struct sv mark = sv_of(SECRET_MARKS[i].mark);
        if (!sv_istarts(sv_make(s, strnlen(s, mark.len)), mark)) continue;
        size_t skip = SECRET_MARKS[i].is_part ? 0 : mark.len, n = skip;
        while (s[n] && is_secret_char(s[n])) n++;
        if (n - skip >= 4 + (SECRET_MARKS[i].is_part ? 8 : 0)) return skip ? skip : mark.len;
    }
    return 0;
}

void log_redact(char *line) {
    char *out = line;
    bool edge = true;
    for (char *in = line; *in;) {
        size_t keep = edge ? mark_at(in) : 0;
        edge = !isalnum((unsigned char)*in) && *in != '-';
        if (!keep) {
            *out++ = *in++;
            continue;
        }
        memmove(out, in, keep);
        out += keep;
        in += keep;
        while (*in && is_secret_char(*in)) in++;
        memcpy(out, "***", 3);
        out += 3;
        edge = true;
    }
    *out = '\0';
}
