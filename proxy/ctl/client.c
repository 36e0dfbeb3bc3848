#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"

enum { ANSWER_MAX = 64 * 1024 * 1024, CONNECT_MS = 3000 };

/* ---- where ----------------------------------------------------------------------------------------------------- */

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

static bool find_usual(struct client_address *memory) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime) {
        snprintf(memory->text, sizeof memory->text, "%s/dbxproxyd/admin.sock", runtime);
        if (is_there(memory->text)) return true;
    }
    snprintf(memory->text, sizeof memory->text, "/run/dbxproxyd/admin.sock");
    return is_there(memory->text);
}

enum rc client_find(struct client *c, const char *address, struct client_address *memory, struct err *e) {
    *c = (struct client){.token = getenv("DBXPROXY_ADMIN_TOKEN"), .timeout_s = 30};
    if (!address || !*address) address = getenv("DBXPROXY_ADMIN");
    if (address && *address) {
        bool named = strncmp(address, "unix:", 5) == 0;
        c->is_socket = named || (strchr(address, '/') && strncmp(address, "http", 4) != 0);
        c->address = named ? address + 5 : address;
        return RC_OK;
    }
    if (!find_usual(memory))
        return err_set(e, ERR_CONFIG_MISSING, "no daemon was found: name its admin address with --admin or in "
                                              "$DBXPROXY_ADMIN (looked for %s)", memory->text);
    c->address = memory->text;
    c->is_socket = true;
    return RC_OK;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

struct call {
    CURL *curl;
    struct curl_slist *headers;
    char *body;
    struct buf *out;
    struct err *e;
};

static size_t on_bytes(char *bytes, size_t one, size_t n, void *arg) {
    struct call *call = arg;
    return buf_add(call->out, bytes, one * n, call->e) ? 0 : n;
}

static enum rc set_target(struct call *call, const struct client *c, const char *path) {
    char url[1024];
    const char *base = c->is_socket ? "localhost" : c->address;
    snprintf(url, sizeof url, "%s%s%s", strncmp(base, "http://", 7) == 0 ? "" : "http://", base, path);
    if (c->is_socket && curl_easy_setopt(call->curl, CURLOPT_UNIX_SOCKET_PATH, c->address)) return err_nomem(call->e);
    return curl_easy_setopt(call->curl, CURLOPT_URL, url) ? err_nomem(call->e) : RC_OK;
}

static enum rc add_header(struct call *call, const char *text) {
    struct curl_slist *more = curl_slist_append(call->headers, text);
    if (!more) return err_nomem(call->e);
    call->headers = more;
    return RC_OK;
}

static enum rc set_body(struct call *call, const cJSON *body) {
    if (!body) return RC_OK;
    call->body = cJSON_PrintUnformatted(body);
    if (!call->body || add_header(call, "Content-Type: application/json") || add_header(call, "Expect:"))
        return err_nomem(call->e);
    curl_easy_setopt(call->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
    return curl_easy_setopt(call->curl, CURLOPT_POSTFIELDS, call->body) ? err_nomem(call->e) : RC_OK;
}

static enum rc set_token(struct call *call, const struct client *c) {
    struct buf line;
    if (!c->token || !*c->token) return RC_OK;
    buf_init(&line, 4096);
    enum rc rc = buf_addf(&line, call->e, "Authorization: Bearer %s", c->token);
    if (rc == RC_OK) rc = add_header(call, line.ptr);
    buf_wipe(&line);
    return rc;
}

/* The proxy's own reason, when it gave one. */
static enum rc complain(const struct call *call, long status) {
    cJSON *tree = NULL;
    struct err ignored = ERR_INIT;
    const char *why = json_parse(buf_sv(call->out), &tree, &ignored) == RC_OK ? json_str(tree, "error") : NULL;
    if (why) err_set(call->e, ERR_HTTP, "%s", why);
    else err_set(call->e, ERR_HTTP, "the daemon answered %ld", status);
    cJSON_Delete(tree);
    return RC_ERR;
}

static enum rc perform(struct call *call, const struct client *c) {
    long status = 0;
    curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(call->curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(call->curl, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(call->curl, CURLOPT_PROXY, ""); /* proxies of the environment are not for this */
    curl_easy_setopt(call->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(call->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(call->curl, CURLOPT_TIMEOUT, c->timeout_s);
    CURLcode code = curl_easy_perform(call->curl);
    if (code == CURLE_WRITE_ERROR && call->e->code != ERR_NONE) return RC_ERR;
    if (code)
        return err_set(call->e, ERR_NET_CONNECT, "no answer from dbxproxyd at %s: %s", c->address,
                       curl_easy_strerror(code));
    curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    return status / 100 == 2 ? RC_OK : complain(call, status);
}

enum rc client_ask(const struct client *c, const char *path, const cJSON *body, struct buf *out, struct err *e) {
    struct call call = {.curl = curl_easy_init(), .out = out, .e = e};
    enum rc rc = call.curl ? RC_OK : err_nomem(e);
    if (rc == RC_OK) rc = set_target(&call, c, path);
    if (rc == RC_OK) rc = set_body(&call, body);
    if (rc == RC_OK) rc = set_token(&call, c);
    if (rc == RC_OK) rc = perform(&call, c);
    curl_slist_free_all(call.headers);
    curl_easy_cleanup(call.curl);
    cJSON_free(call.body);
    return rc;
}

enum rc client_ask_tree(const struct client *c, const char *path, const cJSON *body, cJSON **out, struct err *e) {
    struct buf text;
    buf_init(&text, ANSWER_MAX);
    enum rc rc = client_ask(c, path, body, &text, e);
    if (rc == RC_OK) rc = json_parse(buf_sv(&text), out, e);
    buf_fini(&text);
    return rc;
}
