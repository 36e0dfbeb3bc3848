/* The setup library, as unixODBC's installer and GUI tools use it. */
#include "conform.h"

#include <odbcinst.h>
#include <odbcinstext.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#undef SQLConfigDataSource
#undef SQLGetPrivateProfileString
#undef SQLInstallerError
#undef SQLRemoveDSNFromIni

static const ODBCINSTPROPERTY *property(const ODBCINSTPROPERTY *list, const char *name) {
    while (list && strcmp(list->szName, name) != 0) list = list->pNext;
    if (!list) fail_msg("no property %s", name);
    return list;
}

static void gui_tools_list_our_keys(void **state) {
    HODBCINSTPROPERTY list = NULL;
    char driver[] = "dbx-odbc";
    (void)state;
    assert_int_equal(ODBCINSTConstructProperties(driver, &list), ODBCINST_SUCCESS);
    assert_int_equal(property(list, "Host")->nPromptType, ODBCINST_PROMPTTYPE_TEXTEDIT);
    assert_non_null(property(list, "Host")->pszHelp);
    assert_string_equal(property(list, "Port")->szValue, "443");
    assert_int_equal(property(list, "PWD")->nPromptType, ODBCINST_PROMPTTYPE_TEXTEDIT_PASSWORD);
    const ODBCINSTPROPERTY *ssl = property(list, "SSL");
    assert_int_equal(ssl->nPromptType, ODBCINST_PROMPTTYPE_LISTBOX);
    assert_string_equal(ssl->szValue, "1");
    assert_string_equal(ssl->aPromptData[0], "0");
    assert_string_equal(ssl->aPromptData[1], "1");
    assert_null(ssl->aPromptData[2]);
    (void)property(list, "HTTPPath");
    assert_int_equal(ODBCINSTDestructProperties(&list), ODBCINST_SUCCESS);
}

static const char *key_of(const char *dsn, const char *key) {
    static char value[256];
    SQLGetPrivateProfileString(dsn, key, "", value, sizeof value, "odbc.ini");
    return value;
}

/* The file itself: the installer remembers for a while what it has read. */
static bool is_written(const char *word) {
    static char text[10000];
    FILE *f = fopen(getenv("ODBCINI"), "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return strstr(text, word) != NULL;
}

static void a_data_source_is_added_changed_and_removed(void **state) {
    (void)state;
    assert_true(SQLConfigDataSource(NULL, ODBC_ADD_DSN, "dbx-odbc", "DSN=made\0Host=h.example\0Port=8443\0"));
    assert_true(is_written("[made]"));
    assert_string_equal(key_of("made", "Driver"), "dbx-odbc");
    assert_string_equal(key_of("made", "Host"), "h.example");
    assert_true(SQLConfigDataSource(NULL, ODBC_CONFIG_DSN, "dbx-odbc", "DSN=made\0Host=i.example\0"));
    assert_string_equal(key_of("made", "Host"), "i.example");
    assert_string_equal(key_of("made", "Port"), "8443");
    assert_true(SQLConfigDataSource(NULL, ODBC_REMOVE_DSN, "dbx-odbc", "DSN=made\0"));
    assert_false(is_written("[made]"));
}

static void what_cannot_be_written_is_refused_with_a_reason(void **state) {
    static const struct { WORD request; const char *attributes; DWORD why; } ROWS[] = {
        { ODBC_ADD_DSN, "Host=h\0", ODBC_ERROR_INVALID_KEYWORD_VALUE },
        { ODBC_ADD_DSN, "DSN=a[b]\0", ODBC_ERROR_INVALID_DSN },
        { ODBC_ADD_DSN, "DSN=made\0PWD=a\nb\0", ODBC_ERROR_INVALID_KEYWORD_VALUE },
        { ODBC_CONFIG_DSN, "DSN=not-there\0Host=h\0", ODBC_ERROR_INVALID_DSN },
        { ODBC_REMOVE_DSN, "DSN=not-there\0", ODBC_ERROR_INVALID_DSN },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        DWORD code = 0;
        char text[300] = "";
        WORD len = 0;
        assert_false(SQLConfigDataSource(NULL, ROWS[i].request, "dbx-odbc", ROWS[i].attributes));
        assert_true(SQL_SUCCEEDED(SQLInstallerError(1, &code, text, sizeof text, &len)));
        if (code != ROWS[i].why) fail_msg("row %zu: %u %s", i, (unsigned)code, text);
    }
    SQLRemoveDSNFromIni("made");
}

const struct CMUnitTest SETUP_TESTS[] = {
    cmocka_unit_test(gui_tools_list_our_keys), cmocka_unit_test(a_data_source_is_added_changed_and_removed),
    cmocka_unit_test(what_cannot_be_written_is_refused_with_a_reason),
};
const size_t N_SETUP_TESTS = COUNT(SETUP_TESTS);
