#!/bin/sh
# Results that several users share, and all who must not have them; prints TAP.
command -v python3 >/dev/null || { echo "1..0 # SKIP python3 is missing"; exit 0; }
exec python3 -B "${srcdir:-.}/tests/proxy/share_test.py" "${builddir:-.}/proxy/dbxproxyd"
