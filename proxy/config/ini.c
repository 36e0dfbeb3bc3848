#include "ini.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

enum { MAX_FILE = 1 << 20, LINE_ROOM = 190, MAX_KEY = 49 };

/* inih as packaged reads lines of 200 bytes and tells its handler no line numbers. It asks us for each line: we count,
 * look at section lines ourselves (it cuts long names, and says nothing of empty sections), and hand it a short
 * stand-in of a long line, whose value we keep. */
struct ini {
    struct draft *draft;
    struct sv rest;            /* not yet handed over */
    int line;
    bool is_indented;          /* the line under way */
    struct sv value;           /* of a line too long for inih; null: inih has it all */
    bool has_section;
    struct draft_place at;
    struct err *e;
    bool failed;               /* e is filled: the rest is not looked at */
};

static int fail(struct ini *in, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int fail(struct ini *in, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    err_vset(in->e, ERR_CONFIG_BAD, fmt, ap);
    va_end(ap);
    err_wrap(in->e, "%s:%d", in->draft->path, in->line);
    in->failed = true;
    return 0;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* ---- lines, as inih asks for them ------------------------------------------------------------------------------ */

static struct sv next_line(struct ini *in) {
    struct sv line = in->rest, after = SV_NULL;
    if (!sv_cut(in->rest, '\n', &line, &after)) line = in->rest, after = SV_NULL;
    in->rest = after;
    in->line++;
    in->value = SV_NULL;
    in->is_indented = line.len && is_blank(line.ptr[0]);
    return line;
}

static void begin_section(struct ini *in, struct sv line) {
    const char *end = memchr(line.ptr, ']', line.len);
    struct sv name = SV_NULL, section, tail;
    if (!end) {
        fail(in, "the section's name has no ] at its end");
        return;
    }
    section = sv_trim(sv_make(line.ptr + 1, (size_t)(end - line.ptr) - 1));
    tail = sv_trim(sv_make(end + 1, line.len - (size_t)(end - line.ptr) - 1));
    if (tail.len && tail.ptr[0] != ';' && tail.ptr[0] != '#') {
        fail(in, "\"" SV_FMT "\" follows the section's name", SV_ARG(tail));
        return;
    }
    struct sv whole = section;
    if (!sv_cut(whole, '.', &section, &name)) section = whole, name = SV_NULL;
    in->failed = draft_section(in->draft, section, name, in->line, &in->at, in->e) != RC_OK;
    in->has_section = true;
}

/* "key =" of a long line; its value is put aside. */
static struct sv shorten(struct ini *in, struct sv line) {
    const char *sep = memchr(line.ptr, '=', line.len);
    struct sv text = sv_trim(line);
    if (text.len && (text.ptr[0] == ';' || text.ptr[0] == '#')) return SV_LIT(";");
    if (in->is_indented) { /* more of a list */
        in->value = text;
        return SV_LIT(" +");
    }
    if (!sep || sep - line.ptr > MAX_KEY) {
        fail(in, "a long line that does not begin with key =");
        return SV_LIT(";");
    }
    in->value = sv_trim(sv_make(sep + 1, line.len - (size_t)(sep + 1 - line.ptr)));
    return sv_make(line.ptr, (size_t)(sep + 1 - line.ptr));
}

static char *read_line(char *out, int cap, void *stream) {
    struct ini *in = stream;
    if (sv_is_null(in->rest) || in->failed) return NULL;
    struct sv line = next_line(in), text = sv_trim(line);
    if (memchr(line.ptr, 0, line.len)) fail(in, "a NUL byte");
    else if (text.len && text.ptr[0] == '[' && !in->is_indented) begin_section(in, text), line = SV_LIT("[s]");
    else if (line.len > LINE_ROOM) line = shorten(in, line);
    if (in->failed || line.len + 2 > (size_t)cap) return NULL;
    memcpy(out, line.ptr, line.len);
    memcpy(out + line.len, "\n", 2);
    return out;
}

/* ---- settings, as inih finds them ------------------------------------------------------------------------------ */

/* What inih does for lines that it sees whole: " ;" begins a comment. */
static struct sv without_comment(struct sv value) {
    for (size_t i = 1; i < value.len; i++)
        if (value.ptr[i] == ';' && is_blank(value.ptr[i - 1])) return sv_trim(sv_make(value.ptr, i));
    return value;
}

static int set(struct ini *in, const char *key, const char *value) {
    enum rc rc = in->is_indented ? draft_continue(in->draft, in->at, sv_of(key), value, in->line, in->e)
                                 : draft_set(in->draft, in->at, sv_of(key), value, in->line, in->e);
    in->failed = rc != RC_OK;
    return !in->failed;
}

static int on_setting(void *user, const char *section, const char *key, const char *value) {
    struct ini *in = user;
    (void)section;
    if (in->failed) return 0;
    if (!in->has_section) return fail(in, "\"%s\" stands before the first [section]", key);
    if (sv_is_null(in->value)) return set(in, key, value);
    struct sv text = without_comment(in->value);
    char *copy = mem_strndup(text.ptr, text.len);
    if (!copy) return in->failed = true, err_nomem(in->e), 0;
    int ok = set(in, key, copy);
    mem_free(copy);
    return ok;
}

enum rc ini_parse_text(struct draft *d, struct sv text, struct err *e) {
    struct ini in = {.draft = d, .rest = text, .e = e};
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) in.rest = sv_make(text.ptr + 3, text.len - 3);
    int bad = ini_parse_stream(read_line, &in, on_setting, &in);
    if (in.failed) return RC_ERR;
    if (bad < 0) return err_nomem(e);
    if (bad > 0) {
        in.line = bad;
        fail(&in, "neither [section] nor key = value");
        return RC_ERR;
    }
    return RC_OK;
}

enum rc ini_load(struct draft *d, const char *path, struct err *e) {
    char *bytes = mem_alloc(MAX_FILE + 1);
    enum rc rc = RC_ERR;
    if (!bytes) return err_nomem(e);
    FILE *f = fopen(path, "rbe");
    size_t len = f ? fread(bytes, 1, MAX_FILE + 1, f) : 0;
    if (!f || ferror(f)) err_set(e, ERR_CONFIG_MISSING, "%s cannot be read: %s", path, strerror(errno));
    else if (len > MAX_FILE) err_set(e, ERR_CONFIG_BAD, "%s is longer than %d bytes", path, MAX_FILE);
    else rc = ini_parse_text(d, sv_make(bytes, len), e);
    if (f) fclose(f);
    mem_free(bytes);
    return rc;
}
