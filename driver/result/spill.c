#define _GNU_SOURCE     /* O_TMPFILE, secure_getenv */
#include "spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"

enum { ALIGN = 16, MAX_PATH = 4096 };

struct spill {
    int fd;
    int64_t end;
    char *folder;
};

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static enum rc fault(const char *what, const char *folder, int error, struct err *e) {
    char why[128] = "";
    const char *text = strerror_r(error, why, sizeof why);
    return err_set(e, ERR_SPILL, "a scrollable cursor's rows %s in %s: %s", what, folder, text);
}

/* Where O_TMPFILE is not to be had, a file that loses its name at once. */
static int open_nameless(const char *folder) {
    char path[MAX_PATH];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    if (snprintf(path, sizeof path, "%s/dbx-odbc-XXXXXX", folder) >= (int)sizeof path) return errno = ENAMETOOLONG, -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) (void)unlink(path);
    return fd;
}

static const char *usual_folder(void) {
    const char *tmp = secure_getenv("TMPDIR");
    if (tmp && *tmp) return tmp;
    return access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp";
}

enum rc spill_new(struct spill **out, const char *folder, struct err *e) {
    struct spill *s = *out = mem_zalloc(sizeof *s);
    if (!s) return err_nomem(e);
    if (!folder || !*folder) folder = usual_folder();
    s->fd = open_nameless(folder);
    int error = errno;
    s->folder = mem_strdup(folder);
    if (s->fd >= 0 && s->folder) return RC_OK;
    (void)(s->fd < 0 ? fault("cannot be kept", folder, error, e) : err_nomem(e));
    spill_free(out);
    return RC_ERR;
}

void spill_free(struct spill **s) {
    if (!*s) return;
    if ((*s)->fd >= 0) close((*s)->fd);
    mem_free((*s)->folder);
    mem_free(*s);
    *s = NULL;
}

int64_t spill_bytes(const struct spill *s) { return s ? s->end : 0; }

/* A limit on file sizes (ulimit -f) is an error to tell, not a signal that ends the host program: SIGXFSZ is held back
 * in this thread and thrown away. */
static ssize_t write_quietly(int fd, const char *from, size_t n, int64_t at) {
    sigset_t mine, pending, old;
    struct timespec none = { 0, 0 };
    sigemptyset(&mine);
    sigaddset(&mine, SIGXFSZ);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGXFSZ) == 1;
    bool blocked = pthread_sigmask(SIG_BLOCK, &mine, &old) == 0 && sigismember(&old, SIGXFSZ) == 0;
    ssize_t got = pwrite(fd, from, n, (off_t)at);
    int error = errno;
    if (got < 0 && error == EFBIG && !was_pending) (void)sigtimedwait(&mine, NULL, &none);
    if (blocked) pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
    errno = error;
    return got;
}

static enum rc write_all(struct spill *s, const char *from, size_t n, struct err *e) {
    for (size_t done = 0; done < n;) {
        ssize_t got = write_quietly(s->fd, from + done, n - done, s->end + (int64_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fault("cannot be written", s->folder, got < 0 ? errno : ENOSPC, e);
        done += (size_t)got;
    }
    return RC_OK;
}

static enum rc read_all(const struct spill *s, char *to, size_t n, int64_t at, struct err *e) {
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(s->fd, to + done, n - done, (off_t)(at + (int64_t)done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fault("cannot be read back", s->folder, got < 0 ? errno : EIO, e);
        done += (size_t)got;
    }
    return RC_OK;
}

/* ---- layout: head, heads of columns, then per column validity, offsets, data; each part aligned ------------------ */

struct col_head { int32_t phys; uint32_t has_validity; uint64_t data_bytes; };
struct head { int64_t n_rows; int32_t n_cols; uint32_t magic; struct col_head cols[]; };

enum { MAGIC = 0x64627873 };

static size_t aligned(size_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }
static size_t bit_bytes(int64_t n) { return ((size_t)n + 7) / 8; }
static bool has_offsets(int32_t phys) { return phys == COL_UTF8 || phys == COL_BINARY; }

static size_t width_of(enum col_phys phys) {
    switch (phys) {
    case COL_I8: return 1;
    case COL_I16: return 2;
    case COL_I32: case COL_F32: case COL_DATE32: case COL_MONTHS: return 4;
    case COL_I64: case COL_F64: case COL_TIME_US: case COL_TS_US: case COL_DURATION_US: return 8;
    case COL_DEC128: return 16;
    default: return 0;
    }
}

static struct col_head head_of(const struct col_view *v, int64_t row, int64_t n) {
    struct col_head h = { .phys = (int32_t)v->phys, .has_validity = v->validity != NULL && v->phys != COL_NULL };
    int64_t from = v->offset + row;
    if (has_offsets(h.phys)) h.data_bytes = (uint64_t)(v->offsets[from + n] - v->offsets[from]);
    else h.data_bytes = v->phys == COL_BOOL ? bit_bytes(n) : width_of(v->phys) * (size_t)n;
    return h;
}

static size_t col_bytes(const struct col_head *h, int64_t n) {
    size_t bytes = aligned(h->data_bytes);
    if (h->has_validity) bytes += aligned(bit_bytes(n));
    if (has_offsets(h->phys)) bytes += aligned(((size_t)n + 1) * sizeof(int32_t));
    return bytes;
}

static size_t head_bytes(int n_cols) { return aligned(sizeof(struct head) + (size_t)n_cols * sizeof(struct col_head)); }

static void copy_bits(uint8_t *to, const uint8_t *from, int64_t at, int64_t n) {
    if ((at & 7) == 0) {
        memcpy(to, from + (at >> 3), bit_bytes(n));
        return;
    }
    for (int64_t i = 0; i < n; i++)
        if (from[(at + i) >> 3] >> ((at + i) & 7) & 1) to[i >> 3] |= (uint8_t)(1 << (i & 7));
}

static char *put_col(char *to, const struct col_view *v, const struct col_head *h, int64_t row, int64_t n) {
    int64_t from = v->offset + row;
    if (h->has_validity) {
        copy_bits((uint8_t *)to, v->validity, from, n);
        to += aligned(bit_bytes(n));
    }
    const char *data = v->data;
    if (has_offsets(h->phys)) {
        int32_t *offsets = (int32_t *)(void *)to;
        for (int64_t i = 0; i <= n; i++) offsets[i] = v->offsets[from + i] - v->offsets[from];
        to += aligned(((size_t)n + 1) * sizeof *offsets);
        if (h->data_bytes) memcpy(to, data + v->offsets[from], h->data_bytes);
    } else if (v->phys == COL_BOOL) {
        copy_bits((uint8_t *)to, v->data, from, n);
    } else if (h->data_bytes) {
        memcpy(to, data + (size_t)from * width_of(v->phys), h->data_bytes);
    }
    return to + aligned(h->data_bytes);
}

enum rc spill_put(struct spill *s, const struct batch *b, int64_t row, int64_t n, struct spill_place *place_r,
                  struct err *e) {
    size_t bytes = head_bytes(b->n_cols);
    for (int i = 0; i < b->n_cols; i++) {
        struct col_head h = head_of(&b->cols[i], row, n);
        bytes += col_bytes(&h, n);
    }
    char *piece = mem_zalloc(bytes);
    if (!piece) return err_nomem(e);
    struct head *head = (struct head *)(void *)piece;
    *head = (struct head){ .n_rows = n, .n_cols = b->n_cols, .magic = MAGIC };
    char *to = piece + head_bytes(b->n_cols);
    for (int i = 0; i < b->n_cols; i++) {
        head->cols[i] = head_of(&b->cols[i], row, n);
        to = put_col(to, &b->cols[i], &head->cols[i], row, n);
    }
    *place_r = (struct spill_place){ s->end, bytes };
    enum rc rc = write_all(s, piece, bytes, e);
    if (rc == RC_OK) s->end += (int64_t)bytes;
    mem_free(piece);
    return rc;
}

/* ---- back -------------------------------------------------------------------------------------------------------- */

static void release(struct batch *b) {
    mem_free(b->owner);
    mem_free(b->cols);
    mem_free(b);
}

static const char *get_col(const char *from, struct col_view *v, const struct col_head *h, int64_t n) {
    v->phys = (enum col_phys)h->phys;
    if (h->has_validity) {
        v->validity = (const uint8_t *)from;
        from += aligned(bit_bytes(n));
    }
    if (has_offsets(h->phys)) {
        v->offsets = (const int32_t *)(const void *)from;
        from += aligned(((size_t)n + 1) * sizeof *v->offsets);
    }
    v->data = from;
    return from + aligned(h->data_bytes);
}

static bool is_ours(const struct head *head, size_t bytes) {
    size_t want = head_bytes(head->n_cols);
    if (head->magic != MAGIC || head->n_cols < 0 || want > bytes) return false;
    for (int i = 0; i < head->n_cols; i++) want += col_bytes(&head->cols[i], head->n_rows);
    return want == bytes;
}

enum rc spill_get(const struct spill *s, const struct spill_place *place, struct batch **out, struct err *e) {
    struct batch *b = mem_zalloc(sizeof *b);
    char *piece = mem_alloc(place->bytes);
    *out = NULL;
    if (!b || !piece) {
        (void)err_nomem(e);
        goto fail;
    }
    if (read_all(s, piece, place->bytes, place->at, e)) goto fail;
    const struct head *head = (const struct head *)(const void *)piece;
    if (!is_ours(head, place->bytes)) {
        (void)err_set(e, ERR_INTERNAL, "what was read back from %s is not what was written", s->folder);
        goto fail;
    }
    if (!(b->cols = mem_array((size_t)head->n_cols + 1, sizeof *b->cols))) {
        (void)err_nomem(e);
        goto fail;
    }
    const char *from = piece + head_bytes(head->n_cols);
    for (int i = 0; i < head->n_cols; i++) from = get_col(from, &b->cols[i], &head->cols[i], head->n_rows);
    b->n_rows = head->n_rows;
    b->n_cols = head->n_cols;
    b->bytes = place->bytes;
    b->owner = piece;
    b->release = release;
    *out = b;
    return RC_OK;
fail:
    mem_free(piece);
    mem_free(b);
    return RC_ERR;
}
