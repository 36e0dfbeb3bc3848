/* Judging: what a call returned against what a rule demands. */
#include "rules.h"

#include <stdarg.h>

char letter_of(SQLRETURN rc) {
    switch (rc) {
    case SQL_SUCCESS: return 'S';
    case SQL_SUCCESS_WITH_INFO: return 'I';
    case SQL_NO_DATA: return 'N';
    case SQL_NEED_DATA: return 'D';
    case SQL_STILL_EXECUTING: return 'W';
    case SQL_PARAM_DATA_AVAILABLE: return 'P';
    case SQL_INVALID_HANDLE: return 'X';
    default: return 'E';
    }
}

static const char *name_of(char letter) {
    switch (letter) {
    case 'S': return "SQL_SUCCESS";
    case 'I': return "SQL_SUCCESS_WITH_INFO";
    case 'N': return "SQL_NO_DATA";
    case 'D': return "SQL_NEED_DATA";
    case 'W': return "SQL_STILL_EXECUTING";
    case 'P': return "SQL_PARAM_DATA_AVAILABLE";
    case 'X': return "SQL_INVALID_HANDLE";
    default: return "SQL_ERROR";
    }
}

bool has_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *at = words; n && (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n])) return true;
    return false;
}

void fail(struct run *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(r->reason, sizeof r->reason, format, args);
    va_end(args);
    r->outcome = FAIL;
    longjmp(r->out, 1);
}

void skip(struct run *r, const char *why) {
    snprintf(r->reason, sizeof r->reason, "%s", why);
    r->outcome = SKIPPED;
    longjmp(r->out, 1);
}

void unsupported(struct run *r, const char *state, const char *why) {
    snprintf(r->reason, sizeof r->reason, "%s", why);
    if (state != r->state) snprintf(r->state, sizeof r->state, "%s", state);
    r->outcome = UNSUPPORTED;
    longjmp(r->out, 1);
}

static bool first_record(struct run *r, SQLSMALLINT type, SQLHANDLE h, char state[6], char *text, size_t size) {
    SQLINTEGER native;
    SQLSMALLINT len;
    SQLCHAR five[6] = "";
    text[0] = 0;
    state[0] = 0;
    if (!h || !SQL_SUCCEEDED(SQLGetDiagRec(type, h, 1, five, &native, (SQLCHAR *)text, (SQLSMALLINT)size, &len)))
        return false;
    memcpy(state, five, 6);
    memcpy(r->state, five, 6);
    snprintf(r->by, sizeof r->by, "%s", strncmp(text, "[unixODBC][Driver Manager]", 26) ? "driver" : "dm");
    return true;
}

bool state_of(struct run *r, SQLSMALLINT type, SQLHANDLE h, char state[6]) {
    char text[256];
    return first_record(r, type, h, state, text, sizeof text);
}

/* The record that explains an answer nobody expected, from the statement or else the connection. */
static void explain(struct run *r, char *to, size_t size) {
    char state[6], text[220];
    to[0] = 0;
    if (first_record(r, SQL_HANDLE_STMT, r->stmt, state, text, sizeof text) ||
        first_record(r, SQL_HANDLE_DBC, r->dbc, state, text, sizeof text) ||
        first_record(r, SQL_HANDLE_DESC, r->desc, state, text, sizeof text))
        snprintf(to, size, " (%s: %.150s)", state, text);
}

void judge(struct run *r, const char *letters, SQLRETURN rc, const char *call) {
    char why[240] = "";
    if (strchr(letters, letter_of(rc))) return;
    if (rc == SQL_ERROR || rc == SQL_SUCCESS_WITH_INFO) explain(r, why, sizeof why);
    fail(r, "%.110s: %s instead of %s%s", call, name_of(letter_of(rc)), name_of(letters[0]), why);
}

void judge_state(struct run *r, SQLSMALLINT type, SQLHANDLE h, SQLRETURN want, SQLRETURN rc, const char *states,
                 const char *call) {
    char state[6], text[220];
    bool has = first_record(r, type, h, state, text, sizeof text);
    if (rc != want)
        fail(r, "%.110s: %s instead of %s with %s%s%.120s", call, name_of(letter_of(rc)), name_of(letter_of(want)),
             states, has ? ": " : "", has ? text : "");
    if (!has) fail(r, "%.110s: no diagnostic record instead of %s", call, states);
    if (!has_word(states, state)) fail(r, "%.110s: %s instead of %s: %.140s", call, state, states, text);
}

void optional(struct run *r, SQLSMALLINT type, SQLHANDLE h, bool declared, SQLRETURN rc, const char *states,
              const char *call) {
    char state[6], text[220];
    if (rc == SQL_SUCCESS || rc == SQL_NO_DATA || rc == SQL_NEED_DATA || rc == SQL_STILL_EXECUTING) return;
    bool has = first_record(r, type, h, state, text, sizeof text);
    if (!has) fail(r, "%.110s: %s without a diagnostic record", call, name_of(letter_of(rc)));
    if (!has_word(states, state)) {
        if (rc == SQL_SUCCESS_WITH_INFO) return;
        fail(r, "%.110s: %s instead of success or %s: %.140s", call, state, states, text);
    }
    if (declared) fail(r, "%.110s: %s although declared: %.140s", call, state, text);
    unsupported(r, state, call);
}

void equal(struct run *r, long long actual, long long want, const char *what) {
    if (actual != want) fail(r, "%.120s is %lld instead of %lld", what, actual, want);
}

void same_text(struct run *r, const char *actual, const char *want, const char *what) {
    if (strcmp(actual, want)) fail(r, "%.100s is \"%.100s\" instead of \"%.100s\"", what, actual, want);
}
