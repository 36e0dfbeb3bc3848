# proxy tests: the deciding parts by themselves, then the daemon against a scripted upstream.
proxy_test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(CJSON_CFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS)
proxy_test_libs = libproxy.la $(CMOCKA_LIBS) $(EVENT_LIBS) $(SSL_LIBS)
proxy_tests = tests/proxy/test_classify tests/proxy/test_cachekey tests/proxy/test_cache

check_PROGRAMS += $(proxy_tests)
TESTS += $(proxy_tests) tests/proxy/daemon.sh tests/proxy/share.sh
EXTRA_DIST += tests/proxy/share.sh tests/proxy/share_test.py tests/proxy/daemon.sh tests/proxy/daemon_test.py tests/proxy/fake_upstream.py

tests_proxy_test_classify_SOURCES = tests/proxy/test_classify.c
nodist_tests_proxy_test_classify_SOURCES = proxy/sql/functions.gen.h
tests_proxy_test_classify_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_classify_LDADD = $(proxy_test_libs)
tests_proxy_test_cachekey_SOURCES = tests/proxy/test_cachekey.c
tests_proxy_test_cachekey_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_cachekey_LDADD = $(proxy_test_libs)
tests_proxy_test_cache_SOURCES = tests/proxy/test_cache.c
tests_proxy_test_cache_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_cache_LDADD = $(proxy_test_libs)
$(tests_proxy_test_classify_OBJECTS): proxy/sql/functions.gen.h
include tests/proxy/redis.mk
include tests/proxy/statement.mk
include tests/proxy/upstream.mk

# results: what an entry holds, how it becomes answers, and large ones through a small process.
check_PROGRAMS += tests/proxy/test_entry tests/proxy/test_answer
TESTS += tests/proxy/test_entry tests/proxy/test_answer tests/proxy/large.sh
EXTRA_DIST += tests/proxy/large.sh tests/proxy/large_test.py
tests_proxy_test_entry_SOURCES = tests/proxy/test_entry.c
tests_proxy_test_entry_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_entry_LDADD = $(proxy_test_libs)
tests_proxy_test_answer_SOURCES = tests/proxy/test_answer.c
tests_proxy_test_answer_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_answer_LDADD = $(proxy_test_libs)
include tests/proxy/operator.mk
include tests/proxy/process.mk
include tests/proxy/guard.mk
