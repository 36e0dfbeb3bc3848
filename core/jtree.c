#include "jtree.h"

#include "buf.h"
#include "json.h"
#include "utf.h"

struct parser {
    const char *at, *end, *start;
    const char *const *raw;
    struct arena *a;
    struct err *e;
    size_t bulk;                /* bytes of raw values so far */
};

static enum rc bad(struct parser *p, const char *what) {
    return err_set(p->e, ERR_PROTOCOL, "malformed JSON at byte %zu: %s", (size_t)(p->at - p->start), what);
}

static void skip_blank(struct parser *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) p->at++;
}

static bool eat(struct parser *p, char c) {
    if (p->at == p->end || *p->at != c) return false;
    p->at++;
    return true;
}

/* What stands here is a value by its syntax; moves behind it. */
static enum rc skip(struct parser *p, struct sv *out) {
    static const char *const HERE[] = {NULL};
    bool found;
    size_t before = (size_t)(p->at - p->start);
    if (json_slice(sv_make(p->at, (size_t)(p->end - p->at)), HERE, out, &found, p->e))
        return err_wrap(p->e, "from byte %zu", before);
    p->at = out->ptr + out->len;
    return RC_OK;
}

static enum rc unescape(struct parser *p, struct sv *text) {
    struct buf b;
    buf_init(&b, text->len + 4);
    enum rc rc = json_unquote(&b, sv_make(text->ptr - 1, text->len + 2), p->e);
    char *own = rc == RC_OK ? arena_dup(p->a, buf_sv(&b)) : NULL;
    if (rc == RC_OK && !own) rc = err_nomem(p->e);
    *text = sv_make(own, own ? b.len : 0);
    buf_fini(&b);
    return rc;
}

/* At the opening quote. Nearly all strings of an answer are short and plain; the others go the long way. */
static enum rc take_string(struct parser *p, struct sv *out) {
    const char *from = p->at + 1, *q = from;
    unsigned char seen = 0;
    while (q < p->end && *q != '"' && *q != '\\' && (unsigned char)*q >= 0x20) seen |= (unsigned char)*q++;
    if (q < p->end && *q == '"') {
        *out = sv_make(from, (size_t)(q - from));
        p->at = q + 1;
        return seen < 0x80 || utf8_is_valid(out->ptr, out->len) ? RC_OK : bad(p, "not UTF-8");
    }
    if (skip(p, out)) return RC_ERR;
    *out = sv_make(out->ptr + 1, out->len - 2);
    return utf8_is_valid(out->ptr, out->len) ? unescape(p, out) : bad(p, "not UTF-8");
}

static bool is_raw(const struct parser *p, struct sv key) {
    for (const char *const *name = p->raw; *name; name++)
        if (sv_eq(key, sv_of(*name))) return true;
    return false;
}

static enum rc take_raw(struct parser *p, struct jtree *node) {
    node->type = JTREE_RAW;
    if (skip(p, &node->text)) return RC_ERR;
    p->bulk += node->text.len;
    return RC_OK;
}

static enum rc take_scalar(struct parser *p, struct jtree *node) {
    if (skip(p, &node->text)) return RC_ERR;
    switch (node->text.ptr[0]) {
    case 'n': node->type = JTREE_NULL; break;
    case 't': node->type = JTREE_TRUE; break;
    case 'f': node->type = JTREE_FALSE; break;
    default: node->type = JTREE_NUMBER;
    }
    return RC_OK;
}

static enum rc take_value(struct parser *p, struct jtree *node, int depth);

static enum rc take_member(struct parser *p, struct jtree *node, int depth) {
    if (p->at == p->end || *p->at != '"') return bad(p, "a member name is expected");
    if (take_string(p, &node->key)) return RC_ERR;
    skip_blank(p);
    if (!eat(p, ':')) return bad(p, "a colon is expected");
    skip_blank(p);
    return is_raw(p, node->key) ? take_raw(p, node) : take_value(p, node, depth);
}

/* Behind the opening bracket. */
static enum rc take_children(struct parser *p, struct jtree *node, int depth) {
    bool is_object = node->type == JTREE_OBJECT;
    const struct jtree **last = &node->child;
    skip_blank(p);
    if (eat(p, is_object ? '}' : ']')) return RC_OK;
    for (;;) {
        struct jtree *child = arena_alloc(p->a, sizeof *child);
        if (!child) return err_nomem(p->e);
        skip_blank(p);
        if (is_object ? take_member(p, child, depth + 1) : take_value(p, child, depth + 1)) return RC_ERR;
        *last = child;
        last = &child->next;
        node->n++;
        skip_blank(p);
        if (eat(p, is_object ? '}' : ']')) return RC_OK;
        if (!eat(p, ',')) return bad(p, is_object ? "a comma or } is expected" : "a comma or ] is expected");
    }
}

static enum rc take_value(struct parser *p, struct jtree *node, int depth) {
    if (depth > JSON_MAX_DEPTH) return bad(p, "nested too deeply");
    if (p->at == p->end) return bad(p, "the text ends where a value is expected");
    if ((size_t)(p->at - p->start) - p->bulk > JSON_MAX_TREE)
        return err_set(p->e, ERR_LIMIT, "a control message of more than %d bytes", JSON_MAX_TREE);
    switch (*p->at) {
    case '{': case '[':
        node->type = *p->at++ == '{' ? JTREE_OBJECT : JTREE_ARRAY;
        return take_children(p, node, depth);
    case '"': node->type = JTREE_STRING; return take_string(p, &node->text);
    default: return take_scalar(p, node);
    }
}

enum rc jtree_parse(struct sv text, const char *const *raw, struct arena *a, const struct jtree **out,
                    struct err *e) {
    struct parser p = {text.ptr, text.ptr + text.len, text.ptr, raw, a, e, 0};
    struct jtree *root = arena_alloc(a, sizeof *root);
    *out = root;
    if (!root) return err_nomem(e);
    if (!text.len) return err_set(e, ERR_PROTOCOL, "malformed JSON: the text is empty");
    skip_blank(&p);
    if (take_value(&p, root, 1)) return RC_ERR;
    skip_blank(&p);
    return p.at == p.end ? RC_OK : bad(&p, "text after the value");
}

const struct jtree *jtree_find(const struct jtree *object, const char *key) {
    if (!object || object->type != JTREE_OBJECT) return NULL;
    struct sv name = sv_of(key);
    for (const struct jtree *v = object->child; v; v = v->next)
        if (sv_eq(v->key, name)) return v->type == JTREE_NULL ? NULL : v;
    return NULL;
}
