/* args: the command line: which file, and settings on top of it. */
#ifndef PROXY_CONFIG_ARGS_H
#define PROXY_CONFIG_ARGS_H

#include "draft.h"

struct args {
    int argc;
    char **argv;
    const char *path;             /* -c; NULL: none. Borrowed from argv */
    enum config_action action;
};

/* First the file and what to do, with a look at all options; then, on top of the file, the settings. */
enum rc args_scan(struct args *a, int argc, char **argv, struct err *e) MUST_CHECK;
enum rc args_apply(const struct args *a, struct draft *d, struct err *e) MUST_CHECK;

#endif
