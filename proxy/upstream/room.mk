# proxy/upstream: requests to the workspace.
libproxy_la_SOURCES += \
	proxy/upstream/ask.c \
	proxy/upstream/ask.h \
	proxy/upstream/attempt.c \
	proxy/upstream/attempt.h \
	proxy/upstream/breaker.c \
	proxy/upstream/breaker.h \
	proxy/upstream/bucket.c \
	proxy/upstream/bucket.h \
	proxy/upstream/budget.c \
	proxy/upstream/budget.h \
	proxy/upstream/client.c \
	proxy/upstream/failover.c \
	proxy/upstream/failover.h \
	proxy/upstream/groups.c \
	proxy/upstream/health.c \
	proxy/upstream/kept.c \
	proxy/upstream/kept.h \
	proxy/upstream/link.c \
	proxy/upstream/link.h \
	proxy/upstream/question.c \
	proxy/upstream/question.h \
	proxy/upstream/queue.c \
	proxy/upstream/queue.h \
	proxy/upstream/request.c \
	proxy/upstream/request_priv.h \
	proxy/upstream/targets.c \
	proxy/upstream/targets.h \
	proxy/upstream/try.c \
	proxy/upstream/upstream.c \
	proxy/upstream/upstream.h \
	proxy/upstream/upstream_priv.h \
	proxy/upstream/window.c \
	proxy/upstream/window.h \
	proxy/upstream/wire.c \
	proxy/upstream/wire.h
