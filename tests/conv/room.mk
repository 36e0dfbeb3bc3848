# conv: results into views, views into C buffers; tables of text where there are many cases.
conv_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(CJSON_CFLAGS) $(ODBC_CFLAGS) $(NANOARROW_CFLAGS) $(LZ4_CFLAGS)

check_PROGRAMS += tests/conv/test_recordings
TESTS += tests/conv/test_recordings

tests_conv_test_recordings_SOURCES = tests/conv/test_recordings.c
tests_conv_test_recordings_CPPFLAGS = $(conv_cppflags)
tests_conv_test_recordings_LDADD = libresult.la libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_convert
TESTS += tests/conv/test_convert
EXTRA_DIST += tests/conv/integers.txt tests/conv/floats.txt tests/conv/decimals.txt tests/conv/booleans.txt \
	tests/conv/strings.txt tests/conv/binaries.txt tests/conv/dates.txt tests/conv/times.txt tests/conv/timestamps.txt \
	tests/conv/intervals.txt tests/conv/interval_targets.txt tests/conv/nulls.txt tests/conv/parts.txt

tests_conv_test_convert_SOURCES = tests/conv/test_convert.c
tests_conv_test_convert_CPPFLAGS = $(conv_cppflags)
tests_conv_test_convert_LDADD = libconvert.la libresult.la libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_decoder
TESTS += tests/conv/test_decoder
EXTRA_DIST += tests/conv/arrow

tests_conv_test_decoder_SOURCES = tests/conv/test_decoder.c
tests_conv_test_decoder_CPPFLAGS = $(conv_cppflags)
tests_conv_test_decoder_LDADD = libconvert.la libresult.la libcore.la $(LZ4_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_num
TESTS += tests/conv/test_num

tests_conv_test_num_SOURCES = tests/conv/test_num.c
tests_conv_test_num_CPPFLAGS = $(conv_cppflags)
tests_conv_test_num_LDADD = libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_kernels
TESTS += tests/conv/test_kernels

tests_conv_test_kernels_SOURCES = tests/conv/test_kernels.c
tests_conv_test_kernels_CPPFLAGS = $(conv_cppflags)
tests_conv_test_kernels_LDADD = libconvert.la libresult.la libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_from_c
TESTS += tests/conv/test_from_c
EXTRA_DIST += tests/conv/from_c.txt

tests_conv_test_from_c_SOURCES = tests/conv/test_from_c.c
tests_conv_test_from_c_CPPFLAGS = $(conv_cppflags)
tests_conv_test_from_c_LDADD = libconvert.la libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_pairs
TESTS += tests/conv/test_pairs
EXTRA_DIST += tests/conv/pairs.txt

tests_conv_test_pairs_SOURCES = tests/conv/test_pairs.c
tests_conv_test_pairs_CPPFLAGS = $(conv_cppflags)
tests_conv_test_pairs_LDADD = libconvert.la libresult.la libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/test_parts
TESTS += tests/conv/test_parts

tests_conv_test_parts_SOURCES = tests/conv/test_parts.c
tests_conv_test_parts_CPPFLAGS = $(conv_cppflags)
tests_conv_test_parts_LDADD = libconvert.la libresult.la libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/conv/show_nested
TESTS += tests/conv/nested.sh
EXTRA_DIST += tests/conv/nested.sh tests/conv/nested.py

tests_conv_show_nested_SOURCES = tests/conv/show_nested.c
tests_conv_show_nested_CPPFLAGS = $(conv_cppflags)
tests_conv_show_nested_LDADD = libconvert.la libresult.la libcore.la
tests/conv/nested.log: tests/conv/show_nested
