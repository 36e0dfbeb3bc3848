#!/bin/sh
# The report of bench/proxy/run, from results that are known; speaks TAP.
command -v python3 >/dev/null 2>&1 || { echo "1..0 # SKIP python3 is not installed"; exit 0; }
exec python3 "${srcdir:-.}/tests/bench/proxy_report.py" "${srcdir:-.}/bench/proxy/report"
