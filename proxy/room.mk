# proxy: dbxproxyd. libproxy holds everything, so that tests link what they need; main.c is the command line.
noinst_LTLIBRARIES += libproxy.la
libproxy_la_SOURCES = \
	proxy/accesslog.c proxy/accesslog.h \
	proxy/addr.c proxy/addr.h \
	proxy/admin.c proxy/admin.h \
	proxy/config.c proxy/config.h \
	proxy/daemon.c proxy/daemon.h \
	proxy/dispatch.c proxy/dispatch.h \
	proxy/exchange.c proxy/exchange.h \
	proxy/forward.c proxy/forward.h \
	proxy/http_hdr.c proxy/http_hdr.h \
	proxy/listener.c proxy/listener.h \
	proxy/metrics.c proxy/metrics.h \
	proxy/proxy.h \
	proxy/route.c proxy/route.h \
	proxy/upstream.c proxy/upstream.h \
	include/tbl/metrics.h include/tbl/bypass.h
libproxy_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(CURL_CFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS)
libproxy_la_LIBADD = libcore.la $(CURL_LIBS) $(EVENT_LIBS) $(SSL_LIBS) $(CJSON_LIBS)

bin_PROGRAMS += proxy/dbxproxyd
proxy_dbxproxyd_SOURCES = proxy/main.c
proxy_dbxproxyd_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
proxy_dbxproxyd_LDADD = libproxy.la
