# sql: the driver's pure work on texts, by tables of rows.
check_PROGRAMS += tests/sql/test_escape
TESTS += tests/sql/test_escape
EXTRA_DIST += tests/sql/escapes.txt tests/spark/run tests/spark/check.py tests/spark/escapes.tsv \
	tests/spark/requirements.txt
escape_sources = driver/sql/escape.c driver/sql/literal.c driver/sql/scalar.c

tests_sql_test_escape_SOURCES = tests/sql/test_escape.c $(escape_sources)
tests_sql_test_escape_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(ODBC_CFLAGS)
tests_sql_test_escape_LDADD = libcore.la $(CMOCKA_LIBS)

# Translates lines of standard input, for tests/spark.
check_PROGRAMS += tests/sql/translate
tests_sql_translate_SOURCES = tests/sql/translate.c $(escape_sources)
tests_sql_translate_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
tests_sql_translate_LDADD = libcore.la

check_PROGRAMS += tests/fuzz/fuzz_escape
TESTS += tests/fuzz/fuzz_escape
tests_fuzz_fuzz_escape_SOURCES = tests/fuzz/fuzz_escape.c tests/fuzz/replay.c $(escape_sources)
tests_fuzz_fuzz_escape_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
tests_fuzz_fuzz_escape_LDADD = libcore.la
