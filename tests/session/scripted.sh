#!/bin/sh
# The scripted warehouse against the session room; speaks TAP.
command -v python3 >/dev/null 2>&1 || { echo "1..0 # SKIP python3 is not installed"; exit 0; }
TSAN_OPTIONS="suppressions=${srcdir:-.}/tests/session/tsan.supp ${TSAN_OPTIONS:-}"
export TSAN_OPTIONS
exec python3 "${srcdir:-.}/tests/session/scripted.py" "${builddir:-.}/tests/session/session_tool"
