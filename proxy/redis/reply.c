#include "reply.h"

#include <hiredis/hiredis.h>

#include "core/mem.h"

/* hiredis 1.0 counts elements in size_t and knows types of RESP3, which nobody asked for here. */
#if HIREDIS_MAJOR < 1
typedef int element_count;
#else
typedef size_t element_count;
#endif

struct reply_reader {
    redisReader *hiredis;
    size_t objects, bytes; /* of the reply under way */
};

static struct reply *make(const redisReadTask *task, enum reply_type type, size_t bytes) {
    struct reply_reader *r = task->privdata;
    if (++r->objects > REPLY_MAX_OBJECTS || bytes > REPLY_MAX_BYTES || (r->bytes += bytes) > REPLY_MAX_BYTES)
        return NULL;
    struct reply *o = mem_zalloc(sizeof *o);
    if (o) o->type = type;
    return o;
}

/* The parent's slot takes the object; hiredis frees the root only. */
static void *place(const redisReadTask *task, struct reply *o) {
    if (o && task->parent) ((struct reply *)task->parent->obj)->element[task->idx] = o;
    return o;
}

static void *make_string(const redisReadTask *task, char *text, size_t len) {
    enum reply_type type = task->type == REDIS_REPLY_ERROR    ? REPLY_ERROR
                           : task->type == REDIS_REPLY_STATUS ? REPLY_STATUS
                                                              : REPLY_STRING;
    struct reply *o = make(task, type, len);
    if (!o) return NULL;
    o->str = mem_strndup(text, len);
    o->n = len;
    if (!o->str) reply_free(&o);
    return place(task, o);
}

static void *make_array(const redisReadTask *task, element_count n) {
    if (n > REPLY_MAX_OBJECTS) return NULL;
    struct reply *o = make(task, REPLY_ARRAY, (size_t)n * 4); /* no element takes fewer bytes on the wire */
    if (!o) return NULL;
    if (n > 0 && !(o->element = mem_array((size_t)n, sizeof *o->element))) reply_free(&o);
    if (o) o->n = (size_t)n;
    return place(task, o);
}

static void *make_integer(const redisReadTask *task, long long value) {
    struct reply *o = make(task, REPLY_INTEGER, 0);
    if (o) o->integer = value;
    return place(task, o);
}

static void *make_nil(const redisReadTask *task) { return place(task, make(task, REPLY_NIL, 0)); }

static void free_object(void *o) {
    struct reply *r = o;
    reply_free(&r);
}

void reply_free(struct reply **r) {
    if (!*r) return;
    for (size_t i = 0; (*r)->element && i < (*r)->n; i++) reply_free(&(*r)->element[i]);
    mem_free((*r)->element);
    mem_free((*r)->str);
    mem_free(*r);
    *r = NULL;
}

bool reply_is_error(const struct reply *r, const char *prefix) {
    return r && r->type == REPLY_ERROR && strncmp(r->str, prefix, strlen(prefix)) == 0;
}

const struct reply *reply_at(const struct reply *r, size_t i) {
    return r && r->type == REPLY_ARRAY && i < r->n ? r->element[i] : NULL;
}

enum rc reply_reader_new(struct reply_reader **out, struct err *e) {
    static redisReplyObjectFunctions functions = {.createString = make_string,
                                                  .createArray = make_array,
                                                  .createInteger = make_integer,
                                                  .createNil = make_nil,
                                                  .freeObject = free_object};
    struct reply_reader *r = mem_zalloc(sizeof *r);
    if (!r || !(r->hiredis = redisReaderCreateWithFunctions(&functions))) {
        mem_free(r);
        return err_nomem(e);
    }
    r->hiredis->privdata = r;
    *out = r;
    return RC_OK;
}

void reply_reader_free(struct reply_reader **r) {
    if (!*r) return;
    redisReaderFree((*r)->hiredis);
    mem_free(*r);
    *r = NULL;
}

enum rc reply_reader_feed(struct reply_reader *r, const char *bytes, size_t len, struct err *e) {
    /* what waits for its end is one string of a reply; no string of ours is longer */
    if (r->hiredis->len - r->hiredis->pos > REPLY_MAX_BYTES)
        return err_set(e, ERR_PROTOCOL, "a reply is longer than %d bytes", REPLY_MAX_BYTES);
    if (redisReaderFeed(r->hiredis, bytes, len) == REDIS_OK) return RC_OK;
    return err_set(e, ERR_PROTOCOL, "%s", r->hiredis->errstr);
}

enum rc reply_reader_next(struct reply_reader *r, struct reply **out, struct err *e) {
    void *got = NULL;
    *out = NULL;
    if (redisReaderGetReply(r->hiredis, &got) != REDIS_OK)
        return err_set(e, ERR_PROTOCOL, "the server's reply cannot be read or is too large (%s)", r->hiredis->errstr);
    if (got) r->objects = r->bytes = 0;
    *out = got;
    return RC_OK;
}
