# proxy/tenant: what is known about callers, their sessions and statements under way.
libproxy_la_SOURCES += \
	proxy/tenant/facts.c \
	proxy/tenant/facts.h \
	proxy/tenant/fill.c \
	proxy/tenant/fill.h \
	proxy/tenant/identity.c \
	proxy/tenant/identity.h \
	proxy/tenant/memo.c \
	proxy/tenant/memo.h \
	proxy/tenant/probe.c \
	proxy/tenant/probe.h \
	proxy/tenant/recent.c \
	proxy/tenant/recent.h \
	proxy/tenant/relation.c \
	proxy/tenant/relation.h \
	proxy/tenant/right.c \
	proxy/tenant/right.h \
	proxy/tenant/session_track.c \
	proxy/tenant/session_track.h \
	proxy/tenant/tenant.c \
	proxy/tenant/tenant.h \
	proxy/tenant/tombstone.c \
	proxy/tenant/tombstone.h \
	proxy/tenant/writes.c \
	proxy/tenant/writes.h
