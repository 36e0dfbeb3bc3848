# proxy/tenant: what is known about callers, their sessions and statements under way.
libproxy_la_SOURCES += \
	proxy/tenant/follow.c \
	proxy/tenant/follow.h \
	proxy/tenant/identity.c \
	proxy/tenant/identity.h \
	proxy/tenant/session_track.c \
	proxy/tenant/session_track.h \
	proxy/tenant/tombstone.c \
	proxy/tenant/tombstone.h
