# proxy: dbxproxyd. libproxy holds everything, so that tests link what they need; main.c is the command line.
noinst_LTLIBRARIES += libproxy.la
libproxy_la_SOURCES = include/tbl/metrics.h include/tbl/bypass.h include/tbl/requests.h
nodist_libproxy_la_SOURCES =
libproxy_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(CURL_CFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS) $(PCRE2_CFLAGS) $(XXHASH_CFLAGS) $(ZLIB_CFLAGS) $(LZ4_CFLAGS)
libproxy_la_LIBADD = libcore.la $(CURL_LIBS) $(EVENT_LIBS) $(SSL_LIBS) $(CJSON_LIBS) $(PCRE2_LIBS) $(XXHASH_LIBS) $(ZLIB_LIBS) $(LZ4_LIBS) -lm

bin_PROGRAMS += proxy/dbxproxyd
proxy_dbxproxyd_SOURCES = proxy/main.c
proxy_dbxproxyd_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
proxy_dbxproxyd_LDADD = libproxy.la

EXTRA_DIST += proxy/dbxproxyd.1.scd proxy/dbxproxyd.ini.5.scd
if HAVE_SCDOC
man_MANS += proxy/dbxproxyd.1 proxy/dbxproxyd.ini.5
CLEANFILES += proxy/dbxproxyd.1 proxy/dbxproxyd.ini.5
endif

include proxy/config/room.mk
include proxy/sql/room.mk
include proxy/request/room.mk
include proxy/keys/room.mk
include proxy/watch/room.mk
include proxy/redis/room.mk
include proxy/cache/room.mk
include proxy/upstream/room.mk
include proxy/tenant/room.mk
include proxy/serve/room.mk
include proxy/daemon/room.mk
include proxy/ctl/room.mk
