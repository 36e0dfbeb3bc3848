# bench: programs that measure through the driver manager, and what they are measured against.
EXTRA_PROGRAMS += bench/calls bench/fetch bench/latency bench/model
# The tests of tests/faults play against it, too.
check_PROGRAMS += bench/mock
CLEANFILES += bench/calls bench/fetch bench/latency bench/model bench/nulldriver.so bench/results.json bench/results.md bench/results.svg
dist_noinst_SCRIPTS += bench/run bench/report bench/profile bench/cassettes.py bench/peer_python.py
EXTRA_DIST += bench/cases.py bench/catalog.py bench/lab.py bench/clients.py bench/servers.py bench/recorder.py bench/JdbcFetch.java bench/remarks.tsv bench/requirements.txt docs/benchmarks.svg docs/benchmarks.json
bench_fetch_SOURCES = bench/fetch.c bench/usage.h
bench_fetch_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
bench_fetch_LDADD = $(ODBC_LIBS)
bench_calls_SOURCES = bench/calls.c bench/usage.h
bench_calls_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
bench_calls_LDADD = $(ODBC_LIBS)
bench_latency_SOURCES = bench/latency.c bench/usage.h
bench_latency_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CURL_CFLAGS)
bench_latency_LDADD = $(ODBC_LIBS) $(CURL_LIBS)
bench_mock_SOURCES = bench/mockd/main.c bench/mockd/mock.h bench/mockd/api.c bench/mockd/storage.c bench/mockd/play.c \
	bench/mockd/fault.c bench/mockd/fault.h bench/mockd/cassette.c bench/mockd/cassette.h bench/mockd/http.c \
	bench/mockd/http.h bench/mockd/text.c bench/mockd/text.h
bench_mock_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CJSON_CFLAGS) $(SSL_CFLAGS)
bench_mock_LDADD = $(CJSON_LIBS) $(SSL_LIBS) -lpthread
bench_model_SOURCES = bench/model.c bench/usage.h
bench_model_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CURL_CFLAGS) $(NANOARROW_CFLAGS) $(LZ4_CFLAGS)
bench_model_LDADD = $(CURL_LIBS) $(NANOARROW_LIBS) $(LZ4_LIBS) $(ZSTD_LIBS) -lpthread

bench_needs = bench/calls bench/fetch bench/latency bench/mock bench/model bench/nulldriver.so
bench/nulldriver.so: bench/nulldriver.c
	$(AM_V_CC)$(CC) -shared -fPIC -O2 -fvisibility=hidden $(ODBC_CFLAGS) -o $@ $(srcdir)/bench/nulldriver.c
.PHONY: bench
bench: all $(bench_needs)
	builddir='$(top_builddir)' $(top_srcdir)/bench/run $(BENCH)

# Where the cycles go when lineitem is read: make bench-profile PROFILE='--tool callgrind --case lineitem/wchar'
.PHONY: bench-profile
bench-profile: all $(bench_needs)
	builddir='$(top_builddir)' $(top_srcdir)/bench/profile $(PROFILE)

# What one cell costs in each kernel, in instructions: make bench-kernels compares with bench/kernels.tsv, make
# bench-kernels-update writes it anew.
EXTRA_PROGRAMS += bench/kernels
bench_kernels_SOURCES = bench/kernels.c
bench_kernels_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
bench_kernels_LDADD = libconvert.la libresult.la libcore.la
CLEANFILES += bench/kernels
dist_noinst_SCRIPTS += bench/kernels-check
EXTRA_DIST += bench/kernels.tsv bench/nulldriver.c

.PHONY: bench-kernels bench-kernels-update
bench-kernels: bench/kernels
	$(srcdir)/bench/kernels-check bench/kernels $(srcdir)/bench/kernels.tsv
bench-kernels-update: bench/kernels
	$(srcdir)/bench/kernels-check bench/kernels $(srcdir)/bench/kernels.tsv --update

# How much of a slow origin's bandwidth is made use of, and how much memory results of any size take.
dist_noinst_SCRIPTS += bench/bandwidth bench/memory
.PHONY: bench-bandwidth bench-memory
bench-bandwidth bench-memory: all bench/fetch bench/mock
	builddir='$(top_builddir)' $(top_srcdir)/bench/$(@:bench-%=%) '$(KEYS)'
