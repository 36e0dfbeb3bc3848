#include "tz_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dtime.h"
#include "mem.h"

enum { FILE_MAX = 1024 * 1024, NAME_MAX_LEN = 127, ZONES_MAX = 600, TYPES_MAX = 256 };

struct tz {
    struct tz *next;
    char name[NAME_MAX_LEN + 1];
    int n;                      /* transitions */
    int64_t *at;                /* ascending */
    uint8_t *type;
    int n_types;
    int32_t offset[TYPES_MAX];
    int32_t before;             /* offset before the first transition */
    bool has_rule;
    struct tz_rule rule;        /* after the last one */
};

void tz_free(struct tz **z) {
    if (!z || !*z) return;
    mem_free((*z)->at);
    mem_free((*z)->type);
    mem_free(*z);
    *z = NULL;
}

const char *tz_name(const struct tz *z) { return z ? z->name : ""; }

/* ---- instants -------------------------------------------------------------------------------------------------- */

/* Index of the last transition <= t, or -1. */
static int find_transition(const struct tz *z, int64_t t) {
    int lo = 0, hi = z->n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (z->at[mid] <= t) lo = mid + 1;
        else hi = mid;
    }
    return lo - 1;
}

void tz_span_at(const struct tz *z, int64_t utc_seconds, struct tz_span *out) {
    *out = (struct tz_span){INT64_MIN, INT64_MAX, 0};
    if (!z) return;
    int i = find_transition(z, utc_seconds);
    if (i == z->n - 1 && z->has_rule) {
        tz_rule_span_at(&z->rule, utc_seconds, out);
        if (z->n && out->from < z->at[i]) out->from = z->at[i];
        return;
    }
    out->offset = i < 0 ? z->before : z->offset[z->type[i]];
    if (i >= 0) out->from = z->at[i];
    if (i + 1 < z->n) out->to = z->at[i + 1];
}

/* ---- TZif ------------------------------------------------------------------------------------------------------ */

struct header { uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt; };

enum { HEADER_LEN = 44 };

static uint32_t be32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p) { return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4)); }

static bool read_header(const unsigned char *p, size_t len, struct header *h) {
    if (len < HEADER_LEN || memcmp(p, "TZif", 4) != 0) return false;
    *h = (struct header){be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40)};
    return h->isutcnt <= TYPES_MAX && h->isstdcnt <= TYPES_MAX && h->leapcnt <= 10000 && h->timecnt <= 100000 &&
           h->typecnt >= 1 && h->typecnt <= TYPES_MAX && h->charcnt <= 10000;
}

static size_t body_len(const struct header *h, size_t time_size) {
    return h->timecnt * (time_size + 1) + h->typecnt * 6 + h->charcnt + h->leapcnt * (time_size + 4) + h->isstdcnt +
           h->isutcnt;
}

/* What the clocks showed before the first change: the first type that is not summer time. */
static int32_t first_standard(const struct tz *z, const unsigned char *types) {
    for (int i = 0; i < z->n_types; i++)
        if (!types[i * 6 + 4]) return z->offset[i];
    return z->offset[0];
}

static const char *read_body(struct tz *z, const struct header *h, const unsigned char *p, size_t time_size) {
    const unsigned char *types = p + h->timecnt * (time_size + 1);
    z->n = (int)h->timecnt;
    z->n_types = (int)h->typecnt;
    z->at = mem_array(h->timecnt, sizeof *z->at);
    z->type = mem_array(h->timecnt, 1);
    if (!z->at || !z->type) return "out of memory";
    for (int i = 0; i < z->n_types; i++) {
        z->offset[i] = (int32_t)be32(types + i * 6);
        if (z->offset[i] < -90000 || z->offset[i] > 93600) return "an offset is out of range";
    }
    for (int i = 0; i < z->n; i++) {
        const unsigned char *at = p + (size_t)i * time_size;
        z->at[i] = time_size == 8 ? be64(at) : (int32_t)be32(at);
        z->type[i] = p[h->timecnt * time_size + (size_t)i];
        if (z->type[i] >= h->typecnt) return "a change names a type that is not there";
        if (i && z->at[i] <= z->at[i - 1]) return "the changes are not in order";
    }
    z->before = first_standard(z, types);
    return NULL;
}

static const char *read_footer(struct tz *z, const unsigned char *p, const unsigned char *end) {
    const unsigned char *line;
    if (p == end || *p++ != '\n' || !(line = memchr(p, '\n', (size_t)(end - p)))) return "the footer is missing";
    if (line == p) return NULL;
    if (!tz_rule_parse(sv_make((const char *)p, (size_t)(line - p)), &z->rule)) return "the footer is not a rule";
    z->has_rule = true;
    return NULL;
}

static const char *read_file(struct tz *z, const unsigned char *p, size_t len) {
    const unsigned char *end = p + len;
    struct header h;
    size_t skip;
    if (!read_header(p, len, &h)) return "it does not begin like one";
    bool old = p[4] == '\0';
    skip = HEADER_LEN + body_len(&h, 4);
    if (skip > len) return "it ends early";
    if (old) return read_body(z, &h, p + HEADER_LEN, 4);
    p += skip;
    if (!read_header(p, (size_t)(end - p), &h)) return "its second part does not begin like one";
    if (HEADER_LEN + body_len(&h, 8) > (size_t)(end - p)) return "it ends early";
    const char *bad = read_body(z, &h, p + HEADER_LEN, 8);
    return bad ? bad : read_footer(z, p + HEADER_LEN + body_len(&h, 8), end);
}

enum rc tz_parse(struct tz **out, const unsigned char *bytes, size_t len, struct err *e) {
    struct tz *z = mem_zalloc(sizeof *z);
    *out = NULL;
    if (!z) return err_nomem(e);
    const char *bad = read_file(z, bytes, len);
    if (bad) {
        tz_free(&z);
        return err_set(e, ERR_RESULT_CORRUPT, "not a time zone file: %s", bad);
    }
    *out = z;
    return RC_OK;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static bool is_utc_word(struct sv name) {
    static const char *const WORDS[] = {"", "Z", "UTC", "GMT", "UT", "Etc/UTC", "Etc/GMT", "Etc/UCT", "Etc/Zulu",
                                        "Etc/Universal", "UCT", "Zulu", "Universal", "Etc/GMT0", "GMT0"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (sv_ieq(name, sv_of(WORDS[i]))) return true;
    return false;
}

/* "+05:30", "UTC+1": one to two digits of hours, then optional minutes and seconds. */
static bool parse_offset(struct sv name, int32_t *out) {
    char text[48] = "1970-01-01T00:00";
    struct dtime_text t;
    size_t n = strlen(text);
    if (name.len > 3 && (sv_istarts(name, SV_LIT("UTC")) || sv_istarts(name, SV_LIT("GMT"))))
        name = sv_make(name.ptr + 3, name.len - 3);
    if (name.len < 2 || name.len > 9 || (name.ptr[0] != '+' && name.ptr[0] != '-')) return false;
    memcpy(text + n, name.ptr, name.len);
    if (dtime_parse(sv_make(text, n + name.len), &t) != DTIME_STAMP || !t.has_offset) return false;
    *out = t.offset;
    return true;
}

/* Letters, digits and _ + - in parts divided by single slashes: nothing that could leave the folder. */
static bool is_iana_name(struct sv name) {
    char before = '/';
    if (name.len == 0 || name.len > NAME_MAX_LEN) return false;
    for (size_t i = 0; i < name.len; before = name.ptr[i++]) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool word = letter || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        if (!word && !(c == '/' && before != '/')) return false;
    }
    return before != '/';
}

static enum rc read_all(int fd, unsigned char *bytes, size_t *len, struct err *e) {
    size_t got = 0;
    while (got < FILE_MAX) {
        ssize_t n = read(fd, bytes + got, FILE_MAX - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return err_set(e, ERR_RESULT_CORRUPT, "cannot read: errno %d", errno);
        if (n == 0) break;
        got += (size_t)n;
    }
    *len = got;
    return RC_OK;
}

static enum rc load(struct tz **out, struct sv name, struct err *e) {
    const char *dir = getenv("TZDIR");
    char path[512];
    struct stat st;
    size_t len = 0;
    if (!dir || !*dir) dir = "/usr/share/zoneinfo";
    int n = snprintf(path, sizeof path, "%s/" SV_FMT, dir, SV_ARG(name));
    int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) close(fd);
        return err_set(e, ERR_UNSUPPORTED, "time zone \"" SV_FMT "\" is not known here: looked in %s; is the package "
                       "tzdata installed?", SV_ARG(name), dir);
    }
    unsigned char *bytes = mem_alloc(FILE_MAX);
    enum rc rc = bytes ? read_all(fd, bytes, &len, e) : err_nomem(e);
    close(fd);
    if (rc == RC_OK) rc = tz_parse(out, bytes, len, e);
    mem_free(bytes);
    return rc == RC_OK ? RC_OK : err_wrap(e, "time zone \"" SV_FMT "\"", SV_ARG(name));
}

/* ---- cache: zones are few, so a list will do -------------------------------------------------------------------- */

static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tz *zones;
static int n_zones;

__attribute__((destructor)) static void zones_free(void) {
    while (zones) {
        struct tz *z = zones;
        zones = z->next;
        tz_free(&z);
    }
}

static enum rc make(struct tz **out, struct sv name, struct err *e) {
    int32_t offset;
    if (n_zones >= ZONES_MAX) return err_set(e, ERR_LIMIT, "more than %d time zones in one process", ZONES_MAX);
    if (parse_offset(name, &offset)) {
        *out = mem_zalloc(sizeof **out);
        if (!*out) return err_nomem(e);
        (*out)->before = offset;
        return RC_OK;
    }
    if (!is_iana_name(name))
        return err_set(e, ERR_UNSUPPORTED, "\"%.*s\" is not the name of a time zone",
                       (int)(name.len < 64 ? name.len : 64), name.ptr);
    return load(out, name, e);
}

static enum rc get_locked(const struct tz **out, struct sv name, struct err *e) {
    struct tz *z = zones;
    while (z && !sv_eq(sv_of(z->name), name)) z = z->next;
    if (!z) {
        if (make(&z, name, e) != RC_OK) return RC_ERR;
        memcpy(z->name, name.ptr, name.len);
        z->next = zones;
        zones = z;
        n_zones++;
    }
    *out = z;
    return RC_OK;
}

enum rc tz_get(const struct tz **out, struct sv name, struct err *e) {
    enum rc rc;
    *out = NULL;
    if (is_utc_word(name)) return RC_OK;
    pthread_mutex_lock(&zones_lock);
    rc = get_locked(out, name, e);
    pthread_mutex_unlock(&zones_lock);
    return rc;
}
