# conf and session: from connection keys to results.
noinst_LTLIBRARIES += libsession.la
libsession_la_SOURCES = \
	driver/conf/check.c \
	driver/conf/connstr.c driver/conf/connstr.h \
	driver/conf/odbcini.c \
	driver/conf/options.c driver/conf/options.h driver/conf/options_priv.h \
	driver/conf/profile.c \
	driver/conf/sources.c \
	driver/session/autoproxy.c driver/session/autoproxy.h \
	driver/session/cachenews.c driver/session/cachenews.h \
	driver/session/execute.c \
	driver/session/hostmem.c driver/session/hostmem.h \
	driver/session/parting.c \
	driver/session/reaper.c \
	driver/session/result.c \
	driver/session/session.c driver/session/session.h driver/session/session_priv.h \
	driver/session/state.c driver/session/state.h \
	include/tbl/options.h include/tbl/options_ignored.h
libsession_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CURL_CFLAGS) $(INIH_CFLAGS) $(SSL_CFLAGS) \
	-DDBX_BINDIR='"$(bindir)"'
libsession_la_LIBADD = $(CURL_LIBS) $(INIH_LIBS) $(SSL_LIBS) -lodbcinst
