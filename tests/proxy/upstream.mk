# the upstream: its rules by table.
upstream_tests = tests/proxy/test_breaker tests/proxy/test_queue tests/proxy/test_retry
check_PROGRAMS += $(upstream_tests)
TESTS += $(upstream_tests)
tests_proxy_test_breaker_SOURCES = tests/proxy/test_breaker.c
tests_proxy_test_breaker_CPPFLAGS = $(proxy_test_cppflags) $(CURL_CFLAGS)
tests_proxy_test_breaker_LDADD = $(proxy_test_libs)
tests_proxy_test_queue_SOURCES = tests/proxy/test_queue.c
tests_proxy_test_queue_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_queue_LDADD = $(proxy_test_libs)
tests_proxy_test_retry_SOURCES = tests/proxy/test_retry.c
tests_proxy_test_retry_CPPFLAGS = $(proxy_test_cppflags) $(CURL_CFLAGS)
tests_proxy_test_retry_LDADD = $(proxy_test_libs)

# … and by the daemon, against a workspace that misbehaves.
TESTS += tests/proxy/upstream.sh
EXTRA_DIST += tests/proxy/upstream.sh tests/proxy/upstream_test.py tests/proxy/raw_upstream.py
EXTRA_DIST += tests/proxy/raw_h2.py

# No write runs twice: a sample of the proof with every check, the whole of it by itself.
TESTS += tests/proxy/count.sh
EXTRA_DIST += tests/proxy/count.sh tests/proxy/count_test.py
.PHONY: check-proof
check-proof: proxy/dbxproxyd
	COUNT_FAULTS=100000 srcdir=$(srcdir) builddir=$(builddir) sh $(srcdir)/tests/proxy/count.sh
