#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"

static enum rc print_addrs(struct buf *out, const struct gates *gs, bool of_clients, struct err *e) {
    const struct gate *g;
    char text[300];
    int n = 0;
    if (buf_addf(out, e, ",\"%s\":[", of_clients ? "listen" : "admin")) return RC_ERR;
    TAILQ_FOREACH(g, &gs->open, link) {
        if (of_clients != (g->orders.listen != NULL)) continue;
        addr_print(&g->listener.addr, text, sizeof text);
        if ((n++ && buf_addc(out, ',', e)) || json_quote(out, sv_of(text), e)) return RC_ERR;
    }
    return buf_addc(out, ']', e);
}

static enum rc write_atomically(const char *path, struct sv text, struct err *e) {
    struct buf temp;
    buf_init(&temp, 4096);
    if (buf_addf(&temp, e, "%s.%ld.tmp", path, (long)getpid())) return RC_ERR;
    int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len;
    if (fd >= 0 && close(fd)) ok = false;
    if (ok && rename(temp.ptr, path)) ok = false;
    enum rc rc = ok ? RC_OK
                    : err_set(e, ERR_CONFIG_BAD, "the ready file %s cannot be written: %s", path, strerror(errno));
    if (!ok && fd >= 0) unlink(temp.ptr);
    buf_fini(&temp);
    return rc;
}

enum rc ready_write(const char *path, const struct gates *gs, struct err *e) {
    struct buf text;
    if (!*path) return RC_OK;
    buf_init(&text, 1 << 20);
    enum rc rc = buf_addf(&text, e, "{\"pid\":%ld", (long)getpid());
    if (rc == RC_OK) rc = print_addrs(&text, gs, true, e);
    if (rc == RC_OK) rc = print_addrs(&text, gs, false, e);
    if (rc == RC_OK) rc = buf_adds(&text, "}\n", e);
    if (rc == RC_OK) rc = write_atomically(path, buf_sv(&text), e);
    buf_fini(&text);
    return rc;
}

void ready_remove(const char *path) {
    if (*path) unlink(path);
}
