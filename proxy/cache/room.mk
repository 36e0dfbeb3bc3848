# proxy/cache: what is kept, and whether it may be served.
libproxy_la_SOURCES += \
	proxy/cache/answer.c \
	proxy/cache/answer.h \
	proxy/cache/cache.c \
	proxy/cache/cache.h \
	proxy/cache/entry.c \
	proxy/cache/entry.h \
	proxy/cache/entry_pack.c \
	proxy/cache/epoch.c \
	proxy/cache/epoch.h \
	proxy/cache/ledger.h \
	proxy/cache/shelf.c \
	proxy/cache/shelf.h \
	proxy/cache/store.c \
	proxy/cache/store.h \
	proxy/cache/unpacked.c \
	proxy/cache/unpacked.h \
	proxy/cache/version.c \
	proxy/cache/version.h
