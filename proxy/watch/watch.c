#include "watch.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"

static void on_logged(void *arg, const char *room, const char *text) {
    struct watch *w = arg;
    if (!w->telling) errors_note(&w->errors, NULL, room, text);
}

enum rc watch_new(struct watch **out, struct log *log, struct err *e) {
    struct watch *w = mem_zalloc(sizeof *w);
    *out = w;
    if (!w) return err_nomem(e);
    w->log = log;
    w->started_ms = clock_wall_ms();
    log_set_tap(log, on_logged, w);
    if (top_new(&w->top, e) == RC_OK) return RC_OK;
    watch_free(out);
    return RC_ERR;
}

void watch_free(struct watch **w) {
    if (!*w) return;
    log_set_tap((*w)->log, NULL, NULL);
    top_free(&(*w)->top);
    mem_free(*w);
    *w = NULL;
}

void watch_error(struct watch *w, const char *tenant, const char *room, const char *fmt, ...) {
    char text[ERRORS_TEXT];
    va_list ap;
    if (!w) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    errors_note(&w->errors, tenant, room, text);
    w->telling = true;
    if (tenant) log_line(w->log, LOG_WARNING, room, "tenant %s: %s", tenant, text);
    else log_line(w->log, LOG_WARNING, room, "%s", text);
    w->telling = false;
}
