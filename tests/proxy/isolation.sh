#!/bin/sh
# isolation: the daemon against a scripted warehouse; prints TAP.
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 is missing"; exit 0; }
exec python3 -B "${srcdir:-.}/tests/proxy/isolation_test.py" "${builddir:-.}/proxy/dbxproxyd"
