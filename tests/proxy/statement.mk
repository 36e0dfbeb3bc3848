# tests of what is decided from a statement
check_PROGRAMS += tests/proxy/test_sqldeps
TESTS += tests/proxy/test_sqldeps
tests_proxy_test_sqldeps_SOURCES = tests/proxy/test_sqldeps.c
tests_proxy_test_sqldeps_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_sqldeps_LDADD = $(proxy_test_libs)
