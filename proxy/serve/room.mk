# proxy/serve: one client request from its arrival to its answer.
libproxy_la_SOURCES += \
	proxy/serve/auth.c \
	proxy/serve/auth.h \
	proxy/serve/chunk.c \
	proxy/serve/chunk.h \
	proxy/serve/dispatch.c \
	proxy/serve/dispatch.h \
	proxy/serve/exchange.c \
	proxy/serve/exchange.h \
	proxy/serve/fetch.c \
	proxy/serve/fetch.h \
	proxy/serve/forward.c \
	proxy/serve/forward.h \
	proxy/serve/inspect.c \
	proxy/serve/inspect.h \
	proxy/serve/inspect_explain.c \
	proxy/serve/inspect_priv.h \
	proxy/serve/inspect_upstream.c \
	proxy/serve/proxy.c \
	proxy/serve/proxy.h \
	proxy/serve/render.c \
	proxy/serve/render.h \
	proxy/serve/replay.c \
	proxy/serve/replay.h \
	proxy/serve/sendnow.c \
	proxy/serve/sendnow.h \
	proxy/serve/statement.c \
	proxy/serve/statement.h
