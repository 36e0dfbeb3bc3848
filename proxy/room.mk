# proxy: dbxproxyd. libproxy holds everything, so that tests link what they need; main.c is the command line.
noinst_LTLIBRARIES += libproxy.la
libproxy_la_SOURCES = \
	proxy/accesslog.c proxy/accesslog.h \
	proxy/addr.c proxy/addr.h \
	proxy/admin.c proxy/admin.h \
	proxy/answer.c proxy/answer.h \
	proxy/auth.c proxy/auth.h \
	proxy/cache.c proxy/cache.h \
	proxy/cachekey.c proxy/cachekey.h \
	proxy/classify.c proxy/classify.h \
	proxy/config.c proxy/config.h \
	proxy/control.c proxy/control.h \
	proxy/daemon.c proxy/daemon.h \
	proxy/dispatch.c proxy/dispatch.h \
	proxy/exchange.c proxy/exchange.h \
	proxy/execreq.c proxy/execreq.h \
	proxy/fetch.c proxy/fetch.h \
	proxy/follow.c proxy/follow.h \
	proxy/forward.c proxy/forward.h \
	proxy/functions.c proxy/functions.h \
	proxy/handle.c proxy/handle.h \
	proxy/http_hdr.c proxy/http_hdr.h \
	proxy/identity.c proxy/identity.h \
	proxy/keymap.c proxy/keymap.h \
	proxy/listener.c proxy/listener.h \
	proxy/metrics.c proxy/metrics.h \
	proxy/proxy.h \
	proxy/replay.c proxy/replay.h \
	proxy/route.c proxy/route.h \
	proxy/secrets.c proxy/secrets.h \
	proxy/session_track.c proxy/session_track.h \
	proxy/statement.c proxy/statement.h \
	proxy/store.h proxy/store_mem.c \
	proxy/tombstone.c proxy/tombstone.h \
	proxy/upstream.c proxy/upstream.h \
	include/tbl/metrics.h include/tbl/bypass.h
nodist_libproxy_la_SOURCES = proxy/functions.gen.h
libproxy_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(CURL_CFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS)
libproxy_la_LIBADD = libcore.la $(CURL_LIBS) $(EVENT_LIBS) $(SSL_LIBS) $(CJSON_LIBS)

bin_PROGRAMS += proxy/dbxproxyd
proxy_dbxproxyd_SOURCES = proxy/main.c
proxy_dbxproxyd_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
proxy_dbxproxyd_LDADD = libproxy.la

# the function table, from the reviewed list
BUILT_SOURCES += proxy/functions.gen.h
CLEANFILES += proxy/functions.gen.h
EXTRA_DIST += proxy/functions.tsv proxy/functions.awk
proxy/functions.gen.h: proxy/functions.tsv proxy/functions.awk
	$(AM_V_GEN)$(MKDIR_P) proxy && LC_ALL=C $(AWK) -f $(top_srcdir)/proxy/functions.awk $(top_srcdir)/proxy/functions.tsv >$@.tmp && mv $@.tmp $@
# the first build of one target only: dependencies are not known yet
$(libproxy_la_OBJECTS): proxy/functions.gen.h

EXTRA_DIST += proxy/dbxproxyd.1.scd
if HAVE_SCDOC
man_MANS += proxy/dbxproxyd.1
CLEANFILES += proxy/dbxproxyd.1
endif
