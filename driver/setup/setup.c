/* setup: libdbxodbcS.so, the library that odbcinst.ini names with Setup=. unixODBC's installer asks it which keys a data
 * source has (ODBCINSTGetProperties: what GUI tools show) and lets it write one (ConfigDSN). It knows include/tbl/options.h
 * and nothing of the driver. Memory handed out is freed by the installer with free(). */
#include <odbcinst.h>
#include <odbcinstext.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

#define VISIBLE __attribute__((visibility("default")))

enum { OF_NONE = 0, OF_SECRET = 1, OF_REQUIRED = 2, INI_LINE = 1000 };

enum kind { KIND_TEXT, KIND_NUMBER, KIND_SWITCH };

static const struct key { enum kind kind; const char *name, *text; int number, flags; const char *doc; } KEYS[] = {
#define OPT_STR(field, name, aliases, dflt, flags, doc) { KIND_TEXT, name, dflt, 0, flags, doc },
#define OPT_INT(field, name, aliases, dflt, min, max, flags, doc) { KIND_NUMBER, name, "", dflt, flags, doc },
#define OPT_BOOL(field, name, aliases, dflt, flags, doc) { KIND_SWITCH, name, "", dflt, flags, doc },
#include "tbl/options.h"
#undef OPT_STR
#undef OPT_INT
#undef OPT_BOOL
};

static BOOL refuse(DWORD code, const char *why) {
    (void)(SQLPostInstallerError)(code, why);
    return 0;
}

/* ---- what GUI tools show -------------------------------------------------------------------------------------------- */

/* The list and its words are one block, since this library may be unloaded while the list is shown. */
static char **switch_values(void) {
    char **list = mem_alloc(3 * sizeof *list + sizeof "0\0001");
    if (!list) return NULL;
    char *words = memcpy(&list[3], "0\0001", sizeof "0\0001");
    list[0] = words;
    list[1] = words + 2;
    list[2] = NULL;
    return list;
}

static int prompt_of(const struct key *k) {
    if (k->kind == KIND_SWITCH) return ODBCINST_PROMPTTYPE_LISTBOX;
    return k->flags & OF_SECRET ? ODBCINST_PROMPTTYPE_TEXTEDIT_PASSWORD : ODBCINST_PROMPTTYPE_TEXTEDIT;
}

static HODBCINSTPROPERTY add_key(HODBCINSTPROPERTY last, const struct key *k) {
    HODBCINSTPROPERTY p = mem_zalloc(sizeof *p);
    if (!p) return NULL;
    p->nPromptType = prompt_of(k);
    p->aPromptData = k->kind == KIND_SWITCH ? switch_values() : NULL;
    if (k->kind == KIND_SWITCH && !p->aPromptData) p->nPromptType = ODBCINST_PROMPTTYPE_TEXTEDIT;
    p->pszHelp = mem_strdup(k->doc);
    snprintf(p->szName, sizeof p->szName, "%s", k->name);
    if (k->kind == KIND_TEXT) snprintf(p->szValue, sizeof p->szValue, "%s", k->text);
    else snprintf(p->szValue, sizeof p->szValue, "%d", k->number);
    last->pNext = p;
    return p;
}

/* Name, Description and Driver are there already. */
VISIBLE int ODBCINSTGetProperties(HODBCINSTPROPERTY last) {
    for (size_t i = 0; last && i < sizeof KEYS / sizeof *KEYS; i++)
        if (strcmp(KEYS[i].name, "Description") != 0) last = add_key(last, &KEYS[i]);
    return last ? ODBCINST_SUCCESS : ODBCINST_ERROR;
}

/* ---- writing a data source ------------------------------------------------------------------------------------------- */

/* "KEY=value\0KEY=value\0\0": the next pair, its key copied out; false at the end. */
static bool next_pair(const char **at, char *key, size_t cap, const char **value) {
    while (**at) {
        const char *pair = *at, *equals = strchr(pair, '=');
        *at = pair + strlen(pair) + 1;
        size_t n = equals ? (size_t)(equals - pair) : 0;
        while (n > 0 && pair[n - 1] == ' ') n--;
        if (n == 0 || n >= cap) continue;
        memcpy(key, pair, n);
        key[n] = '\0';
        *value = equals + 1;
        return true;
    }
    return false;
}

static bool is_one_of(const char *key, const char *a, const char *b) {
    return strcasecmp(key, a) == 0 || strcasecmp(key, b) == 0;
}

static const char *find_dsn(const char *attributes) {
    char key[256];
    const char *value;
    while (next_pair(&attributes, key, sizeof key, &value))
        if (strcasecmp(key, "DSN") == 0) return value;
    return NULL;
}

/* The installer cuts lines of odbc.ini at 1000 bytes and a line end would begin another key: neither is written. */
static BOOL write_key(const char *dsn, const char *key, const char *value) {
    if (strpbrk(value, "\r\n")) return refuse(ODBC_ERROR_INVALID_KEYWORD_VALUE, "a value has a line end");
    if (strlen(key) + strlen(value) + 4 >= INI_LINE)
        return refuse(ODBC_ERROR_INVALID_KEYWORD_VALUE,
                      "a line of odbc.ini has 1000 bytes at most; put a long token into a file and name it with TokenFile");
    return (SQLWritePrivateProfileString)(dsn, key, value, "odbc.ini");
}

static BOOL write_keys(const char *dsn, const char *attributes) {
    char key[256];
    const char *value;
    while (next_pair(&attributes, key, sizeof key, &value))
        if (!is_one_of(key, "DSN", "Driver") && !write_key(dsn, key, value)) return 0;
    return 1;
}

static bool is_there(const char *dsn) {
    char keys[512] = "";
    return (SQLGetPrivateProfileString)(dsn, NULL, "", keys, sizeof keys, "odbc.ini") > 0;
}

/* There is no dialog: what is to be set comes in the attributes, whatever the window. */
VISIBLE BOOL INSTAPI ConfigDSN(HWND window, WORD request, LPCSTR driver, LPCSTR attributes) {
    const char *dsn = attributes ? find_dsn(attributes) : NULL;
    (void)window;
    if (!dsn || !*dsn) return refuse(ODBC_ERROR_INVALID_KEYWORD_VALUE, "the attributes name no data source (DSN=...)");
    if (!(SQLValidDSN)(dsn)) return refuse(ODBC_ERROR_INVALID_DSN, "the name of the data source has forbidden characters");
    switch (request) {
    case ODBC_ADD_DSN:
        if (!driver || !*driver) return refuse(ODBC_ERROR_INVALID_NAME, "no driver is named");
        return (SQLWriteDSNToIni)(dsn, driver) && write_keys(dsn, attributes);
    case ODBC_CONFIG_DSN:
        if (!is_there(dsn)) return refuse(ODBC_ERROR_INVALID_DSN, "there is no such data source");
        return write_keys(dsn, attributes);
    case ODBC_REMOVE_DSN:
        if (!is_there(dsn)) return refuse(ODBC_ERROR_INVALID_DSN, "there is no such data source");
        return (SQLRemoveDSNFromIni)(dsn);
    default: return refuse(ODBC_ERROR_INVALID_REQUEST_TYPE, "the request is none of add, configure and remove");
    }
}

/* Nothing has to be done when the driver is installed, removed or configured. */
VISIBLE BOOL INSTAPI ConfigDriver(HWND window, WORD request, LPCSTR driver, LPCSTR args, LPSTR message, WORD cap,
                                 WORD *len_r) {
    (void)window, (void)driver, (void)args;
    if (message && cap > 0) message[0] = '\0';
    if (len_r) *len_r = 0;
    if (request >= ODBC_INSTALL_DRIVER && request <= ODBC_CONFIG_DRIVER_MAX) return 1;
    return refuse(ODBC_ERROR_INVALID_REQUEST_TYPE, "the request is not known");
}
