/* flight_fault: libcurl's reasons as causes with a phase and a next step. */
#include "transport_priv.h"

struct cause {
    enum err_code code;
    const char *phase, *hint;
};

static struct cause cause_of_timeout(const struct http_flight *f) {
    curl_off_t named = 0, connected = 0;
    curl_easy_getinfo(f->conn->easy, CURLINFO_NAMELOOKUP_TIME_T, &named);
    curl_easy_getinfo(f->conn->easy, CURLINFO_CONNECT_TIME_T, &connected);
    if (http_flight_sent(f))
        return (struct cause){ERR_NET_TIMEOUT, "waiting for the answer", "raise SocketTimeout if the server is slow"};
    if (!named)
        return (struct cause){ERR_NET_DNS, "looking up the name", "check the name server, or raise ConnectTimeout"};
    if (!connected)
        return (struct cause){ERR_NET_CONNECT, "connecting",
                              "check Host, Port, firewall and HTTP proxy, or raise ConnectTimeout"};
    return (struct cause){ERR_NET_TLS, "TLS handshake",
                          "check whether a TLS server listens there, or raise ConnectTimeout"};
}

static struct cause cause_of(const struct http_flight *f, CURLcode result) {
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return (struct cause){ERR_NET_DNS, "looking up the name", "check Host and the name server"};
    case CURLE_COULDNT_RESOLVE_PROXY:
        return (struct cause){ERR_NET_DNS, "looking up the HTTP proxy", "check ProxyHost or https_proxy"};
    case CURLE_COULDNT_CONNECT:
        return (struct cause){ERR_NET_CONNECT, "connecting", "check Host, Port, firewall and HTTP proxy"};
    case CURLE_OPERATION_TIMEDOUT: return cause_of_timeout(f);
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CACERT_BADFILE: case CURLE_SSL_ISSUER_ERROR:
        return (struct cause){ERR_NET_TLS, "checking the certificate",
                              "name your authority's certificate with TrustedCerts"};
    case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_CERTPROBLEM: case CURLE_SSL_CIPHER: case CURLE_USE_SSL_FAILED:
        return (struct cause){ERR_NET_TLS, "TLS handshake", "TLS 1.2 or newer is needed; check Port and SSL"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return (struct cause){ERR_PROTOCOL, "reading the answer", "check that a SQL API answers there"};
    case CURLE_OUT_OF_MEMORY: return (struct cause){ERR_NOMEM, "working", "out of memory"};
    case CURLE_PARTIAL_FILE: return (struct cause){ERR_NET_RESET, "reading the answer", "the answer was cut short"};
    default:
        return (struct cause){ERR_NET_RESET, f->answer.sent ? "waiting for the answer" : "sending",
                              "the connection broke"};
    }
}

static enum rc flight_fault(const struct http_flight *f, CURLcode result, struct err *e) {
    if (f->sink_failed) return RC_ERR;      /* e says why */
    if (f->too_large)
        return err_set(e, ERR_LIMIT, "%s: the answer is larger than %zu bytes", f->host, f->answer.body.max);
    if (f->bad_headers)
        return err_set(e, ERR_PROTOCOL, "%s: the answer's header is larger than %d bytes", f->host, MAX_HEADER_BYTES);
    struct cause why = cause_of(f, result);
    if (transport_is_routed(f->t) && !f->to_storage && (why.code == ERR_NET_DNS || why.code == ERR_NET_CONNECT))
        why.hint = "start the dbxproxyd that the key Proxy names, or set ProxyFallback=1 to go direct without it";
    return err_set(e, why.code, "%s: %s: %s; %s", f->route->socket && !f->to_storage ? f->route->socket : f->host,
                   why.phase, *f->why ? f->why : curl_easy_strerror(result), why.hint);
}

static enum rc flight_stopped(const struct http_flight *f, enum flight_end end, struct err *e) {
    if (end == FLIGHT_CANCELLED) return err_set(e, ERR_CANCELLED, "cancelled");
    if (end == FLIGHT_DEADLINE)
        return err_set(e, ERR_NET_TIMEOUT, "%s: the deadline passed %s", f->host,
                       f->answer.sent ? "before the answer came" : "before the request was sent");
    struct cause why = cause_of_timeout(f);
    return err_set(e, why.code, "%s: %s: no byte for %lld s; %s", f->host, why.phase, (long long)f->t->silence_ms / 1000,
                   why.hint);
}

enum rc http_flight_outcome(struct http_flight *f, enum flight_end end, CURLcode result, struct err *e) {
    long status = 0;
    if (end != FLIGHT_DONE) return flight_stopped(f, end, e);
    curl_easy_getinfo(f->conn->easy, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK) return flight_fault(f, result, e);
    f->answer.status = (int)status;
    long version = 0;
    curl_easy_getinfo(f->conn->easy, CURLINFO_HTTP_VERSION, &version);
    f->answer.http2 = version == CURL_HTTP_VERSION_2_0;
    return RC_OK;
}
