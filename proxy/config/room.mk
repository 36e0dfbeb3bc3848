# proxy/config: what a process was told to do.
libproxy_la_CPPFLAGS += $(INIH_CFLAGS)
libproxy_la_LIBADD += $(INIH_LIBS)
libproxy_la_SOURCES += \
	include/tbl/config/breaker.h \
	include/tbl/config/cache.h \
	include/tbl/config/limits.h \
	include/tbl/config/listen.h \
	include/tbl/config/log.h \
	include/tbl/config/redis.h \
	include/tbl/config/retry.h \
	include/tbl/config/rule.h \
	include/tbl/config/security.h \
	include/tbl/config/server.h \
	include/tbl/config/tenant.h \
	include/tbl/config/upstream.h \
	proxy/config/addr.c \
	proxy/config/addr.h \
	proxy/config/args.c \
	proxy/config/args.h \
	proxy/config/check.c \
	proxy/config/check.h \
	proxy/config/check_files.c \
	proxy/config/check_url.c \
	proxy/config/config.c \
	proxy/config/config.h \
	proxy/config/draft.c \
	proxy/config/draft.h \
	proxy/config/ini.c \
	proxy/config/ini.h \
	proxy/config/schema.c \
	proxy/config/schema.h \
	proxy/config/secret.c \
	proxy/config/secret.h \
	proxy/config/value.c \
	proxy/config/value.h
