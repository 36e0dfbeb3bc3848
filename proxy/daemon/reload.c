#include "reload.h"

#include <string.h>

#include "ready.h"

static void tell_fixed(void *arg, const char *key) {
    struct proxy *p = arg;
    log_line(p->log, LOG_WARNING, "reload", "%s changes with a restart only: it stays as it was", key);
}

/* Opened before the rest is changed: a log that cannot be written stops the reload. */
static enum rc open_access_log(const struct config *fresh, const struct proxy *p, struct accesslog **out,
                               struct err *e) {
    *out = NULL;
    if (strcmp(fresh->log.access, p->cfg->log.access) == 0 || !*fresh->log.access) return RC_OK;
    return accesslog_open(out, fresh->log.access, e);
}

static void use_access_log(struct proxy *p, bool changed, struct accesslog *fresh) {
    if (!changed) return;
    accesslog_close(&p->accesslog);
    p->accesslog = fresh;
}

static enum rc change(struct proxy *p, struct gates *gs, const struct config *fresh, struct err *e) {
    struct accesslog *log = NULL;
    bool other_log = strcmp(fresh->log.access, p->cfg->log.access) != 0;
    bool other_level = fresh->log.level != p->cfg->log.level;
    if (open_access_log(fresh, p, &log, e)) return RC_ERR;
    if (gates_plan(gs, fresh, e) || proxy_reconfigure(p, fresh, e)) {
        gates_abort(gs);
        accesslog_close(&log);
        return RC_ERR;
    }
    gates_commit(gs);
    use_access_log(p, other_log, log);
    if (other_level) log_set_level(p->log, (enum log_level)fresh->log.level);
    return RC_OK;
}

enum rc reload_run(const struct reload_source *from, struct proxy *p, struct gates *gs, struct err *e) {
    struct config *fresh = NULL;
    enum config_action action;
    metrics_add(&p->metrics, M_RELOADS);
    enum rc rc = config_from_args(from->argc, from->argv, &fresh, &action, e);
    if (rc == RC_OK) rc = config_keep_fixed(fresh, p->cfg, tell_fixed, p, e);
    if (rc == RC_OK) rc = change(p, gs, fresh, e);
    config_unref(&fresh);
    if (rc == RC_OK && ready_write(p->cfg->server.ready_file, gs, e))
        log_line(p->log, LOG_ERROR, "reload", "%s", e->text); /* all else is as configured */
    metrics_set(&p->metrics, M_RELOAD_OK, rc == RC_OK);
    return rc;
}
