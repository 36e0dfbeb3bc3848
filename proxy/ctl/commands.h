/* commands: what dbxproxyctl can be told. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "client.h"

/* Given to all commands; what one has no use for is refused before it runs. */
struct options {
    const char *admin;
    bool json;
    bool all;
    const char *tenant, *tag, *key, *catalog, *schema, *warehouse, *session, *token_env, *by;
    const char **tables;     /* n_tables of them */
    int n_tables;
    int n_args;
    char **args;             /* after the command */
};

enum option_set { OPTION_TENANT = 1, OPTION_FLUSH = 2, OPTION_EXPLAIN = 4, OPTION_BY = 8 };

struct command {
    const char *name;
    unsigned takes;          /* enum option_set */
    int max_args;
    enum rc (*run)(const struct client *c, const struct options *o, struct err *e);
};

const struct command *command_find(const char *name);  /* NULL = no such command */

#endif
