# conform: plain ODBC calls through the driver manager, and checks of what the library shows to the outside.
EXTRA_DIST += tests/conform/run.sh tests/conform/pool.sh tests/conform/process.sh tests/conform/exports.sh
TESTS += tests/conform/exports.sh tests/conform/pure tests/conform/rows tests/conform/run.sh tests/conform/pool.sh tests/conform/process.sh
check_PROGRAMS += tests/conform/pure tests/conform/rows tests/conform/odbc tests/conform/pool tests/conform/process

tests_conform_odbc_SOURCES = tests/conform/conform.c tests/conform/conform.h tests/conform/test_connect.c tests/conform/test_attrs.c \
	tests/conform/test_diag.c tests/conform/test_setup.c tests/conform/test_sources.c \
	tests/conform/test_results.c tests/conform/test_bindings.c tests/conform/test_catalog.c tests/conform/test_desc.c tests/conform/test_params.c \
	tests/conform/test_escape.c tests/conform/test_threads.c tests/conform/test_arrays.c tests/conform/test_cells.c \
	tests/conform/test_cursor.c tests/conform/test_cursor_odbc2.c \
	tests/conform/control.c tests/conform/control.h tests/conform/test_async.c tests/conform/test_parallel.c
tests_conform_odbc_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CMOCKA_CFLAGS)
tests_conform_odbc_LDADD = $(CMOCKA_LIBS) -lodbc -lodbcinst

tests_conform_process_SOURCES = tests/conform/test_process.c tests/conform/conform.c tests/conform/conform.h \
	tests/conform/control.c tests/conform/control.h
tests_conform_process_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CMOCKA_CFLAGS) -DCONFORM_WITHOUT_MAIN
tests_conform_process_LDADD = $(CMOCKA_LIBS) -lodbc $(LIBDL)

tests_conform_pool_SOURCES = tests/conform/pool.c
tests_conform_pool_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CMOCKA_CFLAGS)
tests_conform_pool_LDADD = $(CMOCKA_LIBS) -lodbc

tests_conform_pure_SOURCES = tests/conform/pure.c driver/sql/scan.c driver/sql/markers.c driver/sql/insert.c \
	driver/api/pattern.c driver/api/typefacts.c \
	driver/handle/desc_types.c
tests_conform_pure_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CMOCKA_CFLAGS)
tests_conform_pure_LDADD = libcore.la $(CMOCKA_LIBS)

tests_conform_rows_SOURCES = tests/conform/rows.c driver/api/scroll.c
tests_conform_rows_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CMOCKA_CFLAGS)
tests_conform_rows_LDADD = libresult.la libcore.la $(CMOCKA_LIBS)

tests/conform/run.log: driver/libdbxodbcS.la driver/libdbxodbc.la tests/conform/odbc
tests/conform/pool.log: driver/libdbxodbc.la tests/conform/pool
tests/conform/process.log: driver/libdbxodbc.la tests/conform/process
tests/conform/exports.log: driver/libdbxodbc.la
