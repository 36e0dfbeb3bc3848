#!/bin/bash
# pool - the same environment as run.sh, with the driver manager's pool switched on.
# The driver manager leaks its character set converters when it pools, so leaks are not counted here.
ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} DBX_PROGRAM=pool DBX_POOLING=Yes exec bash "$(dirname "$0")/run.sh" "$@"
