#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Opened, not only asked for: what counts is whether this process may read it now. */
static enum rc check_file(const struct draft *d, struct draft_place at, const char *key, const char *path,
                          struct err *e) {
    if (!*path) return RC_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return draft_bad(d, at, key, e, "%s cannot be read: %s", path, strerror(errno));
    close(fd);
    return RC_OK;
}

enum rc check_files(const struct draft *d, struct err *e) {
    const struct config *c = d->c;
    struct draft_place redis = {SEC_REDIS, 0};
    for (int i = 0; i < c->n_upstreams; i++)
        if (check_file(d, (struct draft_place){SEC_UPSTREAM, i}, "ca_file", c->upstreams[i].ca_file, e)) return RC_ERR;
    for (int i = 0; i < c->n_listen; i++) {
        struct draft_place at = {SEC_LISTEN, i};
        const struct config_listen *l = &c->listen[i];
        if (check_file(d, at, "tls_cert", l->tls_cert, e) || check_file(d, at, "tls_key", l->tls_key, e) ||
            check_file(d, at, "tls_client_ca", l->tls_client_ca, e))
            return RC_ERR;
    }
    if (check_file(d, redis, "ca_file", c->redis.ca_file, e) || check_file(d, redis, "tls_cert", c->redis.tls_cert, e))
        return RC_ERR;
    return check_file(d, redis, "tls_key", c->redis.tls_key, e);
}
