#!/bin/sh
# Counts what runs under random faults; prints TAP. COUNT_FAULTS=100000 is the whole proof (make check-proof).
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 is missing"; exit 0; }
exec python3 -B "${srcdir:-.}/tests/proxy/count_test.py" "${builddir:-.}/proxy/dbxproxyd" ${COUNT_FAULTS:-3000}
