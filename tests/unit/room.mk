# unit: core and small nouns of other rooms, one program per noun or small family.
EXTRA_DIST += tests/unit/test.h
unit_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
unit_libs = libcore.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_basics tests/unit/test_json tests/unit/test_utf tests/unit/test_metacache \
	tests/unit/test_memtable
TESTS += tests/unit/test_basics tests/unit/test_json tests/unit/test_utf tests/unit/test_metacache \
	tests/unit/test_memtable

tests_unit_test_basics_SOURCES = tests/unit/test_basics.c
tests_unit_test_basics_CPPFLAGS = $(unit_cppflags)
tests_unit_test_basics_LDADD = $(unit_libs)
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CPPFLAGS = $(unit_cppflags) $(CJSON_CFLAGS)
tests_unit_test_json_LDADD = $(unit_libs)
tests_unit_test_utf_SOURCES = tests/unit/test_utf.c
tests_unit_test_utf_CPPFLAGS = $(unit_cppflags)
tests_unit_test_utf_LDADD = $(unit_libs)
tests_unit_test_metacache_SOURCES = tests/unit/test_metacache.c driver/api/metacache.c
tests_unit_test_metacache_CPPFLAGS = $(unit_cppflags) $(ODBC_CFLAGS)
tests_unit_test_metacache_LDADD = $(unit_libs) $(LTLIBTHREAD)
tests_unit_test_memtable_SOURCES = tests/unit/test_memtable.c driver/api/memtable.c
tests_unit_test_memtable_CPPFLAGS = $(unit_cppflags) $(ODBC_CFLAGS)
tests_unit_test_memtable_LDADD = $(unit_libs)
