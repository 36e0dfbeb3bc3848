#!/usr/bin/env bash
# What the proxy may keep, run twice on the sandbox; prints TAP. Skipped where the sandbox's environment is missing.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/../../scripts/lib.sh"

[[ -x $DEPS/sandbox-venv/bin/python ]] || { echo "1..0 # SKIP the sandbox's environment is missing"; exit 0; }
start_sandbox
python3 -B "$HERE/repeat_test.py" "${builddir:-$ROOT}/tests/spark/tokens" "$ROOT/proxy/sql/functions.tsv" "$SANDBOX_READY"
