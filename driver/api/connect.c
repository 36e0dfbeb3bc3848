/* connect: SQLConnect, SQLDriverConnect, SQLBrowseConnect, SQLDisconnect. */
#include "connect.h"

#include "api.h"
#include "core/clock.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "metacache.h"

enum { MAX_CONN_STRING = 1 << 20 };

int64_t connect_deadline(const struct dbc *d) {
    int64_t seconds = d->attrs.login_timeout ? (int64_t)d->attrs.login_timeout : d->options.login_timeout;
    return clock_deadline(seconds * 1000);
}

void connect_call_begin(struct dbc *d) {
    if (atomic_load(&d->running)) return;   /* an asynchronous call began when it was started */
    if (cancel_is_raised(d->cancel)) cancel_rearm(d->cancel);
    atomic_store(&d->running, true);
}

void connect_call_end(struct dbc *d) { atomic_store(&d->running, false); }

enum rc connect_catalog(struct dbc *d, const char **catalog, struct err *e) {
    const char *schema = NULL;
    const struct options *o = &d->options;
    if (o->catalog && o->catalog[0] && !atomic_load(&d->namespace_moved)) {
        *catalog = o->catalog;
        return RC_OK;
    }
    connect_call_begin(d);
    enum rc rc = session_namespace(d->session, d->cancel, connect_deadline(d), catalog, &schema, e);
    connect_call_end(d);
    return rc;
}

/* What was set on the handle before connecting counts like a key of the connection string. */
static enum rc apply_attrs(struct dbc *d, struct err *e) {
    d->given_socket_timeout = d->options.socket_timeout;
    if (d->attrs.connection_timeout > 0 && d->attrs.connection_timeout < (SQLUINTEGER)d->options.socket_timeout)
        d->options.socket_timeout = (int)d->attrs.connection_timeout;
    if (!d->catalog) return RC_OK;
    char *copy = mem_strdup(d->catalog);
    if (!copy) return err_nomem(e);
    mem_free(d->given_catalog);
    d->given_catalog = d->options.catalog;
    d->options.catalog = copy;
    return RC_OK;
}

/* The options are again what the connection string made them. */
static void restore_options(struct dbc *d) {
    if (d->options.socket_timeout != d->given_socket_timeout) atomic_store(&d->session_touched, true);
    d->options.socket_timeout = d->given_socket_timeout;
    if (!d->catalog) return;
    mem_free(d->options.catalog);
    d->options.catalog = d->given_catalog;
    d->given_catalog = NULL;
    mem_free(d->catalog);
    d->catalog = NULL;
    atomic_store(&d->session_touched, true);
}

/* The driver manager holds the lock of its pool meanwhile, so nothing is sent: a session with traces of its last user is
 * replaced when the next one comes. */
SQLRETURN connect_reset(struct dbc *d) {
    bool live = d->stmts != NULL;
    struct dbc_attrs kept = d->attrs;
    attr_dbc_defaults(&d->attrs);
    d->attrs.ansi_app = kept.ansi_app;
    d->attrs.odbc_cursors = kept.odbc_cursors;
    d->attrs.login_timeout = kept.login_timeout;
    attr_stmt_defaults(&d->stmt_defaults);
    d->quiet_window = NULL;
    atomic_store(&d->wrote, false);
    if (!d->connected) return SQL_SUCCESS;
    metacache_flush(d->metacache);
    dbc_forget_handles(d);
    restore_options(d);
    if (atomic_load(&d->session_touched)) d->session_used_up = true;
    return live ? connect_refresh(d) : SQL_SUCCESS;
}

SQLRETURN connect_refresh(struct dbc *d) {
    struct err e = ERR_INIT;
    struct session *fresh = NULL;
    if (!d->session_used_up || !d->connected) return SQL_SUCCESS;
    connect_call_begin(d);
    enum rc rc = session_open(&fresh, &d->options, d->log, d->cancel, connect_deadline(d), &e);
    connect_call_end(d);
    if (rc) return diag_err(&d->h, &e);
    session_close(&d->session);
    d->session = fresh;
    d->session_used_up = false;
    atomic_store(&d->namespace_moved, false);
    atomic_store(&d->session_touched, false);
    return SQL_SUCCESS;
}

static enum rc open_log(struct dbc *d, struct err *e) {
    enum log_level level = LOG_OFF;
    if (!log_level_parse(d->options.log_level, &level))
        return err_set(e, ERR_CONFIG_BAD,
                       "LogLevel is \"%s\"; it is a number from 0 to 6 or OFF, FATAL, ERROR, WARNING, "
                       "INFO, DEBUG or TRACE", d->options.log_level);
    return log_open(&d->log, level, d->options.log_file, e);
}

static enum rc open_session(struct dbc *d, struct err *e) {
    if (apply_attrs(d, e) || open_log(d, e)) return RC_ERR;
    connect_call_begin(d);
    enum rc rc = session_open(&d->session, &d->options, d->log, d->cancel, connect_deadline(d), e);
    connect_call_end(d);
    if (rc != RC_OK) return RC_ERR;
    for (int i = 0; i < d->options.n_unknown; i++)
        log_line(d->log, LOG_WARNING, "configuration", "unknown key ignored: %s", d->options.unknown[i]);
    d->metacache = metacache_new((int64_t)d->options.metadata_ttl * 1000, (size_t)d->options.metadata_cache << 20);
    d->connected = true;
    d->session_used_up = false;
    atomic_store(&d->namespace_moved, false);
    atomic_store(&d->session_touched, false);
    return RC_OK;
}

/* rc and e tell how reading the options went. */
static SQLRETURN connect_with_options(struct dbc *d, enum rc rc, struct err *e) {
    if (rc == RC_OK) rc = open_session(d, e);
    if (rc == RC_OK) return SQL_SUCCESS;
    dbc_close(d);
    return diag_err_connect(&d->h, e);
}

static SQLRETURN refuse_second(struct dbc *d) {
    return diag_fail(&d->h, ST_CONNECTED, "the connection is already open");
}

SQLRETURN api_connect(struct dbc *d, struct sv dsn, struct sv uid, struct sv pwd) {
    struct err e = ERR_INIT;
    if (d->connected) return refuse_second(d);
    enum rc rc = options_from_dsn(&d->options, dsn, uid, pwd, &e);
    return connect_with_options(d, rc, &e);
}

/* "The completed connection string is returned also when it does not fit: 01004, and the connection is open." */
static SQLRETURN give_string(struct dbc *d, const struct text_out *out) {
    struct buf text;
    struct err e = ERR_INIT;
    buf_init(&text, MAX_CONN_STRING);
    SQLRETURN rc = SQL_SUCCESS;
    if (options_to_string(&d->options, &text, &e)) {
        dbc_close(d);
        rc = diag_err_connect(&d->h, &e);
    } else {
        rc = text_out_give(out, buf_sv(&text), &d->h);
        if (rc == SQL_ERROR) dbc_close(d);
    }
    buf_wipe(&text);
    return rc;
}

SQLRETURN api_driver_connect(struct dbc *d, SQLHWND window, struct sv in, const struct text_out *out,
                             SQLUSMALLINT completion) {
    struct err e = ERR_INIT;
    (void)window;       /* there is no dialog: what is missing is named in the error */
    if (d->connected) return refuse_second(d);
    if (completion > SQL_DRIVER_COMPLETE_REQUIRED)
        return diag_fail(&d->h, ST_COMPLETION, "%u is no way of completing a connection", completion);
    enum rc rc = options_from_string(&d->options, in, &e);
    SQLRETURN ret = connect_with_options(d, rc, &e);
    return SQL_SUCCEEDED(ret) ? give_string(d, out) : ret;
}

/* ---- SQLBrowseConnect ------------------------------------------------------------------------------------------------ */

static SQLRETURN remember(struct dbc *d, struct sv in) {
    struct buf all;
    struct err e = ERR_INIT;
    buf_init(&all, MAX_CONN_STRING);
    enum rc rc = RC_OK;
    if (d->browse) rc = buf_addf(&all, &e, "%s;", d->browse);
    if (rc == RC_OK) rc = buf_addsv(&all, in, &e);
    if (rc == RC_OK && !all.ptr) rc = buf_adds(&all, "", &e);
    if (rc == RC_OK) {
        mem_free_secret(d->browse);
        d->browse = buf_take(&all);
    }
    buf_wipe(&all);
    return rc == RC_OK ? SQL_SUCCESS : diag_err(&d->h, &e);
}

static void end_browse(struct dbc *d) {
    mem_free_secret(d->browse);
    d->browse = NULL;
}

/* What is asked for, in the grammar of the browse result string: "KEY:Prompt={?}" or a list of choices; optional ones
 * begin with an asterisk. */
static const struct { const char *request; enum opt_id id; } ASKED[] = {
    { "HOST:Server={?}", OPT_host }, { "HTTPPATH:HTTP Path={?}", OPT_http_path }, { "PWD:Token={?}", OPT_pwd },
    { "*UID:User={?}", OPT_uid }, { "*PORT:Port={?}", OPT_port }, { "*SSL:SSL={1,0}", OPT_ssl },
    { "*CATALOG:Catalog={?}", OPT_catalog }, { "*SCHEMA:Schema={?}", OPT_schema },
};

static bool is_answered(const struct options *o, enum opt_id id) {
    if (id == OPT_http_path) return options_has(o, OPT_http_path) || options_has(o, OPT_warehouse_id);
    if (id == OPT_pwd)
        return options_has(o, OPT_pwd) || options_has(o, OPT_access_token) || options_has(o, OPT_token_file);
    return options_has(o, id);
}

static enum rc write_requests(const struct options *o, struct buf *out, struct err *e) {
    for (size_t i = 0; i < sizeof ASKED / sizeof *ASKED; i++)
        if (!is_answered(o, ASKED[i].id) && buf_addf(out, e, "%s%s", out->len ? ";" : "", ASKED[i].request))
            return RC_ERR;
    return RC_OK;
}

static SQLRETURN ask_for_missing(struct dbc *d, const struct options *o, const struct text_out *out) {
    struct buf text;
    struct err e = ERR_INIT;
    buf_init(&text, 4096);
    if (write_requests(o, &text, &e)) {
        buf_fini(&text);
        return diag_err(&d->h, &e);
    }
    SQLRETURN ret = text_out_give(out, buf_sv(&text), &d->h);
    buf_fini(&text);
    if (ret != SQL_ERROR && o->n_unknown > 0)
        (void)diag_warn(&d->h, ST_CONN_ATTR, "%s is no key of a connection", o->unknown[o->n_unknown - 1]);
    return ret == SQL_ERROR ? ret : SQL_NEED_DATA;
}

SQLRETURN api_browse_connect(struct dbc *d, struct sv in, const struct text_out *out) {
    struct err e = ERR_INIT, ignored = ERR_INIT;
    if (d->connected) return refuse_second(d);
    SQLRETURN ret = remember(d, in);
    if (!SQL_SUCCEEDED(ret)) return ret;
    enum rc rc = options_from_string(&d->options, sv_of(d->browse), &e);
    if (rc != RC_OK && (e.code == ERR_CONFIG_MISSING || (e.code == ERR_AUTH && e.http_status == 0))) {
        struct options given = { .dsn = NULL };
        ret = options_gather(&given, sv_of(d->browse), &ignored) == RC_OK ? ask_for_missing(d, &given, out)
            : diag_err(&d->h, &ignored);
        options_fini(&given);
        dbc_close(d);
        return ret;
    }
    end_browse(d);
    ret = connect_with_options(d, rc, &e);
    return SQL_SUCCEEDED(ret) ? give_string(d, out) : ret;
}

SQLRETURN api_disconnect(struct dbc *d) {
    if (d->browse) {
        end_browse(d);
        if (!d->connected) return SQL_SUCCESS;
    }
    if (!d->connected) return diag_fail(&d->h, ST_NOT_CONNECTED, "the connection is not open");
    if (dbc_has_pending(d))
        return diag_fail(&d->h, ST_SEQUENCE, "an asynchronous call is still executing on a statement of this connection: "
                         "cancel it, and repeat it until it ends");
    dbc_close(d);
    return SQL_SUCCESS;
}
