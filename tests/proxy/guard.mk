# what must hold whatever happens: one run for many, nobody's rows for others, nothing older than a write
TESTS += tests/proxy/flight.sh tests/proxy/freshness.sh
EXTRA_DIST += tests/proxy/flight.sh tests/proxy/flight_test.py tests/proxy/warehouse.py
EXTRA_DIST += tests/proxy/freshness.sh tests/proxy/freshness_test.py
TESTS += tests/proxy/isolation.sh
EXTRA_DIST += tests/proxy/isolation.sh tests/proxy/isolation_test.py
