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

bool log_wants(const struct log *log, enum log_level level) { return log && level <= log->level && level != LOG_OFF; }

static size_t write_head(char *line, size_t cap, enum log_level level, const char *component) {
    int64_t ms = clock_wall_ms();
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    int n = snprintf(line, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %-7s [%d:%ld] %s: ", tm.tm_year + 1900, tm.tm_mon + 1,
                     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000), LEVEL_NAMES[level], (int)getpid(),
                     (long)syscall(SYS_gettid), component);
    return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

/* One event is one line, whatever the text contains. */
static void flatten(char *s) {
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F) *s = ' ';
}

void log_line(struct log *log, enum log_level level, const char *component, const char *fmt, ...) {
    if (!log_wants(log, level)) return;
    char line[LINE_BYTES];
    size_t head = write_head(line, sizeof line - 1, level, component);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line + head, sizeof line - 1 - head, fmt, ap);
    va_end(ap);
    flatten(line);
    log_redact(line + head);
    size_t len = utf8_floor(line, sizeof line, strlen(line));
    line[len++] = '\n';
    pthread_mutex_lock(&log->lock);
    for (size_t at = 0; at < len;) {
        ssize_t put = write(log->fd, line + at, len - at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) break; /* a full disk must not disturb the host program */
        at += (size_t)put;
    }
    pthread_mutex_unlock(&log->lock);
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
