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

# What one cell costs in each kernel, in instructions: make bench-kernels compares with bench/kernels.tsv, make
# bench-kernels-update writes it anew.
EXTRA_PROGRAMS += bench/kernels
bench_kernels_SOURCES = bench/kernels.c
bench_kernels_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
bench_kernels_LDADD = libconvert.la libresult.la libcore.la
CLEANFILES += bench/kernels
dist_noinst_SCRIPTS += bench/kernels-check
EXTRA_DIST += bench/kernels.tsv

.PHONY: bench-kernels bench-kernels-update
bench-kernels: bench/kernels
	$(srcdir)/bench/kernels-check bench/kernels $(srcdir)/bench/kernels.tsv
bench-kernels-update: bench/kernels
	$(srcdir)/bench/kernels-check bench/kernels $(srcdir)/bench/kernels.tsv --update
