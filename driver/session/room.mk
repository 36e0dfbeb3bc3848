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
	driver/session/body.c driver/session/body.h \
	driver/session/cancel.c driver/session/cancel.h \
	driver/session/chunk.c driver/session/chunk.h \
	driver/session/download.c driver/session/download.h \
	driver/session/execute.c \
	driver/session/flight.c \
	driver/session/flight_fault.c \
	driver/session/flight_setup.c \
	driver/session/hostmem.c driver/session/hostmem.h \
	driver/session/link.c driver/session/link.h \
	driver/session/loader.c \
	driver/session/pace.c driver/session/pace.h \
	driver/session/pipe_guard.c driver/session/pipe_guard.h \
	driver/session/parting.c \
	driver/session/prefetch.c driver/session/prefetch.h driver/session/prefetch_priv.h \
	driver/session/reaper.c \
	driver/session/result.c \
	driver/session/sea_client.c driver/session/sea_client.h \
	driver/session/session.c driver/session/session.h driver/session/session_priv.h \
	driver/session/state.c driver/session/state.h \
	driver/session/transport.c driver/session/transport.h driver/session/transport_priv.h \
	driver/session/unpack.c \
	driver/session/worker.c driver/session/worker.h \
	include/tbl/options.h include/tbl/options_ignored.h
libsession_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CURL_CFLAGS) $(INIH_CFLAGS) $(SSL_CFLAGS) \
	-DDBX_BINDIR='"$(bindir)"'
libsession_la_LIBADD = $(CURL_LIBS) $(INIH_LIBS) $(SSL_LIBS) -lodbcinst
