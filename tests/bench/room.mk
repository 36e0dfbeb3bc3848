# bench: the report renders what was measured.
TESTS += tests/bench/report.sh
check_SCRIPTS += tests/bench/report.sh
EXTRA_DIST += tests/bench/report.sh tests/bench/report.py
