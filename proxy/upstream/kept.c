#include "kept.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/json.h"

enum { MOST = 64 * 1024 };

void kept_init(struct kept *k) {
    *k = (struct kept){.status = 0};
    TAILQ_INIT(&k->head);
    buf_init(&k->body, MOST);
}

void kept_fini(struct kept *k) {
    evhttp_clear_headers(&k->head);
    buf_fini(&k->body);
    k->status = 0;
}

void kept_start(struct kept *k, int status, const struct evkeyvalq *head) {
    const struct evkeyval *h;
    evhttp_clear_headers(&k->head);
    buf_reset(&k->body);
    k->status = status;
    k->whole = true;
    TAILQ_FOREACH(h, head, next)
        if (evhttp_add_header(&k->head, h->key, h->value)) k->whole = false;
}

void kept_add(struct kept *k, struct sv bytes) {
    struct err e = ERR_INIT;
    if (k->whole && buf_addsv(&k->body, bytes, &e)) k->whole = false;
}

bool kept_can_tell(const struct kept *k) { return k->status != 0 && k->whole; }

void kept_message(const struct kept *k, char *out, size_t cap) {
    static const char *const PATH[] = {"message", NULL};
    struct err e = ERR_INIT;
    struct sv token;
    struct buf text;
    bool found = false;
    out[0] = '\0';
    buf_init(&text, MOST);
    if (json_slice(buf_sv(&k->body), PATH, &token, &found, &e) == RC_OK && found &&
        json_unquote(&text, token, &e) == RC_OK && text.len && text.len < cap)
        snprintf(out, cap, "%s", text.ptr);
    buf_fini(&text);
}
