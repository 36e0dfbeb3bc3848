# setup: libdbxodbcS.so, for unixODBC's installer and the GUI tools over it.
driverlib_LTLIBRARIES += driver/libdbxodbcS.la
driver_libdbxodbcS_la_SOURCES = core/mem.c driver/setup/setup.c driver/setup/libdbxodbcS.map
driver_libdbxodbcS_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(SSL_CFLAGS)
driver_libdbxodbcS_la_LIBADD = $(SSL_LIBS) -lodbcinst
driver_libdbxodbcS_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-Bsymbolic \
	-Wl,--version-script=$(top_srcdir)/driver/setup/libdbxodbcS.map -Wl,--no-undefined -Wl,--exclude-libs,ALL
driver_libdbxodbcS_la_DEPENDENCIES = driver/setup/libdbxodbcS.map
