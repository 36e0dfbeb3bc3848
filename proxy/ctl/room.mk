# proxy/ctl: dbxproxyctl, the operator's command line: a client of the admin listener that shares no code with the daemon.
bin_PROGRAMS += proxy/dbxproxyctl
proxy_dbxproxyctl_SOURCES = \
	proxy/ctl/client.c \
	proxy/ctl/client.h \
	proxy/ctl/commands.c \
	proxy/ctl/commands.h \
	proxy/ctl/main.c \
	proxy/ctl/show.c \
	proxy/ctl/show.h \
	proxy/ctl/words.c \
	proxy/ctl/words.h
proxy_dbxproxyctl_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS)
proxy_dbxproxyctl_LDADD = libcore.la $(CURL_LIBS) $(CJSON_LIBS)

EXTRA_DIST += proxy/dbxproxyctl.1.scd
if HAVE_SCDOC
man_MANS += proxy/dbxproxyctl.1
CLEANFILES += proxy/dbxproxyctl.1
endif
