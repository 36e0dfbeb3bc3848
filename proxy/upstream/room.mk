# proxy/upstream: requests to the workspace.
libproxy_la_SOURCES += \
	proxy/upstream/upstream.c \
	proxy/upstream/upstream.h
