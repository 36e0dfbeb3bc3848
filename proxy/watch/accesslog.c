#include "accesslog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "mask.h"

enum { LINE_BYTES = 32 * 1024, SQL_BYTES = 4096 };

struct accesslog {
    int fd;
    char *path;
    uint64_t lost;
    uint64_t last_id;  /* ids count up from a random number, so that lines of several processes can be told apart */
};

static enum rc open_file(struct accesslog *l, struct err *e) {
    int fd = strcmp(l->path, "-") == 0 ? dup(STDOUT_FILENO)
                                       : open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return err_set(e, ERR_CONFIG_BAD, "the access log %s cannot be opened: %s", l->path, strerror(errno));
    if (l->fd >= 0) close(l->fd);
    l->fd = fd;
    return RC_OK;
}

enum rc accesslog_open(struct accesslog **out, const char *path, struct err *e) {
    struct accesslog *l = mem_zalloc(sizeof *l);
    *out = NULL;
    if (!l) return err_nomem(e);
    l->fd = -1;
    if (getrandom(&l->last_id, sizeof l->last_id, 0) < 0) l->last_id = (uint64_t)clock_wall_ms() << 20;
    l->path = mem_strdup(path);
    enum rc rc = l->path ? open_file(l, e) : err_nomem(e);
    if (rc) accesslog_close(&l);
    *out = l;
    return rc;
}

enum rc accesslog_reopen(struct accesslog *l, struct err *e) { return l ? open_file(l, e) : RC_OK; }

void accesslog_close(struct accesslog **l) {
    if (!*l) return;
    if ((*l)->fd >= 0) close((*l)->fd);
    mem_free((*l)->path);
    mem_free(*l);
    *l = NULL;
}

static enum rc add_stamp(struct buf *b, struct err *e) {
    int64_t ms = clock_wall_ms();
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    return buf_addf(b, e, "{\"ts\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", tm.tm_year + 1900, tm.tm_mon + 1,
                    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

static enum rc add_word(struct buf *b, const char *name, const char *word, struct err *e) {
    return word && word[0] ? buf_addf(b, e, ",\"%s\":\"%s\"", name, word) : RC_OK;
}

static enum rc add_text(struct buf *b, const char *name, struct sv text, struct err *e) {
    if (!text.ptr || !text.len) return RC_OK;
    return buf_addf(b, e, ",\"%s\":", name) ? RC_ERR : json_quote(b, text, e);
}

static enum rc add_hex(struct buf *b, const char *name, int digits, uint64_t value, struct err *e) {
    return value ? buf_addf(b, e, ",\"%s\":\"%0*" PRIx64 "\"", name, digits, value) : RC_OK;
}

static enum rc add_sql(struct buf *b, struct sv sql, struct err *e) {
    struct buf masked;
    if (!sql.ptr) return RC_OK;
    buf_init(&masked, SQL_BYTES + 16);
    enum rc rc = mask_literals(sql, SQL_BYTES, &masked, e);
    if (rc == RC_OK) rc = add_text(b, "sql", buf_sv(&masked), e);
    buf_fini(&masked);
    return rc;
}

static enum rc add_line(struct buf *b, const struct accesslog_line *line, uint64_t id, struct err *e) {
    if (add_stamp(b, e) || add_hex(b, "id", 16, id, e)) return RC_ERR;
    if (line->tenant && add_text(b, "tenant", sv_of(line->tenant), e)) return RC_ERR;
    if (buf_addf(b, e, ",\"method\":\"%s\",\"route\":\"%s\",\"status\":%d", line->method, line->route, line->status))
        return RC_ERR;
    if (add_word(b, "class", line->class, e) || add_word(b, "outcome", line->outcome, e)) return RC_ERR;
    if (add_word(b, "reason", line->reason, e)) return RC_ERR;
    if (line->detail && add_text(b, "cache", sv_of(line->detail), e)) return RC_ERR;
    if (add_hex(b, "principal", 8, line->principal_tag, e) || add_hex(b, "key", 8, line->key_prefix, e)) return RC_ERR;
    if (add_text(b, "statement", line->upstream_id, e) || add_sql(b, line->sql, e)) return RC_ERR;
    return buf_addf(b, e, ",\"bytes\":%" PRIu64 ",\"us\":%" PRId64 ",\"upstream_us\":%" PRId64 "}\n", line->bytes,
                    line->duration_us, line->upstream_us);
}

void accesslog_write(struct accesslog *l, const struct accesslog_line *line) {
    struct err e = ERR_INIT;
    struct buf b;
    if (!l) return;
    buf_init(&b, LINE_BYTES);
    bool ok = add_line(&b, line, ++l->last_id, &e) == RC_OK;
    if (ok) {
        log_redact(b.ptr); /* never longer than before */
        size_t len = strlen(b.ptr);
        ok = write(l->fd, b.ptr, len) == (ssize_t)len; /* a full disk must not disturb requests */
    }
    l->lost += !ok;
    buf_fini(&b);
}

uint64_t accesslog_lost(const struct accesslog *l) { return l ? l->lost : 0; }
