#include "check.h"

#include <curl/curl.h>
#include <string.h>

#include "core/mem.h"

/* Credentials, a query or a fragment would be dropped or leaked: refuse them. */
static bool is_plain(CURLU *url) {
    static const CURLUPart PARTS[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        char *part = NULL;
        bool has = curl_url_get(url, PARTS[i], &part, 0) == CURLUE_OK;
        curl_free(part);
        if (has) return false;
    }
    return true;
}

/* Without the brackets that an IPv6 host comes in. */
static bool bare_host(CURLU *url, char *out, size_t cap) {
    char *host = NULL;
    if (curl_url_get(url, CURLUPART_HOST, &host, 0)) return false;
    size_t skip = host[0] == '[', len = strcspn(host + skip, "]");
    bool fits = len > 0 && len < cap;
    if (fits) memcpy(out, host + skip, len), out[len] = '\0';
    curl_free(host);
    return fits;
}

static bool has_scheme(CURLU *url, const char *want) {
    char *scheme = NULL;
    bool same = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && strcmp(scheme, want) == 0;
    curl_free(scheme);
    return same;
}

static const char *fault_of(CURLU *url, bool is_local) {
    if (!is_plain(url)) return "must be scheme://host[:port][/prefix] and nothing else";
    if (has_scheme(url, "https")) return NULL;
    if (!has_scheme(url, "http")) return "must begin with https:// (or http:// on loopback)";
    return is_local ? NULL : "plain http would show tokens to the network: use https://";
}

enum rc check_upstream(struct draft *d, int item, struct err *e) {
    struct config_upstream *u = &d->c->upstreams[item];
    struct draft_place at = {SEC_UPSTREAM, item};
    char host[256];
    CURLU *url = curl_url();
    if (!url) return err_nomem(e);
    const char *fault = "is not a URL like https://host";
    if (curl_url_set(url, CURLUPART_URL, u->url, 0) == CURLUE_OK && bare_host(url, host, sizeof host)) {
        u->is_local = addr_host_is_loopback(host);
        fault = fault_of(url, u->is_local);
    }
    curl_url_cleanup(url);
    if (fault) return draft_bad(d, at, "url", e, "%s", fault);
    for (size_t n = strlen(u->url); n && u->url[n - 1] == '/'; n--) u->url[n - 1] = '\0';
    return RC_OK;
}

static bool has_no_path(CURLU *url) {
    char *path = NULL;
    bool none = curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && (!*path || strcmp(path, "/") == 0);
    curl_free(path);
    return none;
}

enum rc check_public_url(struct draft *d, int item, struct err *e) {
    struct config_listen *l = &d->c->listen[item];
    struct draft_place at = {SEC_LISTEN, item};
    if (!*l->public_url) return RC_OK;
    CURLU *url = curl_url();
    if (!url) return err_nomem(e);
    bool good = curl_url_set(url, CURLUPART_URL, l->public_url, 0) == CURLUE_OK && is_plain(url) && has_no_path(url) &&
                (has_scheme(url, "https") || has_scheme(url, "http"));
    curl_url_cleanup(url);
    if (!good) return draft_bad(d, at, "public_url", e, "must be http[s]://host[:port] and nothing else");
    for (size_t n = strlen(l->public_url); n && l->public_url[n - 1] == '/'; n--) l->public_url[n - 1] = '\0';
    return RC_OK;
}
