# proxy/redis: what instances share through Redis.
libproxy_la_SOURCES += \
	proxy/redis/blob.c \
	proxy/redis/blob.h \
	proxy/redis/cluster.c \
	proxy/redis/cluster.h \
	proxy/redis/epochs.c \
	proxy/redis/health.c \
	proxy/redis/health.h \
	proxy/redis/keyed.c \
	proxy/redis/keyed.h \
	proxy/redis/link.c \
	proxy/redis/link.h \
	proxy/redis/listen.c \
	proxy/redis/lock.c \
	proxy/redis/lookup.c \
	proxy/redis/names.c \
	proxy/redis/names.h \
	proxy/redis/node.c \
	proxy/redis/node.h \
	proxy/redis/op.c \
	proxy/redis/parcel.c \
	proxy/redis/parcel.h \
	proxy/redis/put.c \
	proxy/redis/record.c \
	proxy/redis/reply.c \
	proxy/redis/reply.h \
	proxy/redis/server.c \
	proxy/redis/server.h \
	proxy/redis/shared.c \
	proxy/redis/shared.h \
	proxy/redis/shared_priv.h \
	proxy/redis/slots.c \
	proxy/redis/slots.h \
	proxy/redis/survey.c
libproxy_la_CPPFLAGS += $(LZ4_CFLAGS) $(ZSTD_CFLAGS)
libproxy_la_LIBADD += $(HIREDIS_LIBS) $(LZ4_LIBS) $(ZSTD_LIBS)
