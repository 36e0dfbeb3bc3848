# faults: large results over a network that misbehaves, played by bench/mock. Quick ones here; the long ones on demand.
check_PROGRAMS += tests/faults/storm tests/faults/scenes
TESTS += tests/faults/storm.sh tests/faults/scenes.sh
EXTRA_DIST += tests/faults/run.sh tests/faults/storm.sh tests/faults/scenes.sh tests/faults/make.py

tests_faults_storm_SOURCES = tests/faults/storm.c tests/faults/rows.c tests/faults/rows.h
tests_faults_storm_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS)
tests_faults_storm_LDADD = -lodbc -lpthread
tests_faults_scenes_SOURCES = tests/faults/scenes.c tests/faults/rows.c tests/faults/rows.h bench/mockd/fault.c
tests_faults_scenes_CPPFLAGS = $(AM_CPPFLAGS) $(ODBC_CFLAGS) $(CMOCKA_CFLAGS)
tests_faults_scenes_LDADD = $(CMOCKA_LIBS) -lodbc

tests/faults/storm.log: driver/libdbxodbc.la tests/faults/storm bench/mock
tests/faults/scenes.log: driver/libdbxodbc.la tests/faults/scenes bench/mock

# 10,000 runs with faults that pass and faults that stay: make check-storm [STORM="RUNS FIRST THREADS"]
STORM = 10000 1 120
.PHONY: check-storm
check-storm: driver/libdbxodbc.la tests/faults/storm bench/mock
	srcdir='$(srcdir)' builddir='$(builddir)' DBX_STORM='$(STORM)' $(srcdir)/tests/faults/run.sh
