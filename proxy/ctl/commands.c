#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "show.h"

enum { METRICS_MAX = 64 * 1024 * 1024, STATEMENT_MAX = 1024 * 1024 };

/* ---- shared ---------------------------------------------------------------------------------------------------- */

static enum rc print_tree(const cJSON *tree, struct err *e) {
    char *text = cJSON_Print(tree);
    if (!text) return err_nomem(e);
    puts(text);
    cJSON_free(text);
    return RC_OK;
}

/* Ask, and show what came in one of two ways. */
static enum rc ask_and_show(const struct client *c, const struct options *o, const char *path, const cJSON *body,
                            void (*show)(const cJSON *tree), struct err *e) {
    cJSON *tree = NULL;
    if (client_ask_tree(c, path, body, &tree, e)) return RC_ERR;
    enum rc rc = RC_OK;
    if (o->json) rc = print_tree(tree, e);
    else show(tree);
    cJSON_Delete(tree);
    return rc;
}

static void add(cJSON *to, const char *name, const char *value) {
    if (value) cJSON_AddStringToObject(to, name, value);
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

static enum rc do_status(const struct client *c, const struct options *o, struct err *e) {
    return ask_and_show(c, o, "/admin/v1/state", NULL, show_status, e);
}

static enum rc do_hit_rates(const struct client *c, const struct options *o, struct err *e) {
    return ask_and_show(c, o, "/admin/v1/state", NULL, show_hit_rates, e);
}

static enum rc do_top(const struct client *c, const struct options *o, struct err *e) {
    static const char *const ORDERS[] = {"count", "upstream", "saved"};
    const char *by = o->by ? o->by : ORDERS[0];
    char path[64];
    for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++)
        if (strcmp(by, ORDERS[i]) == 0) {
            snprintf(path, sizeof path, "/admin/v1/top?by=%s", by);
            return ask_and_show(c, o, path, NULL, show_top, e);
        }
    return err_set(e, ERR_ARG, "--by is count, upstream or saved");
}

static enum rc do_metrics(const struct client *c, const struct options *o, struct err *e) {
    struct buf text;
    (void)o;
    buf_init(&text, METRICS_MAX);
    enum rc rc = client_ask(c, "/metrics", NULL, &text, e);
    if (rc == RC_OK && text.len) fwrite(text.ptr, 1, text.len, stdout);
    buf_fini(&text);
    return rc;
}

/* ---- explain --------------------------------------------------------------------------------------------------- */

static enum rc read_input(struct buf *out, struct err *e) {
    char part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, stdin)) > 0)
        if (buf_add(out, part, n, e)) return RC_ERR;
    return ferror(stdin) ? err_set(e, ERR_ARG, "the statement cannot be read from standard input") : RC_OK;
}

static enum rc add_token(cJSON *body, const char *name, struct err *e) {
    const char *token = name ? getenv(name) : NULL;
    if (name && !token) return err_set(e, ERR_ARG, "$%s is not set", name);
    add(body, "token", token);
    return RC_OK;
}

static enum rc ask_explain(const struct client *c, const struct options *o, const char *sql, struct err *e) {
    cJSON *body = cJSON_CreateObject();
    add(body, "statement", sql);
    add(body, "warehouse_id", o->warehouse);
    add(body, "catalog", o->catalog);
    add(body, "schema", o->schema);
    add(body, "session_id", o->session);
    add(body, "tenant", o->tenant);
    enum rc rc = add_token(body, o->token_env, e);
    if (rc == RC_OK) rc = ask_and_show(c, o, "/admin/v1/explain", body, show_explain, e);
    cJSON_Delete(body);
    return rc;
}

static enum rc do_explain(const struct client *c, const struct options *o, struct err *e) {
    struct buf input;
    if (o->n_args != 1) return err_set(e, ERR_ARG, "explain wants one statement, or - for standard input");
    if (strcmp(o->args[0], "-") != 0) return ask_explain(c, o, o->args[0], e);
    buf_init(&input, STATEMENT_MAX);
    enum rc rc = read_input(&input, e);
    if (rc == RC_OK) rc = ask_explain(c, o, input.ptr ? input.ptr : "", e);
    buf_fini(&input);
    return rc;
}

/* ---- doing ----------------------------------------------------------------------------------------------------- */

static void show_flush(const cJSON *answer) {
    const char *what = json_str(answer, "invalidated"), *note = json_str(answer, "note");
    printf("unusable from now on: %s\n", what ? what : "what was named");
    if (note) printf("%s\n", note);
}

static enum rc do_flush(const struct client *c, const struct options *o, struct err *e) {
    int named = o->all + (o->n_tables > 0) + (o->tag != NULL) + (o->key != NULL);
    if (named != 1) return err_set(e, ERR_ARG, "flush wants one of --all, --table, --tag, --key");
    cJSON *wish = cJSON_CreateObject();
    add(wish, "tenant", o->tenant);
    add(wish, "tag", o->tag);
    add(wish, "key", o->key);
    if (o->all) cJSON_AddBoolToObject(wish, "all", true);
    if (o->n_tables) cJSON_AddItemToObject(wish, "tables", cJSON_CreateStringArray(o->tables, o->n_tables));
    enum rc rc = ask_and_show(c, o, "/admin/v1/invalidate", wish, show_flush, e);
    cJSON_Delete(wish);
    return rc;
}

static void show_drain(const cJSON *answer) {
    (void)answer;
    puts("draining: requests under way are finished, then it ends");
}

static void show_reload(const cJSON *answer) {
    (void)answer;
    puts("reloaded");
}

static void show_level(const cJSON *answer) {
    const char *level = json_str(answer, "level");
    puts(level ? level : "");
}

static enum rc post(const struct client *c, const struct options *o, const char *path,
                    void (*show)(const cJSON *tree), struct err *e) {
    cJSON *nothing = cJSON_CreateObject();
    enum rc rc = ask_and_show(c, o, path, nothing, show, e);
    cJSON_Delete(nothing);
    return rc;
}

static enum rc do_drain(const struct client *c, const struct options *o, struct err *e) {
    return post(c, o, "/admin/v1/drain", show_drain, e);
}

static enum rc do_reload(const struct client *c, const struct options *o, struct err *e) {
    return post(c, o, "/admin/v1/reload", show_reload, e);
}

static enum rc do_loglevel(const struct client *c, const struct options *o, struct err *e) {
    if (!o->n_args) return ask_and_show(c, o, "/admin/v1/loglevel", NULL, show_level, e);
    cJSON *wish = cJSON_CreateObject();
    add(wish, "level", o->args[0]);
    enum rc rc = ask_and_show(c, o, "/admin/v1/loglevel", wish, show_level, e);
    cJSON_Delete(wish);
    return rc;
}

const struct command *command_find(const char *name) {
    static const struct command COMMANDS[] = {
        {"status", 0, 0, do_status},
        {"hit-rates", 0, 0, do_hit_rates},
        {"top", OPTION_BY, 0, do_top},
        {"metrics", 0, 0, do_metrics},
        {"explain", OPTION_TENANT | OPTION_EXPLAIN, 1, do_explain},
        {"flush", OPTION_TENANT | OPTION_FLUSH, 0, do_flush},
        {"drain", 0, 0, do_drain},
        {"reload", 0, 0, do_reload},
        {"loglevel", 0, 1, do_loglevel},
    };
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(COMMANDS[i].name, name) == 0) return &COMMANDS[i];
    return NULL;
}
