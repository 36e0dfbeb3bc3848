# bench: programs that measure through the driver manager. make bench runs them against a sandbox.
EXTRA_PROGRAMS += bench/fetch
bench_fetch_SOURCES = bench/fetch.c
bench_fetch_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
bench_fetch_LDADD = $(ODBC_LIBS)
CLEANFILES += bench/fetch
dist_noinst_SCRIPTS += bench/run

.PHONY: bench
bench: all bench/fetch
	$(top_srcdir)/bench/run $(BENCH)
