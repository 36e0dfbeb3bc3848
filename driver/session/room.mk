# conf and session: from connection keys to results.
noinst_LTLIBRARIES += libsession.la
libsession_la_SOURCES = driver/conf/options.h driver/session/session.h driver/session/cancel.h \
	include/tbl/options.h include/tbl/options_ignored.h
libsession_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CURL_CFLAGS) $(INIH_CFLAGS)
libsession_la_LIBADD = $(CURL_LIBS) $(INIH_LIBS) -lodbcinst
