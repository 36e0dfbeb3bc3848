# operation: numbers and tables, the operator's listener, its command line, the status page in a browser, the dashboard.
check_PROGRAMS += tests/proxy/test_metrics
TESTS += tests/proxy/test_metrics tests/proxy/admin.sh tests/proxy/ctl.sh tests/proxy/status.sh tests/proxy/dashboard.sh
EXTRA_DIST += tests/proxy/admin.sh tests/proxy/admin_test.py tests/proxy/ctl.sh tests/proxy/ctl_test.py \
	tests/proxy/status.sh tests/proxy/status_test.py tests/proxy/dashboard.sh tests/proxy/dashboard_test.py
tests_proxy_test_metrics_SOURCES = tests/proxy/test_metrics.c
tests_proxy_test_metrics_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_metrics_LDADD = $(proxy_test_libs) $(CJSON_LIBS)
