/* reload: a new configuration beside the one in use: read, checked, its listeners opened and its certificates read;
 * only then is anything changed. Otherwise all stays as it was, and the reason is logged. */
#ifndef PROXY_RELOAD_H
#define PROXY_RELOAD_H

#include "gates.h"

/* Where the configuration comes from: main's arguments, which name the file. */
struct reload_source {
    int argc;
    char **argv;
};

enum rc reload_run(const struct reload_source *from, struct proxy *p, struct gates *gs, struct err *e) MUST_CHECK;

#endif
