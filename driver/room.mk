# driver: libdbxodbc.so. Calls go one way: entry → handle/api → session → core, with result and convert on core alone.
include driver/result/room.mk
include driver/convert/room.mk
include driver/session/room.mk
include driver/http/room.mk
include driver/prefetch/room.mk
include driver/entry/room.mk

driverlibdir = $(libdir)/dbx-odbc
driverlib_LTLIBRARIES = driver/libdbxodbc.la
include driver/setup/room.mk
driver_libdbxodbc_la_SOURCES = $(driver_doors) driver/entry/libdbxodbc.map
nodist_driver_libdbxodbc_la_SOURCES = $(driver_generated)
driver_libdbxodbc_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
driver_libdbxodbc_la_LIBADD = libsession.la libconvert.la libresult.la libcore.la $(LTLIBTHREAD)
# nodelete: libcurl may leave a thread behind that still looks up a name when the driver manager unloads the driver, and
# libraries below register things for the end of the process; a driver that stays is also quick to load again.
driver_libdbxodbc_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-Bsymbolic \
	-Wl,--version-script=$(top_srcdir)/driver/entry/libdbxodbc.map -Wl,-z,nodelete -Wl,--no-undefined -Wl,--exclude-libs,ALL
driver_libdbxodbc_la_DEPENDENCIES = libsession.la libconvert.la libresult.la libcore.la driver/entry/libdbxodbc.map

# The driver is a module: nobody links with it, so its .la file is not installed. With --enable-register odbcinst learns
# of it on install (not when staging with DESTDIR) and forgets it on uninstall.
driver_name = Databricks SQL (dbx-odbc)
EXTRA_DIST += odbcinst.ini.sample
sampledir = $(datadir)/dbx-odbc
dist_sample_DATA = odbcinst.ini.sample odbc.ini.sample

install-data-hook:
	rm -f '$(DESTDIR)$(driverlibdir)/libdbxodbc.la' '$(DESTDIR)$(driverlibdir)/libdbxodbcS.la'
	$(SED) -e 's|^\(;*Driver *\)=.*|\1= $(driverlibdir)/libdbxodbc.so|' \
		-e 's|^\(;*Setup *\)=.*|\1= $(driverlibdir)/libdbxodbcS.so|' $(srcdir)/odbcinst.ini.sample \
		>'$(DESTDIR)$(sampledir)/odbcinst.ini.sample'
if REGISTER
	test -n '$(DESTDIR)' || odbcinst -i -d -f '$(sampledir)/odbcinst.ini.sample'
endif

uninstall-local:
if REGISTER
	test -n '$(DESTDIR)' || odbcinst -u -d -n '$(driver_name)'
endif

uninstall-hook:
	rm -f '$(DESTDIR)$(driverlibdir)/libdbxodbc.so' '$(DESTDIR)$(driverlibdir)/libdbxodbcS.so'
	-rmdir '$(DESTDIR)$(driverlibdir)' '$(DESTDIR)$(sampledir)' 2>/dev/null
