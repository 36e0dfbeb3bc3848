# convert: column views into C buffers.
noinst_LTLIBRARIES += libconvert.la
libconvert_la_SOURCES = driver/convert/convert.h include/tbl/issues.h
libconvert_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
