# convert: column views into C buffers.
noinst_LTLIBRARIES += libconvert.la
libconvert_la_SOURCES = driver/convert/convert.h driver/convert/from_c.h driver/convert/kernel.h \
	driver/convert/from_c_priv.h include/tbl/issues.h \
	driver/convert/find.c \
	driver/convert/from_c.c \
	driver/convert/from_c_read.c \
	driver/convert/from_c_write.c \
	driver/convert/part.c \
	driver/convert/to_bin.c \
	driver/convert/to_interval.c \
	driver/convert/to_num.c \
	driver/convert/to_text.c \
	driver/convert/to_time.c
libconvert_la_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
