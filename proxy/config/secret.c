#include "secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

enum { MAX_SECRET = 64 * 1024 };

static enum rc use(const char *where, const char *bytes, size_t len, char **out, struct err *e) {
    while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r')) len--;
    if (len == 0) return err_set(e, ERR_CONFIG_BAD, "%s is empty", where);
    if (memchr(bytes, 0, len)) return err_set(e, ERR_CONFIG_BAD, "%s is not text: write it in base64 or hex", where);
    *out = mem_strndup(bytes, len);
    return *out ? RC_OK : err_nomem(e);
}

static enum rc read_file(const char *where, const char *path, char **out, struct err *e) {
    char *bytes = mem_zalloc(MAX_SECRET + 1);
    FILE *f = NULL;
    enum rc rc = RC_ERR;
    if (!bytes) return err_nomem(e);
    f = fopen(path, "rbe");
    if (f) setvbuf(f, NULL, _IONBF, 0); /* no copy of it in a buffer that nobody wipes */
    size_t len = f ? fread(bytes, 1, MAX_SECRET + 1, f) : 0;
    if (!f || ferror(f)) err_set(e, ERR_CONFIG_BAD, "%s cannot be read: %s", where, strerror(errno));
    else if (len > MAX_SECRET) err_set(e, ERR_CONFIG_BAD, "%s is longer than %d bytes", where, MAX_SECRET);
    else rc = use(where, bytes, len, out, e);
    if (f) fclose(f);
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
