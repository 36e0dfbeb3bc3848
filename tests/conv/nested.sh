#!/bin/sh
# nested - nested Arrow values judged by Python's json. Skipped where pyarrow is missing.
python=${DBXODBC_DEPS:-$HOME/.cache/dbx-odbc}/sandbox-venv/bin/python
[ -x "$python" ] || { echo "1..0 # SKIP no environment with pyarrow: run scripts/setup"; exit 0; }
exec "$python" "${srcdir:-.}/tests/conv/nested.py" "${builddir:-.}/tests/conv/show_nested" "$@"
