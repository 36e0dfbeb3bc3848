#include "accesslog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"

struct accesslog {
    int fd;
    char *path;
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

static enum rc add_line(struct buf *b, const struct accesslog_line *line, struct err *e) {
    if (add_stamp(b, e)) return RC_ERR;
    if (buf_addf(b, e, ",\"method\":\"%s\",\"route\":\"%s\",\"status\":%d,\"outcome\":\"%s\"", line->method,
                 line->route, line->status, line->outcome))
        return RC_ERR;
    if (line->reason[0] && buf_addf(b, e, ",\"reason\":\"%s\"", line->reason)) return RC_ERR;
    if (line->principal_tag && buf_addf(b, e, ",\"principal\":\"%08" PRIx32 "\"", line->principal_tag)) return RC_ERR;
    if (line->key_prefix && buf_addf(b, e, ",\"key\":\"%08" PRIx32 "\"", line->key_prefix)) return RC_ERR;
    if (line->upstream_id.ptr && (buf_adds(b, ",\"statement\":", e) || json_quote(b, line->upstream_id, e)))
        return RC_ERR;
    return buf_addf(b, e, ",\"bytes\":%" PRIu64 ",\"us\":%" PRId64 "}\n", line->bytes, line->duration_us);
}

void accesslog_write(struct accesslog *l, const struct accesslog_line *line) {
    struct err e = ERR_INIT;
    struct buf b;
    if (!l) return;
    buf_init(&b, 4096);
    if (add_line(&b, line, &e) == RC_OK && write(l->fd, b.ptr, b.len) < 0) {
        /* a full disk must not disturb requests: the line is lost */
    }
    buf_fini(&b);
}
