# bench: the report renders what was measured.
TESTS += tests/bench/report.sh tests/bench/proxy_report.sh
check_SCRIPTS += tests/bench/report.sh tests/bench/proxy_report.sh
EXTRA_DIST += tests/bench/report.sh tests/bench/report.py tests/bench/proxy_report.sh tests/bench/proxy_report.py
