#!/bin/bash
# run - the conformance program through the driver manager, with a private registration, against a sandbox: the one of
# DBX_SANDBOX_READY, else one of its own. Skipped where the sandbox's Python environment is missing.
srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
python=${DBXODBC_DEPS:-$HOME/.cache/dbx-odbc}/sandbox-venv/bin/python
work=$(mktemp -d) || exit 99
sandbox=
trap '[ -z "$sandbox" ] || kill "$sandbox"; rm -rf "$work"' EXIT

if [ -z "$DBX_SANDBOX_READY" ]; then
	[ -x "$python" ] || { echo "1..0 # SKIP no environment for the sandbox: run scripts/setup"; exit 0; }
	DBX_SANDBOX_READY=$work/ready.json
	(cd "$srcdir" && exec "$python" -m sandbox --host 127.0.0.1 --port 0 --storage-port 0 --quiet \
		--ready-file "$DBX_SANDBOX_READY") >"$work/log" 2>&1 </dev/null &
	sandbox=$!
	for ((i = 0; i < 2400; i++)); do
		[ -s "$DBX_SANDBOX_READY" ] && break
		kill -0 "$sandbox" 2>/dev/null || { sed 's/^/# /' "$work/log"; echo "Bail out! the sandbox ended"; exit 1; }
		sleep 0.1
	done
fi
member() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$DBX_SANDBOX_READY" | head -n 1; }

printf '[ODBC]\nPooling=%s\n[dbx-odbc]\nDriver=%s\nSetup=%s\nThreading=0\nCPTimeout=%s\n' "${DBX_POOLING:-No}" \
	"$builddir/driver/.libs/libdbxodbc.so" "$builddir/driver/.libs/libdbxodbcS.so" "${DBX_POOLING:+60}" \
	>"$work/odbcinst.ini"
port=$(member port) path=$(member http_path)
for name in user system; do
	printf '[%s-dsn]\nDriver=dbx-odbc\nHost=127.0.0.1\nPort=%s\nSSL=0\nHTTPPath=%s\nPWD=%s\nCatalog=samples\n' $name "$port" \
		"$path" dapi-sandbox-alice >"$work/$name.ini"
done
mv "$work/system.ini" "$work/odbc.ini"
: >"$work/databrickscfg"
export ODBCSYSINI=$work ODBCINI=$work/user.ini DATABRICKS_CONFIG_FILE=$work/databrickscfg
unset DATABRICKS_HOST DATABRICKS_TOKEN DATABRICKS_HTTP_PATH DATABRICKS_WAREHOUSE_ID DATABRICKS_CONFIG_PROFILE
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
DBX_CONN="Driver=dbx-odbc;Host=127.0.0.1;Port=$(member port);SSL=0;HTTPPath=$(member http_path);UID=token"
DBX_CONN="$DBX_CONN;PWD=dapi-sandbox-alice;Catalog=main;Schema=default;"
DBX_LIBRARY=$builddir/driver/.libs/libdbxodbc.so
export DBX_CONN DBX_SANDBOX_READY DBX_LIBRARY
"$builddir/tests/conform/${DBX_PROGRAM:-odbc}" "$@"
