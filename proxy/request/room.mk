# proxy/request: what a request says: routes, header fields, bodies, controls, and the name of its result.
libproxy_la_SOURCES += \
	proxy/request/cachekey.c \
	proxy/request/cachekey.h \
	proxy/request/control.c \
	proxy/request/control.h \
	proxy/request/execreq.c \
	proxy/request/execreq.h \
	proxy/request/http_hdr.c \
	proxy/request/http_hdr.h \
	proxy/request/range.c \
	proxy/request/range.h \
	proxy/request/reqbody.c \
	proxy/request/reqbody.h \
	proxy/request/route.c \
	proxy/request/route.h
