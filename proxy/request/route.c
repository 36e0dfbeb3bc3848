#define _GNU_SOURCE /* memmem */
#include "route.h"

#define STATEMENTS "/api/2.0/sql/statements"
#define SESSIONS "/api/2.0/sql/sessions"
#define LINKS "/dbxp/v1/r"
#define WAREHOUSES "/api/2.0/sql/warehouses/"

static bool is(struct sv v, const char *text) { return sv_eq(v, sv_of(text)); }

/* Take the prefix off; false leaves the path alone. */
static bool skip(struct sv *path, const char *prefix) {
    size_t len = strlen(prefix);
    if (path->len < len || memcmp(path->ptr, prefix, len) != 0) return false;
    *path = sv_make(path->ptr + len, path->len - len);
    return true;
}

/* "/segment" off the front; false when there is none or it is empty. */
static bool skip_segment(struct sv *path, struct sv *segment) {
    if (path->len < 2 || path->ptr[0] != '/') return false;
    size_t n = 1;
    while (n < path->len && path->ptr[n] != '/') n++;
    if (n == 1) return false;
    *segment = sv_make(path->ptr + 1, n - 1);
    *path = sv_make(path->ptr + n, path->len - n);
    return true;
}

static bool at_end(struct sv path) { return path.len == 0 || is(path, "/"); }

static struct route_match match_statement(struct sv method, struct sv rest) {
    struct route_match m = {.route = ROUTE_PASS_WRITES};
    if (at_end(rest)) {
        if (is(method, "POST")) m.route = ROUTE_EXECUTE;
        return m;
    }
    if (!skip_segment(&rest, &m.id)) return m;
    if (at_end(rest)) {
        if (is(method, "GET")) m.route = ROUTE_STATUS;
        if (is(method, "DELETE")) m.route = ROUTE_CLOSE;
    } else if (is(rest, "/cancel") || is(rest, "/cancel/")) {
        if (is(method, "POST")) m.route = ROUTE_CANCEL;
    } else if (skip(&rest, "/result/chunks") && skip_segment(&rest, &m.chunk) && at_end(rest)) {
        if (is(method, "GET")) m.route = ROUTE_CHUNK;
    }
    return m;
}

static struct route_match match_session(struct sv method, struct sv rest) {
    struct route_match m = {.route = ROUTE_PASS_WRITES};
    if (at_end(rest)) {
        if (is(method, "POST")) m.route = ROUTE_SESSION_OPEN;
    } else if (skip_segment(&rest, &m.id) && at_end(rest) && is(method, "DELETE")) {
        m.route = ROUTE_SESSION_CLOSE;
    }
    return m;
}

static bool contains(struct sv text, const char *word) {
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

static bool only_reads(struct sv method) { return is(method, "GET") || is(method, "HEAD") || is(method, "OPTIONS"); }

/* A path we do not know may be another spelling of one that executes statements. */
static bool may_execute(struct sv method, struct sv path) {
    if (only_reads(method)) return false;
    return contains(path, "statements") || contains(path, "/sql/1.0/") || contains(path, "/sql/protocolv1/") ||
           contains(path, "/api/1.2/commands") || contains(path, "%");
}

static struct route_match match(struct sv method, struct sv path) {
    struct sv rest = path, warehouse;
    if (skip(&rest, STATEMENTS) && (at_end(rest) || rest.ptr[0] == '/')) return match_statement(method, rest);
    rest = path;
    if (skip(&rest, LINKS)) {
        struct route_match m = {.route = ROUTE_PASS};
        bool reads = is(method, "GET") || is(method, "HEAD");
        if (reads && skip_segment(&rest, &m.id) && skip_segment(&rest, &m.chunk) && at_end(rest))
            m.route = ROUTE_LINK;
        return m;
    }
    rest = path;
    if (skip(&rest, SESSIONS) && (at_end(rest) || rest.ptr[0] == '/')) return match_session(method, rest);
    rest = path;
    if (skip(&rest, WAREHOUSES)) {
        rest = sv_make(rest.ptr - 1, rest.len + 1);
        if (skip_segment(&rest, &warehouse) && skip(&rest, "/sessions") && (at_end(rest) || rest.ptr[0] == '/')) {
            struct route_match m = match_session(method, rest);
            if (m.route != ROUTE_PASS_WRITES) return m;
        }
    }
    return (struct route_match){.route = may_execute(method, path) ? ROUTE_PASS_WRITES : ROUTE_PASS};
}

struct route_match route_of(struct sv method, struct sv path) {
    struct route_match m = match(method, path);
    if (m.route == ROUTE_PASS_WRITES && only_reads(method)) m.route = ROUTE_PASS;
    return m;
}

/* Does the path lie under the folder? */
static bool is_under(struct sv path, const char *folder) {
    return skip(&path, folder) && (path.len == 0 || path.ptr[0] == '/');
}

/* Only names of files are encoded, and no dot, slash, percent sign or NUL of them. */
static bool has_strange_escape(struct sv path) {
    static const char *const STRANGE[] = {"%2e", "%2f", "%5c", "%25", "%00"};
    for (size_t i = 0; i < path.len; i++) {
        struct sv rest = sv_make(path.ptr + i, path.len - i);
        if (path.ptr[i] != '%') continue;
        if (!is_under(path, "/api/2.0/fs")) return true;
        for (size_t k = 0; k < sizeof STRANGE / sizeof *STRANGE; k++)
            if (sv_istarts(rest, sv_of(STRANGE[k]))) return true;
    }
    return false;
}

bool route_is_listed(struct sv path) {
    static const char *const FOLDERS[] = {
        "/sql/1.0/warehouses", "/sql/1.0/endpoints", "/sql/protocolv1/o",  /* Thrift */
        "/oidc",
        "/api/2.0/sql/statements", "/api/2.0/sql/sessions", "/api/2.0/sql/warehouses", "/api/2.0/sql/endpoints",
        "/api/2.0/sql/history/queries", "/api/2.0/sql/config/warehouses",
        "/api/2.0/preview/scim/v2/Me", "/api/2.0/preview/scim/v2/me",
        "/api/2.1/unity-catalog", "/api/2.0/unity-catalog", "/api/2.0/lineage-tracking",
        "/api/2.0/fs", "/telemetry-ext", "/telemetry-unauth", "/api/2.0/connector-service/feature-flags",
    };
    static const char *const TRICKS[] = {"\\", "//", "/.", ";"}; /* another server may take another way */
    if (is(path, "/.well-known/databricks-config") || is(path, "/.well-known/oauth-authorization-server")) return true;
    for (size_t i = 0; i < sizeof TRICKS / sizeof *TRICKS; i++)
        if (contains(path, TRICKS[i])) return false;
    if (has_strange_escape(path)) return false;
    for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++)
        if (is_under(path, FOLDERS[i])) return true;
    return false;
}

const char *route_name(enum route r) {
    static const char *const NAMES[] = {"pass",  "pass",   "execute", "status",       "chunk",
                                        "cancel", "close", "session-open", "session-close", "link"};
    return NAMES[r];
}

bool route_is_idempotent(enum route r, struct sv method) {
    switch (r) {
    case ROUTE_STATUS:
    case ROUTE_CHUNK:
    case ROUTE_CANCEL:
    case ROUTE_CLOSE:
    case ROUTE_SESSION_CLOSE: return true;
    case ROUTE_EXECUTE:
    case ROUTE_SESSION_OPEN: return false;
    default: return only_reads(method);
    }
}
