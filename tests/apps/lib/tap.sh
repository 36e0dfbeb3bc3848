# shellcheck shell=bash
# tap.sh - Test Anything Protocol for applications that are driven from a shell. Sourced, never run.
#
#   check NAME CMD...   ok when CMD succeeds; its output is told when it does not
#   expected FILTER     jq over the expectations
#   done_tap            the plan, and the exit status
TAP_COUNT=0
TAP_FAILED=0

check() {
	local name=$1 out
	shift
	TAP_COUNT=$((TAP_COUNT + 1))
	if out=$("$@" 2>&1); then
		echo "ok $TAP_COUNT - $name"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $TAP_COUNT - $name"
		head -c 4000 <<<"$out" | sed 's/^/# /'
	fi
}

expected() { jq -r "$@" "$DBX_EXPECTED"; }

done_tap() {
	echo "1..$TAP_COUNT"
	exit $((TAP_FAILED > 0))
}
