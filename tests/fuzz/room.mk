# fuzz: one target per parser that meets bytes of others. Each is a LLVMFuzzerTestOneInput; replay.c runs it over its corpus in
# make check and can damage the inputs at random (--mutate N). With clang: -fsanitize=fuzzer instead of replay.c.
fuzz_cppflags = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
fuzz_decoders = tests/fuzz/drain.c tests/fuzz/drain.h tests/fuzz/replay.c

check_PROGRAMS += tests/fuzz/fuzz_arrow tests/fuzz/fuzz_json_rows tests/fuzz/fuzz_tz
TESTS += tests/fuzz/fuzz_arrow tests/fuzz/fuzz_json_rows tests/fuzz/fuzz_tz
EXTRA_DIST += tests/fuzz/corpus

tests_fuzz_fuzz_arrow_SOURCES = tests/fuzz/fuzz_arrow.c $(fuzz_decoders)
tests_fuzz_fuzz_arrow_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_arrow_LDADD = libconvert.la libresult.la libcore.la
tests_fuzz_fuzz_json_rows_SOURCES = tests/fuzz/fuzz_json_rows.c $(fuzz_decoders)
tests_fuzz_fuzz_json_rows_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_json_rows_LDADD = libconvert.la libresult.la libcore.la
tests_fuzz_fuzz_tz_SOURCES = tests/fuzz/fuzz_tz.c tests/fuzz/replay.c
tests_fuzz_fuzz_tz_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_tz_LDADD = libcore.la

check_PROGRAMS += tests/fuzz/fuzz_sea tests/fuzz/fuzz_connstr
TESTS += tests/fuzz/fuzz_sea tests/fuzz/fuzz_connstr
tests_fuzz_fuzz_sea_SOURCES = tests/fuzz/fuzz_sea.c tests/fuzz/replay.c
tests_fuzz_fuzz_sea_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_sea_LDADD = libcore.la
tests_fuzz_fuzz_connstr_SOURCES = tests/fuzz/fuzz_connstr.c tests/fuzz/replay.c
tests_fuzz_fuzz_connstr_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_connstr_LDADD = libsession.la libresult.la libcore.la

check_PROGRAMS += tests/fuzz/fuzz_sqlscan
TESTS += tests/fuzz/fuzz_sqlscan
tests_fuzz_fuzz_sqlscan_SOURCES = tests/fuzz/fuzz_sqlscan.c tests/fuzz/replay.c
tests_fuzz_fuzz_sqlscan_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CJSON_CFLAGS) $(SSL_CFLAGS)
tests_fuzz_fuzz_sqlscan_LDADD = libproxy.la

check_PROGRAMS += tests/fuzz/fuzz_from_c
TESTS += tests/fuzz/fuzz_from_c
tests_fuzz_fuzz_from_c_SOURCES = tests/fuzz/fuzz_from_c.c tests/fuzz/replay.c
tests_fuzz_fuzz_from_c_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_from_c_LDADD = libconvert.la libcore.la

check_PROGRAMS += tests/fuzz/fuzz_to_c
TESTS += tests/fuzz/fuzz_to_c
tests_fuzz_fuzz_to_c_SOURCES = tests/fuzz/fuzz_to_c.c tests/fuzz/replay.c
tests_fuzz_fuzz_to_c_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_to_c_LDADD = libconvert.la libcore.la

check_PROGRAMS += tests/fuzz/fuzz_entry
TESTS += tests/fuzz/fuzz_entry
tests_fuzz_fuzz_entry_SOURCES = tests/fuzz/fuzz_entry.c tests/fuzz/replay.c
tests_fuzz_fuzz_entry_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CJSON_CFLAGS) $(SSL_CFLAGS)
tests_fuzz_fuzz_entry_LDADD = libproxy.la

check_PROGRAMS += tests/fuzz/fuzz_blob
TESTS += tests/fuzz/fuzz_blob
tests_fuzz_fuzz_blob_SOURCES = tests/fuzz/fuzz_blob.c tests/fuzz/replay.c
tests_fuzz_fuzz_blob_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CJSON_CFLAGS) $(SSL_CFLAGS)
tests_fuzz_fuzz_blob_LDADD = libproxy.la
