# the process: its settings, reloads, ends, listeners.
check_PROGRAMS += tests/proxy/test_config
TESTS += tests/proxy/test_config tests/proxy/reload.sh
EXTRA_DIST += tests/proxy/reload.sh tests/proxy/reload_test.py
tests_proxy_test_config_SOURCES = tests/proxy/test_config.c
tests_proxy_test_config_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_config_LDADD = $(proxy_test_libs)

check_PROGRAMS += tests/fuzz/fuzz_config
TESTS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c tests/fuzz/replay.c
tests_fuzz_fuzz_config_CPPFLAGS = $(proxy_test_cppflags)
tests_fuzz_fuzz_config_LDADD = $(proxy_test_libs)
