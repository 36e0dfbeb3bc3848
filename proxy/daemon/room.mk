# proxy/daemon: the process: listeners, signals, the operator's door.
libproxy_la_SOURCES += \
	proxy/daemon/admin.c \
	proxy/daemon/admin.h \
	proxy/daemon/daemon.c \
	proxy/daemon/daemon.h \
	proxy/daemon/listener.c \
	proxy/daemon/listener.h
