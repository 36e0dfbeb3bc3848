# tests of what is decided from a statement
check_PROGRAMS += tests/proxy/test_sqldeps
TESTS += tests/proxy/test_sqldeps
tests_proxy_test_sqldeps_SOURCES = tests/proxy/test_sqldeps.c
tests_proxy_test_sqldeps_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_sqldeps_LDADD = $(proxy_test_libs)
check_PROGRAMS += tests/proxy/test_policy
TESTS += tests/proxy/test_policy
tests_proxy_test_policy_SOURCES = tests/proxy/test_policy.c
tests_proxy_test_policy_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_policy_LDADD = $(proxy_test_libs)
check_PROGRAMS += tests/proxy/test_control
TESTS += tests/proxy/test_control
tests_proxy_test_control_SOURCES = tests/proxy/test_control.c
tests_proxy_test_control_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_control_LDADD = $(proxy_test_libs)
check_PROGRAMS += tests/proxy/test_request
TESTS += tests/proxy/test_request
tests_proxy_test_request_SOURCES = tests/proxy/test_request.c
tests_proxy_test_request_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_request_LDADD = $(proxy_test_libs) $(ZLIB_LIBS)

# Prints tokens and classes, for tests/spark/lexer.
check_PROGRAMS += tests/spark/tokens
EXTRA_DIST += tests/spark/lexer tests/spark/lexer.py tests/spark/Tokens.java
tests_spark_tokens_SOURCES = tests/spark/tokens.c
tests_spark_tokens_CPPFLAGS = $(proxy_test_cppflags)
tests_spark_tokens_LDADD = $(proxy_test_libs)

check_PROGRAMS += tests/fuzz/fuzz_statement
TESTS += tests/fuzz/fuzz_statement
tests_fuzz_fuzz_statement_SOURCES = tests/fuzz/fuzz_statement.c tests/fuzz/replay.c
tests_fuzz_fuzz_statement_CPPFLAGS = $(proxy_test_cppflags)
tests_fuzz_fuzz_statement_LDADD = libproxy.la $(EVENT_LIBS)

# What may be kept, run twice on the sandbox.
TESTS += tests/proxy/repeat.sh
EXTRA_DIST += tests/proxy/repeat.sh tests/proxy/repeat_test.py
