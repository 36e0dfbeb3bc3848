# what must hold whatever happens: one run for many, nobody's rows for others, nothing older than a write
TESTS += tests/proxy/flight.sh tests/proxy/freshness.sh
EXTRA_DIST += tests/proxy/flight.sh tests/proxy/flight_test.py tests/proxy/warehouse.py
EXTRA_DIST += tests/proxy/freshness.sh tests/proxy/freshness_test.py
TESTS += tests/proxy/isolation.sh
EXTRA_DIST += tests/proxy/isolation.sh tests/proxy/isolation_test.py
guard_tests = tests/proxy/test_epoch tests/proxy/test_handle tests/proxy/test_recent
check_PROGRAMS += $(guard_tests)
TESTS += $(guard_tests)
tests_proxy_test_epoch_SOURCES = tests/proxy/test_epoch.c
tests_proxy_test_epoch_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_epoch_LDADD = $(proxy_test_libs)
tests_proxy_test_handle_SOURCES = tests/proxy/test_handle.c
tests_proxy_test_handle_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_handle_LDADD = $(proxy_test_libs)
tests_proxy_test_recent_SOURCES = tests/proxy/test_recent.c
tests_proxy_test_recent_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_recent_LDADD = $(proxy_test_libs)
