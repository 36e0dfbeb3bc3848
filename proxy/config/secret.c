#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

enum { MAX_SECRET = 64 * 1024 };

static enum rc use(const char *where, const char *bytes, size_t len, char **out, struct err *e) {
    while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r')) len--;
    if (len == 0) return err_set(e, ERR_CONFIG_BAD, "%s is empty", where);
    if (memchr(bytes, 0, len)) return err_set(e, ERR_CONFIG_BAD, "%s is not text: write it in base64 or hex", where);
    *out = mem_strndup(bytes, len);
    return *out ? RC_OK : err_nomem(e);
}

/* Plain files only: a pipe could keep us waiting. */
static int open_file(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static ssize_t read_all(int fd, char *bytes, size_t cap) {
    size_t len = 0;
    ssize_t n;
    while (len < cap && (n = read(fd, bytes + len, cap - len)) != 0) {
        if (n < 0 && errno != EINTR) return -1;
        if (n > 0) len += (size_t)n;
    }
    return (ssize_t)len;
}

static enum rc read_file(const char *where, const char *path, char **out, struct err *e) {
    char *bytes = mem_alloc(MAX_SECRET + 1);
    enum rc rc = RC_ERR;
    if (!bytes) return err_nomem(e);
    int fd = open_file(path);
    ssize_t len = fd >= 0 ? read_all(fd, bytes, MAX_SECRET + 1) : -1;
    if (len < 0) err_set(e, ERR_CONFIG_BAD, "%s cannot be read: %s", where, strerror(errno));
    else if (len > MAX_SECRET) err_set(e, ERR_CONFIG_BAD, "%s is longer than %d bytes", where, MAX_SECRET);
    else rc = use(where, bytes, (size_t)len, out, e);
    if (fd >= 0) close(fd);
    mem_wipe(bytes, MAX_SECRET + 1);
    mem_free(bytes);
    return rc;
}

enum rc secret_read(const char *where, char **out, struct err *e) {
    *out = NULL;
    if (strncmp(where, "file:", 5) == 0) return read_file(where, where + 5, out, e);
    if (strncmp(where, "env:", 4) == 0) {
        const char *value = getenv(where + 4);
        if (!value) return err_set(e, ERR_CONFIG_BAD, "%s is not set in the environment", where);
        return use(where, value, strlen(value), out, e);
    }
    if (*where) /* not echoed: it may be the secret itself */
        return err_set(e, ERR_CONFIG_BAD, "a secret is written as file:PATH or env:NAME, never by itself");
    *out = mem_strdup("");
    return *out ? RC_OK : err_nomem(e);
}
