# proxy/config: what a process was told to do.
libproxy_la_SOURCES += \
	proxy/config/addr.c \
	proxy/config/addr.h \
	proxy/config/config.c \
	proxy/config/config.h
