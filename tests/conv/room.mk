# conv: results into views, views into C buffers; tables of text where there are many cases.
conv_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(CJSON_CFLAGS) $(ODBC_CFLAGS) $(NANOARROW_CFLAGS) $(LZ4_CFLAGS)

check_PROGRAMS += tests/conv/test_recordings
TESTS += tests/conv/test_recordings

tests_conv_test_recordings_SOURCES = tests/conv/test_recordings.c
tests_conv_test_recordings_CPPFLAGS = $(conv_cppflags)
tests_conv_test_recordings_LDADD = libresult.la libcore.la $(CMOCKA_LIBS)
