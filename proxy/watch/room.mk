# proxy/watch: what operators see.
libproxy_la_SOURCES += \
	proxy/watch/accesslog.c \
	proxy/watch/accesslog.h \
	proxy/watch/metrics.c \
	proxy/watch/metrics.h \
	proxy/watch/metrics_print.c
