# proxy/watch: what operators see.
libproxy_la_SOURCES += \
	proxy/watch/accesslog.c \
	proxy/watch/accesslog.h \
	proxy/watch/errors.c \
	proxy/watch/errors.h \
	proxy/watch/history.c \
	proxy/watch/history.h \
	proxy/watch/mask.c \
	proxy/watch/mask.h \
	proxy/watch/metrics.c \
	proxy/watch/metrics.h \
	proxy/watch/metrics_print.c \
	proxy/watch/report.c \
	proxy/watch/report.h \
	proxy/watch/saved.c \
	proxy/watch/saved.h \
	proxy/watch/top.c \
	proxy/watch/top.h \
	proxy/watch/watch.c \
	proxy/watch/watch.h
