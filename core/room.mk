# core: what every room may use; knows neither ODBC nor the proxy.
noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = \
	core/arena.c core/arena.h \
	core/buf.c core/buf.h \
	core/clock.c core/clock.h \
	core/dec.c core/dec.h core/digits.h \
	core/calendar.c core/calendar.h \
	core/dtime.c core/dtime.h \
	core/err.c core/err.h \
	core/interval.c core/interval.h \
	core/json.c core/json.h \
	core/log.c core/log.h \
	core/mem.c core/mem.h \
	core/num.c core/num.h \
	core/retry.c core/retry.h \
	core/sea_codec.c core/sea_codec.h \
	core/sea_model.c core/sea_model.h \
	core/slab.c core/slab.h \
	core/sqlscan.c core/sqlscan.h \
	core/sv.c core/sv.h \
	core/tz.c core/tz.h core/tz_priv.h core/tz_rule.c \
	core/utf.c core/utf.h \
	include/tbl/errors.h include/tbl/error_classes.h include/tbl/pow10.h include/tbl/types.h
libcore_la_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(SSL_CFLAGS)
libcore_la_LIBADD = $(CJSON_LIBS) $(SSL_LIBS)
