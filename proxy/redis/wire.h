/* wire: one command as it goes to a server, shared by those who send it (again). And the scripts. */
#ifndef PROXY_REDIS_WIRE_H
#define PROXY_REDIS_WIRE_H

#include "core/err.h"
#include "core/sv.h"

struct wire {
    int refs;
    size_t len;
    char *bytes;
    bool is_secret;            /* wiped at the end */
    bool is_script;            /* EVALSHA …: wire_eval() makes EVAL of it */
    int script;
};

enum script { SCRIPT_EPOCH, SCRIPT_DROP, SCRIPT_RENEW, SCRIPT_EXTEND, SCRIPT_COUNT };

/* One reference, NULL = out of memory. The arguments are copied. */
struct wire *wire_new(int n, const struct sv *args);
struct wire *wire_ref(struct wire *w);
void wire_unref(struct wire **w);

/* The script's keys, all of one slot, then its arguments. */
struct wire *wire_script(enum script s, int n_keys, int n, const struct sv *keys_and_args);
struct wire *wire_eval(const struct wire *w);
struct sv script_text(enum script s);

#define WIRE(...) \
    wire_new((int)(sizeof((struct sv[]){__VA_ARGS__}) / sizeof(struct sv)), (const struct sv[]){__VA_ARGS__})

#endif
