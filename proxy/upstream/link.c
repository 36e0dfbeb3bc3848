#include "link.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static bool ends_with(const char *host, const char *suffix) {
    size_t len = strlen(host), n = strlen(suffix);
    return n > 0 && len >= n && strcasecmp(host + len - n, suffix) == 0;
}

static bool is_storage_host(const struct config_upstream *up, const char *host) {
    static const char *const SUFFIXES[] = {".amazonaws.com",         ".blob.core.windows.net",
                                           ".dfs.core.windows.net",  ".storage.googleapis.com",
                                           "storage.googleapis.com", ".cloud.databricks.com"};
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (ends_with(host, SUFFIXES[i])) return true;
    for (int i = 0; i < up->link_hosts.n; i++) { /* "example.com" is that host; ".example.com" all within */
        const char *own = up->link_hosts.v[i];
        if (own[0] == '.' ? ends_with(host, own) : strcasecmp(host, own) == 0) return true;
    }
    return false;
}

enum rc link_check(const struct config_upstream *up, const char *link, struct err *e) {
    CURLU *url = curl_url();
    char *host = NULL, *scheme = NULL;
    bool ok = url && curl_url_set(url, CURLUPART_URL, link, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
    /* an upstream on this machine (a sandbox) has its storage here too */
    if (ok)
        ok = (strcmp(scheme, "https") == 0 && is_storage_host(up, host)) ||
             (up->is_local && addr_host_is_loopback(host));
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(url);
    return ok ? RC_OK : err_set(e, ERR_UNSUPPORTED, "the link leads to a host that is not known as storage");
}

static bool v4_is_public(const unsigned char *a) {
    return !(a[0] == 0 || a[0] == 10 || a[0] == 127 || (a[0] == 169 && a[1] == 254) ||
             (a[0] == 172 && (a[1] & 0xF0) == 16) || (a[0] == 192 && (a[1] == 168 || (a[1] == 0 && a[2] == 0))) ||
             (a[0] == 100 && (a[1] & 0xC0) == 64) || (a[0] == 198 && (a[1] & 0xFE) == 18) || a[0] >= 224);
}

/* 2000::/3 without the ways back to IPv4 (6to4, Teredo). */
static bool v6_is_public(const unsigned char *a) {
    bool wraps_v4 = (a[0] == 0x20 && a[1] == 0x02) || (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0);
    return (a[0] & 0xE0) == 0x20 && !wraps_v4;
}

bool link_address_is_public(int family, const struct sockaddr *a) {
    if (family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, a, sizeof v4);
        return v4_is_public((const unsigned char *)&v4.sin_addr);
    }
    if (family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, a, sizeof v6);
        return v6_is_public((const unsigned char *)&v6.sin6_addr);
    }
    return false;
}
