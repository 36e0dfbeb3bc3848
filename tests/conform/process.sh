#!/bin/bash
# process - the same environment as run.sh, for the tests of processes. DBX_CYCLES=10000 makes the last one that long.
# Children end with handles open on purpose, so leaks are not counted here; growth is.
ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} DBX_PROGRAM=process exec bash "$(dirname "$0")/run.sh" "$@"
