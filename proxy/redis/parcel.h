/* parcel: one command as it goes to a server, shared by those who send it (again). And the scripts. */
#ifndef PROXY_REDIS_PARCEL_H
#define PROXY_REDIS_PARCEL_H

#include "core/err.h"
#include "core/sv.h"

struct parcel {
    int refs;
    size_t len;
    char *bytes;
    bool is_secret;            /* wiped at the end */
    bool is_script;            /* EVALSHA …: parcel_eval() makes EVAL of it */
    int script;
};

enum script { SCRIPT_EPOCH, SCRIPT_DROP, SCRIPT_RENEW, SCRIPT_EXTEND, SCRIPT_COUNT };

/* One reference, NULL = out of memory. The arguments are copied. */
struct parcel *parcel_new(int n, const struct sv *args);
struct parcel *parcel_ref(struct parcel *w);
void parcel_unref(struct parcel **w);

/* The script's keys, all of one slot, then its arguments. */
struct parcel *parcel_script(enum script s, int n_keys, int n, const struct sv *keys_and_args);
struct parcel *parcel_eval(const struct parcel *w);
struct sv script_text(enum script s);

#define WIRE(...) \
    parcel_new((int)(sizeof((struct sv[]){__VA_ARGS__}) / sizeof(struct sv)), (const struct sv[]){__VA_ARGS__})

#endif
