# bench: the report renders what was measured.
TESTS += tests/bench/test_report
EXTRA_DIST += tests/bench/test_report
