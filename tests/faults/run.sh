#!/bin/bash
# run - the programs of this folder against bench/mock, which plays cassettes made by make.py. Speaks TAP. Skipped where the
# sandbox's Python environment is missing.
#
#   DBX_PROGRAM=storm|scenes tests/faults/run.sh
#   DBX_STORM="10000 1 120" tests/faults/run.sh    the storm with these arguments (make check-storm)
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
python=${DBXODBC_DEPS:-$HOME/.cache/dbx-odbc}/sandbox-venv/bin/python
[ -x "$python" ] || { echo "1..0 # SKIP no environment for the sandbox: run scripts/setup"; exit 0; }
ulimit -n "$(ulimit -Hn)"   # thousands of connections
work=$(mktemp -d) || exit 99
mock=
trap '[ -z "$mock" ] || kill "$mock"; rm -rf "$work"' EXIT

"$python" "$srcdir/tests/faults/make.py" "$work/cassettes" >"$work/log" 2>&1 ||
	{ sed 's/^/# /' "$work/log"; echo "Bail out! no cassettes"; exit 1; }
"$builddir/bench/mock" --cassettes "$work/cassettes" --ready-file "$work/mock.json" --idle-close-ms 1500 \
	>"$work/log" 2>&1 </dev/null &
mock=$!
for ((i = 0; i < 200; i++)); do
	[ -s "$work/mock.json" ] && break
	kill -0 "$mock" 2>/dev/null || { sed 's/^/# /' "$work/log"; echo "Bail out! the mock ended"; exit 1; }
	sleep 0.05
done
port=$(sed -n 's/.*"port":\([0-9]*\),"storage.*/\1/p' "$work/mock.json")

printf '[ODBC]\nPooling=No\n[dbx-odbc]\nDriver=%s\nThreading=0\n' "$builddir/driver/.libs/libdbxodbc.so" >"$work/odbcinst.ini"
: >"$work/odbc.ini"
export ODBCSYSINI=$work ODBCINI=$work/odbc.ini
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
DBX_CONN="Driver=dbx-odbc;Port=$port;SSL=0;HTTPPath=/sql/1.0/warehouses/mock;UID=token;PWD=dapi-mock"
DBX_MOCK_PORT=$port
export DBX_CONN DBX_MOCK_PORT

# The driver manager's SQLCancel, which takes no lock, is not what is tested.
echo "called_from_lib:libodbc.so" >"$work/tsan.supp"
export TSAN_OPTIONS="suppressions=$work/tsan.supp ${TSAN_OPTIONS:-}"
# shellcheck disable=SC2086
"$builddir/tests/faults/${DBX_PROGRAM:-storm}" $DBX_STORM
rc=$?
command -v curl >/dev/null && curl -s "http://127.0.0.1:$port/mock/counters" | sed 's/^/# /'
# What a sanitizer found in the mock counts, too.
grep -q Sanitizer "$work/log" && { sed 's/^/# /' "$work/log"; rc=1; }
exit $rc
