# shellcheck shell=bash
# lib.sh - what the scripts share: saying, timing, cleaning up. Sourced, never run.
#
#   say TEXT...             a line for the person
#   die TEXT...             a line for the person, and the end
#   run_step TITLE CMD...   one line per step with its time; output goes to $STEP_LOG;
#                           returns 0 always and leaves the result in STEP_RC
#   must TITLE CMD...       run_step, and the end when it failed
#   at_exit CMD             done on any way out, latest first
#   need_root CMD...        as root, through sudo where needed

# shellcheck disable=SC2034  # some of these are for the scripts that source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEPS=${DBXODBC_DEPS:-$HOME/.cache/dbx-odbc}
STEP_LOG=/dev/null
STEP_RC=0
EXIT_CMDS=()

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

at_exit() {
	EXIT_CMDS=("$1" "${EXIT_CMDS[@]}")
	trap run_exit_cmds EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

run_exit_cmds() {
	local rc=$? cmd
	set +e
	trap - EXIT HUP INT TERM
	for cmd in "${EXIT_CMDS[@]}"; do eval "$cmd"; done
	exit "$rc"
}

need_root() {
	if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

can_be_root() { [[ $(id -u) == 0 ]] || command -v sudo >/dev/null; }

# A dot every ten seconds, or a running clock on a terminal, until $1 has ended.
show_progress() {
	local pid=$1 title=$2 begin=$SECONDS tick=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		tick=$((tick + 1))
		if [[ -t 1 ]]; then
			printf '\r  %-52s %4d s ' "$title" $((SECONDS - begin))
		elif ((tick % 50 == 0)); then
			printf '.'
		fi
	done
}

run_step() {
	local title=$1 begin=$SECONDS pid
	shift
	printf '  %-52s ' "$title"
	printf '\n=== %s\n' "$title" >>"$STEP_LOG"
	("$@") >>"$STEP_LOG" 2>&1 </dev/null &
	pid=$!
	show_progress "$pid" "$title"
	STEP_RC=0
	wait "$pid" || STEP_RC=$?
	if [[ -t 1 ]]; then printf '\r  %-52s ' "$title"; fi
	if ((STEP_RC == 0)); then
		printf '%4d s  ok\n' $((SECONDS - begin))
	else
		printf '%4d s  FAILED (%d)\n' $((SECONDS - begin)) "$STEP_RC"
	fi
}

show_log_tail() {
	[[ -f $STEP_LOG ]] || return 0
	tail -n "${1:-30}" "$STEP_LOG" | sed 's/^/    | /'
	say "    full log: $STEP_LOG"
}

must() {
	run_step "$@"
	((STEP_RC == 0)) || { show_log_tail 30; exit "$STEP_RC"; }
}

# The system's own Python where it can make environments, else whatever python3 is.
find_python() {
	if /usr/bin/python3 -c 'import venv, ensurepip' 2>/dev/null; then
		echo /usr/bin/python3
	else
		command -v python3 || die "python3 is missing"
	fi
}
