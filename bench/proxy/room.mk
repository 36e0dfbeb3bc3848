# bench/proxy: the proxy against what it is compared with. make bench-proxy BENCH='--rounds 5 --soak 1000000 --document'
EXTRA_PROGRAMS += bench/proxy/load bench/proxy/origin
CLEANFILES += bench/proxy/load bench/proxy/origin bench/proxy/results.json bench/proxy/results.md bench/proxy/results.svg
dist_noinst_SCRIPTS += bench/proxy/run bench/proxy/report
EXTRA_DIST += bench/proxy/cases.py bench/proxy/lab.py bench/proxy/servers.py bench/proxy/remarks.tsv docs/benchmarks-proxy.svg docs/benchmarks-proxy.json
bench_proxy_load_SOURCES = bench/proxy/load.c
bench_proxy_load_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
bench_proxy_origin_SOURCES = bench/proxy/origin.c
bench_proxy_origin_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(EVENT_CFLAGS)
bench_proxy_origin_LDADD = $(EVENT_LIBS)

.PHONY: bench-proxy
bench-proxy: proxy/dbxproxyd bench/proxy/load bench/proxy/origin
	builddir='$(top_builddir)' $(top_srcdir)/bench/proxy/run $(BENCH)
