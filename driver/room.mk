# driver: libdbxodbc.so. Calls go one way: entry → handle/api → session → core, with result and convert on core alone.
include driver/result/room.mk
include driver/convert/room.mk
include driver/session/room.mk
include driver/entry/room.mk

driverlibdir = $(libdir)/dbx-odbc
driverlib_LTLIBRARIES = driver/libdbxodbc.la
driver_libdbxodbc_la_SOURCES = $(driver_doors) driver/entry/libdbxodbc.map
nodist_driver_libdbxodbc_la_SOURCES = $(driver_generated)
driver_libdbxodbc_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
driver_libdbxodbc_la_LIBADD = libsession.la libconvert.la libresult.la libcore.la $(LTLIBTHREAD)
driver_libdbxodbc_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-Bsymbolic \
	-Wl,--version-script=$(top_srcdir)/driver/entry/libdbxodbc.map -Wl,--no-undefined -Wl,--exclude-libs,ALL
driver_libdbxodbc_la_DEPENDENCIES = libsession.la libconvert.la libresult.la libcore.la driver/entry/libdbxodbc.map
