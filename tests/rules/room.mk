# rules: the ODBC reference rule by rule, through the driver manager, on any driver. `make conformance` reports.
EXTRA_DIST += tests/rules/run tests/rules/report.py tests/rules/profiles
noinst_PROGRAMS += tests/rules/rules

tests_rules_rules_SOURCES = tests/rules/rules.h tests/rules/runner.h tests/rules/attrs_conn.c \
	tests/rules/attrs_stmt.c tests/rules/cancel.c tests/rules/catalog.c tests/rules/colattr.c tests/rules/connect.c \
	tests/rules/convert_from.c tests/rules/convert_to.c tests/rules/desc.c tests/rules/desc_fields.c \
	tests/rules/diag.c tests/rules/escapes.c tests/rules/fetch.c tests/rules/functions.c tests/rules/getdata.c \
	tests/rules/handles.c tests/rules/info.c tests/rules/info_types.c tests/rules/judge.c tests/rules/main.c \
	tests/rules/odbc2.c tests/rules/params.c tests/rules/sequence.c tests/rules/source.c tests/rules/tran.c \
	tests/rules/unicode.c
tests_rules_rules_CPPFLAGS = $(ODBC_CFLAGS)
tests_rules_rules_LDADD = -lodbc -lpthread

conformance: all
	srcdir='$(top_srcdir)' builddir='$(top_builddir)' $(top_srcdir)/tests/rules/run
.PHONY: conformance
